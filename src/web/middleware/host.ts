import { isIPv4, isIPv6 } from 'node:net';
import type { Middleware } from 'koa';

/**
 * Refuses (421) a Host header that is no IP address, not localhost and no configured name: a foreign name that is made to
 * point at the box (DNS rebinding) must not read its pages.
 */
export const knownHost =
  (names: () => string[]): Middleware =>
  async (ctx, next) => {
    const host = hostName(ctx.get('Host'));
    if (host === null || !(isIPv4(host) || isIPv6(host) || host === 'localhost' || known(names(), host))) {
      ctx.throw(421, 'Greengate is not known under this name.', { expose: true });
    }
    await next();
  };

const known = (names: string[], host: string): boolean => names.some((name) => name.toLowerCase() === host);

/** The name in a Host header, lower case, without port, brackets and final dot; null when it is none. */
const hostName = (header: string): string | null => {
  const found = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header);
  return found === null ? null : (found[1] ?? found[2] ?? '').toLowerCase().replace(/\.$/, '');
};
