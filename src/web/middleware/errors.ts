import type { Context, Middleware } from 'koa';
import { AgentRefusal, AgentSilent } from '../../agent/client.ts';
import type { Render } from '../render.ts';

type ErrorStruct = { title: string; text: string; retry: boolean; retryTo: string; back: string };

/** The one place where a failed request becomes a page. What is not expected is reported to the log and not shown. */
export const errorPages =
  (render: Render, report: (message: string, error: unknown) => void): Middleware =>
  async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body == null) ctx.throw(404);
    } catch (error) {
      const { status, ...struct } = describe(error, ctx);
      if (status >= 500 && !(error instanceof AgentSilent)) report(`${ctx.method} ${ctx.path}`, error);
      ctx.status = status;
      ctx.type = 'html';
      ctx.body = render('error.njk', struct);
    }
  };

const describe = (error: unknown, ctx: Context): ErrorStruct & { status: number } => {
  const page = {
    retry: false,
    retryTo: ctx.method === 'GET' && /^\/(?![/\\])/.test(ctx.url) ? ctx.url : '/',
    back: '/',
  };
  if (error instanceof AgentSilent) {
    ctx.set('Retry-After', '5');
    return { ...page, status: 503, retry: true, title: 'The agent does not answer', text: agentSilent };
  }
  if (error instanceof AgentRefusal) return { ...page, ...refusal(error) };
  const { status, expose, message } = error as { status?: number; expose?: boolean; message?: string };
  if (status === 404)
    return {
      ...page,
      status,
      title: 'This page does not exist',
      text: 'It may have been moved, or the thing it showed was deleted.',
    };
  if (status === 405 || status === 501)
    return { ...page, status: 405, title: 'This page does not exist', text: 'Open it from the menu.' };
  if (status === 413)
    return {
      ...page,
      status,
      title: 'That was too much',
      text: 'The form holds more text than Greengate accepts at once.',
    };
  if (status !== undefined && status < 500 && expose === true)
    return {
      ...page,
      status,
      title: 'That did not work',
      text: message ?? 'The browser asked in a way that Greengate does not understand.',
    };
  return { ...page, status: 500, title: 'Something went wrong', text: internal };
};

const refusal = (error: AgentRefusal): { status: number; title: string; text: string } => {
  const status = error.status >= 400 && error.status < 500 ? error.status : 500;
  if (status === 500) return { status, title: 'Something went wrong', text: internal };
  const wait = error.retryAfter > 0 ? ` Try again in ${Math.ceil(error.retryAfter)} seconds.` : '';
  return { status, title: 'That did not work', text: `${error.message}${wait}` };
};

const agentSilent =
  'The program that runs this firewall is starting or has stopped. The rules stay in force meanwhile. This page asks again by itself every five seconds; if it lasts, restart the box at its console.';

const internal =
  'Greengate made a mistake while it built this page. Nothing was opened: the rules stay in force. The reason is in the system log of the box.';
