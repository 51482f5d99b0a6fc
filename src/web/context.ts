import type Router from '@koa/router';
import type { Context } from 'koa';
import type { Role } from '../agent/api.ts';
import type { Agent } from '../agent/client.ts';
import type { Assets } from './assets.ts';
import type { Kept } from './kept.ts';
import type { LogReader } from './ports.ts';
import type { Render } from './render.ts';

/** What the pages are made of: everything outside this process comes in here. */
export type WebParts = {
  agent: Agent;
  logs: LogReader;
  assets: Assets;
  /** Folder of the nunjucks views. */
  views: string;
  /** Host names, besides IP addresses and localhost, under which the UI may be called. */
  names: () => string[];
  /** One line for the log of the process; the error page itself says nothing internal. */
  report: (message: string, error: unknown) => void;
};

/** `kept`: what “Undo” would bring back. */
export type Web = WebParts & { render: Render; kept: Kept };

/** Who is logged in, as far as the web process knows: the agent checks the token with every verb. */
export type Session = { token: string; user: string; role: Role; totp: boolean; csrf: string };

/** What the middleware leaves for the pages in `ctx.state`. */
export type State = { session?: Session };

export type Pages = (router: Router, web: Web) => void;

/** The session's token; only behind the login middleware. */
export const tokenOf = (ctx: Context): string => sessionOf(ctx).token;

export const sessionOf = (ctx: Context): Session => {
  const { session } = ctx.state as State;
  if (session === undefined) throw new Error('This page needs the login middleware before it');
  return session;
};

/**
 * May the one who is logged in operate (switch rules, block for a time, restart services) or administer (everything)? It
 * decides what a page offers; what is done, the agent decides. In views: `frame.can.operate`, `frame.can.administer`.
 */
export const can = (ctx: Context, what: 'operate' | 'administer'): boolean => {
  const { role } = sessionOf(ctx);
  return role === 'administrator' || (what === 'operate' && role === 'operator');
};

/** Answers 403 with a plain page unless the one who is logged in may do this. First line of a page that is not for everyone. */
export const mustBeAble = (ctx: Context, what: 'operate' | 'administer'): void => {
  if (can(ctx, what)) return;
  ctx.throw(403, what === 'administer' ? 'Only an administrator may do this.' : 'A viewer may look, not change.', {
    expose: true,
  });
};

/** The browser's address, without the form of IPv4 inside IPv6. */
export const visitorOf = (ctx: Context): string => (ctx.socket.remoteAddress ?? '').replace(/^::ffff:/, '');

/** One field of the query, trimmed and never longer than `max`; empty when missing. */
export const queryOf = (ctx: Context, name: string, max = 200): string => {
  const value = ctx.query[name];
  return (Array.isArray(value) ? (value[0] ?? '') : (value ?? '')).trim().slice(0, max);
};
