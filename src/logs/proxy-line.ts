import { isIP } from 'node:net';
import type { ProxyLine } from '../web/ports.ts';
import { clean, epochSeconds, jsonObject, wholeNumber } from './clean.ts';

/** Longest URL kept, in characters. */
export const URL_MAX = 2000;

/**
 * One line of the proxy's access log, a JSON object of the format in `plan/squid.ts`: `time` (seconds with fraction), `ms`, `client`,
 * `status`, `method`, `url`, `bytes`, `hier` (squid's result and where it fetched from: `TCP_MISS/HIER_DIRECT`). Null when it is not one.
 * Every value but time and client is the client's or the server's choice.
 */
export function parseProxyLine(line: string): Omit<ProxyLine, 'id'> | null {
  const raw = jsonObject(line);
  if (raw === null) return null;
  const time = epochSeconds(raw.time);
  const client = clean(raw.client, 45).toLowerCase();
  if (time === null || isIP(client) === 0) return null;
  const method = clean(raw.method, 32);
  const url = clean(raw.url, URL_MAX);
  return {
    time,
    client,
    method,
    url,
    host: hostOf(method, url),
    status: wholeNumber(raw.status, 0, 999) ?? 0,
    result: /^[A-Z_]{1,60}(?=\/)/.exec(clean(raw.hier, 200))?.[0] ?? '',
    bytes: wholeNumber(raw.bytes, 0, Number.MAX_SAFE_INTEGER) ?? 0,
    duration: wholeNumber(raw.ms, 0, Number.MAX_SAFE_INTEGER) ?? 0,
  };
}

/** Host of `http://user@host:port/path` and of CONNECT's `host:port`, in small letters, without brackets; empty when there is none. */
function hostOf(method: string, url: string): string {
  const authority = method === 'CONNECT' ? url : (/^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1] ?? '');
  const place = authority.slice(authority.lastIndexOf('@') + 1);
  const host = /^\[([^\]]*)\]/.exec(place)?.[1] ?? place.replace(/:\d*$/, '');
  return host.toLowerCase().slice(0, 255);
}
