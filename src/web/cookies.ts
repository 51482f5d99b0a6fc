import type { Context } from 'koa';

/** Cookies of this process. Over HTTPS they carry `__Host-`, so that no other host and no plain HTTP can set them. */
type CookieName = 'session' | 'form' | 'flash';

/** The value of one of our cookies, empty when missing. */
export const readCookie = (ctx: Context, name: CookieName): string => ctx.cookies.get(fullName(ctx, name)) ?? '';

/** Sets one of our cookies until the browser closes; an empty value deletes it. */
export const writeCookie = (ctx: Context, name: CookieName, value: string): void => {
  ctx.cookies.set(fullName(ctx, name), value === '' ? null : value, {
    httpOnly: true,
    sameSite: 'strict',
    secure: ctx.secure,
    path: '/',
    overwrite: true,
  });
};

const fullName = (ctx: Context, name: CookieName): string => `${ctx.secure ? '__Host-' : ''}greengate-${name}`;
