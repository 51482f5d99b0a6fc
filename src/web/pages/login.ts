import type { Context } from 'koa';
import { AgentRefusal } from '../../agent/client.ts';
import { type Pages, queryOf, type State, tokenOf, visitorOf, type Web } from '../context.ts';
import { writeCookie } from '../cookies.ts';
import { fault, fieldsOf, formOf, noFaults, take } from '../form.ts';
import { seeOther, showBare } from '../frame.ts';

/** Login and logout. */
export const loginPages: Pages = (router, web) => {
  router.get('/login', async (ctx) => {
    if ((ctx.state as State).session !== undefined) return seeOther(ctx, '/');
    if ((await web.agent('setup.status', {})).reason === 'first') return seeOther(ctx, '/setup');
    await show(web, ctx, { user: 'admin', next: queryOf(ctx, 'next', 2000) });
  });
  router.post('/login', (ctx) => login(web, ctx));
  router.post('/logout', async (ctx) => {
    await web.agent('logout', {}, tokenOf(ctx));
    writeCookie(ctx, 'session', '');
    seeOther(ctx, '/login');
  });
};

const login = async (web: Web, ctx: Context): Promise<void> => {
  const values = take(fieldsOf(ctx), ['user', 'password', 'next', 'code', 'asked']);
  try {
    const { token } = await web.agent('login', {
      user: values.user.trim(),
      password: values.password,
      visitor: visitorOf(ctx),
      ...(values.code.trim() === '' ? {} : { code: values.code.trim().slice(0, 100) }),
    });
    writeCookie(ctx, 'session', token);
    seeOther(ctx, localPath(values.next));
  } catch (error) {
    if (!(error instanceof AgentRefusal) || error.status >= 500) throw error;
    ctx.status = error.status === 429 ? 429 : 422;
    const wait = error.retryAfter > 0 ? ` Try again in ${Math.ceil(error.retryAfter)} seconds.` : '';
    // Only who knows the password learns that there is a second step.
    const field = error.problems[0]?.place === 'code' ? 'code' : 'password';
    const kept = { user: values.user, next: values.next, asked: field === 'code' ? 'yes' : values.asked };
    const message = error.problems[0]?.message ?? error.message;
    await show(web, ctx, kept, fault(field, `${message}${wait}`));
  }
};

const show = async (web: Web, ctx: Context, values: Record<string, string>, faults = noFaults): Promise<void> => {
  const { hostname, reason } = await web.agent('setup.status', {});
  showBare(web, ctx, 'Log in', 'login.njk', { hostname, reset: reason === 'reset', form: formOf(values, faults) });
};

/** Only a path on this box: `//elsewhere` and `/\elsewhere` would lead away. */
const localPath = (next: string): string => (/^\/(?![/\\])[\x21-\x7e]*$/.test(next) ? next : '/');
