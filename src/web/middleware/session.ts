import type { Context, Middleware } from 'koa';
import { type Agent, AgentRefusal } from '../../agent/client.ts';
import type { State } from '../context.ts';
import { readCookie, writeCookie } from '../cookies.ts';

/** Pages that work without a login. */
const open = new Set(['/login', '/setup']);

/**
 * Asks the agent who is logged in. Without a session, pages lead to the login (or to set-up while that is to be done); a
 * form that arrives too late leads there as well, for it cannot be trusted.
 */
export const requireLogin =
  (agent: Agent): Middleware =>
  async (ctx, next) => {
    const token = readCookie(ctx, 'session');
    const session = token === '' ? null : await askSession(agent, token, isPolling(ctx));
    if (session !== null) (ctx.state as State).session = { token, ...session };
    else if (token !== '') writeCookie(ctx, 'session', '');
    if (session !== null || open.has(ctx.path)) return next();
    await leadToLogin(agent, ctx);
  };

/** Asked by a clock in an open page: htmx names the element, and these are the ones that ask by themselves. */
const isPolling = (ctx: Context): boolean => ctx.method === 'GET' && pollers.has(ctx.get('HX-Trigger'));

const pollers: ReadonlySet<string> = new Set(['topbar', 'list', 'now']);

const askSession = async (agent: Agent, token: string, polling: boolean) => {
  try {
    return await agent('session', polling ? { polling } : {}, token);
  } catch (error) {
    if (error instanceof AgentRefusal && error.status === 401) return null;
    throw error;
  }
};

const leadToLogin = async (agent: Agent, ctx: Context): Promise<void> => {
  const { needed } = await agent('setup.status', {});
  const back = ctx.method === 'GET' && ctx.url !== '/' ? `?next=${encodeURIComponent(ctx.url)}` : '';
  const target = needed ? '/setup' : `/login${back}`;
  // htmx would follow a redirect and put the login page into a piece of the old one: this header makes it load the page anew.
  if (ctx.get('HX-Request') !== '') {
    ctx.set('HX-Redirect', target);
    ctx.body = '';
    return;
  }
  ctx.redirect(target);
  ctx.status = 303;
};
