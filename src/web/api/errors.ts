import type { Context } from 'koa';
import { AgentRefusal, AgentSilent } from '../../agent/client.ts';
import type { Problem } from '../../policy/problem.ts';
import { ApiRefusal } from './route.ts';

type Body = { error: string; problems?: Problem[]; retryAfter?: number };

/** Answers a failed call as `{error, problems?}` with its status. What is not expected is told to `report` only. */
export const answerError = (ctx: Context, error: unknown, report: (message: string, error: unknown) => void): void => {
  const { status, body } = describe(error);
  if (status >= 500 && !(error instanceof AgentSilent)) report(`${ctx.method} ${ctx.path}`, error);
  if (status === 401) ctx.set('WWW-Authenticate', 'Bearer realm="Greengate"');
  if (body.retryAfter !== undefined) ctx.set('Retry-After', String(Math.ceil(body.retryAfter)));
  ctx.status = status;
  ctx.body = body;
};

const describe = (error: unknown): { status: number; body: Body } => {
  if (error instanceof ApiRefusal) {
    const { status, message, place } = error;
    return {
      status,
      body: { error: message, ...(place === '' ? {} : { problems: [{ place, owner: '', message }] }) },
    };
  }
  if (error instanceof AgentSilent)
    return { status: 503, body: { error: 'The agent does not answer. The rules stay in force.', retryAfter: 5 } };
  if (error instanceof AgentRefusal && error.status >= 400 && error.status < 500) {
    const { status, message, problems, retryAfter } = error;
    return {
      status,
      body: {
        error: message,
        ...(problems.length > 0 ? { problems } : {}),
        ...(retryAfter > 0 ? { retryAfter: Math.ceil(retryAfter) } : {}),
      },
    };
  }
  const { status, expose, message } = error as { status?: number; expose?: boolean; message?: string };
  if (status !== undefined && status < 500 && expose === true && message !== undefined)
    return { status, body: { error: message } };
  return { status: 500, body: { error: 'Greengate made a mistake. The reason is in the system log of the box.' } };
};
