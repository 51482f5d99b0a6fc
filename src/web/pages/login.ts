import type { Context } from 'koa';
import { AgentRefusal } from '../../agent/client.ts';
import { type Pages, queryOf, type State, tokenOf, visitorOf, type Web } from '../context.ts';
import { writeCookie } from '../cookies.ts';
import { setFlash } from '../flash.ts';
import { fault, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { seeOther, showBare } from '../frame.ts';
import { makePending } from '../pending-login.ts';

/** Login, in one step or two, and logout. */
export const loginPages: Pages = (router, web) => {
  const pending = makePending();
  router.get('/login', async (ctx) => {
    if ((ctx.state as State).session !== undefined) return seeOther(ctx, '/');
    if ((await web.agent('setup.status', {})).reason === 'first') return seeOther(ctx, '/setup');
    await show(web, ctx, { user: 'admin', next: queryOf(ctx, 'next', 2000) });
  });
  router.post('/login', (ctx) => login(web, ctx, pending));
  router.post('/logout', async (ctx) => {
    await web.agent('logout', {}, tokenOf(ctx));
    writeCookie(ctx, 'session', '');
    seeOther(ctx, '/login');
  });
};

const login = async (web: Web, ctx: Context, pending: ReturnType<typeof makePending>): Promise<void> => {
  const values = take(fieldsOf(ctx), ['user', 'password', 'next', 'code', 'first']);
  const first = pending.find(values.first);
  const { user, password } = first ?? { user: values.user.trim(), password: values.password };
  if (values.first !== '' && first === undefined) {
    ctx.status = 422;
    return show(web, ctx, { user: values.user, next: values.next }, fault('password', TOO_LATE));
  }
  try {
    const code = values.code.trim().slice(0, 100);
    const sent = { user, password, visitor: visitorOf(ctx), ...(code === '' ? {} : { code }) };
    const { token, atConsole } = await web.agent('login', sent);
    pending.forget(values.first);
    await endOld(web, ctx);
    writeCookie(ctx, 'session', token);
    if (atConsole.length > 0) setFlash(ctx, 'done', consoleSentence(atConsole));
    seeOther(ctx, localPath(values.next));
  } catch (error) {
    if (!(error instanceof AgentRefusal) || error.status >= 500) throw error;
    ctx.status = error.status === 429 ? 429 : 422;
    const wait = error.retryAfter > 0 ? ` Try again in ${Math.ceil(error.retryAfter)} seconds.` : '';
    // Only who knows the password learns that there is a second step.
    const second = error.problems[0]?.place === 'code';
    const message = `${error.problems[0]?.message ?? error.message}${wait}`;
    if (!second && (first === undefined || error.problems[0]?.place === 'password'))
      return show(web, ctx, { user: values.user, next: values.next }, fault('password', message));
    const id = first === undefined ? pending.keep({ user, password }) : values.first;
    // The first time the code is asked for, which is no mistake.
    await show(
      web,
      ctx,
      { user, next: values.next, first: id },
      first === undefined ? noFaults : fault('code', message),
    );
  }
};

/** The session that this browser had ends with a new login: nobody goes on with a token from before. */
const endOld = async (web: Web, ctx: Context): Promise<void> => {
  const { session } = ctx.state as State;
  if (session !== undefined) await web.agent('logout', {}, session.token).catch(() => {});
};

/** Whoever was at the box may have opened it; its owner shall know. */
const consoleSentence = (acts: string[]): string => {
  const shown = acts.slice(-5);
  const more = acts.length > shown.length ? ` And ${acts.length - shown.length} more before: see Logs, Changes.` : '';
  return `At the console, since your last login, somebody ${shown.join('; ')}.${more}`;
};

const TOO_LATE = 'The code came too late. Type the password again.';

const show = async (web: Web, ctx: Context, values: Record<string, string>, faults = noFaults): Promise<void> => {
  const { hostname, reason } = await web.agent('setup.status', {});
  showBare(web, ctx, 'Log in', 'login.njk', { hostname, reset: reason === 'reset', form: formOf(values, faults) });
};

/** Only a path on this box: `//elsewhere` and `/\elsewhere` would lead away. */
const localPath = (next: string): string => (/^\/(?![/\\])[\x21-\x7e]*$/.test(next) ? next : '/');
