import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import type { State } from '../context.ts';
import { readCookie, writeCookie } from '../cookies.ts';
import { fieldsOf } from '../form.ts';

/**
 * Every form carries a token: the session's, or before a login that of a cookie. Requests that the browser itself marks as
 * coming from another site are refused before that.
 */
export const refuseForgery: Middleware = async (ctx, next) => {
  if (ctx.method === 'GET' || ctx.method === 'HEAD') return next();
  const origin = ctx.get('Origin');
  const foreign = origin !== '' && origin !== `${ctx.protocol}://${ctx.get('Host')}`;
  const site = ctx.get('Sec-Fetch-Site');
  if (foreign || (site !== '' && site !== 'same-origin' && site !== 'none')) refuse(ctx);
  const expected = (ctx.state as State).session?.csrf ?? readCookie(ctx, 'form');
  if (expected === '' || !same(fieldsOf(ctx).get('csrf') ?? '', expected)) refuse(ctx);
  await next();
};

/** The token for the forms of this answer. */
export const csrfOf = (ctx: Context): string => {
  const { session } = ctx.state as State;
  if (session !== undefined) return session.csrf;
  const kept = readCookie(ctx, 'form');
  if (/^[\w-]{32}$/.test(kept)) return kept;
  const fresh = randomBytes(24).toString('base64url');
  writeCookie(ctx, 'form', fresh);
  return fresh;
};

const refuse = (ctx: Context): never =>
  ctx.throw(403, 'This form is out of date. Go back, load the page anew and send it again.', { expose: true });

const same = (given: string, expected: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
};
