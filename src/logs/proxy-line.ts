import { isIP } from 'node:net';
import { clean, epochSeconds, jsonObject, wholeNumber } from './clean.ts';
import type { ProxyLine } from './types.ts';

/** Longest URL kept, in characters. */
export const URL_MAX = 2000;

/**
 * One line of the proxy's access log, a JSON object of our own format: `time` (seconds with fraction), `ms`, `client`, `status` (`200` or
 * `TCP_MISS/200`), `result` (where `status` does not hold it), `method`, `url`, `bytes`, `hier`. Null when it is not one. Every value but
 * time and client is the client's or the server's choice.
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
    ...statusOf(raw.status, raw.result),
    bytes: wholeNumber(raw.bytes, 0, Number.MAX_SAFE_INTEGER) ?? 0,
    duration: wholeNumber(raw.ms, 0, Number.MAX_SAFE_INTEGER) ?? 0,
  };
}

function statusOf(status: unknown, result: unknown): { status: number; result: string } {
  const both = /^([A-Z_]{1,60})\/(\d{1,3})$/.exec(typeof status === 'string' ? status : '');
  if (both !== null) return { result: both[1] ?? '', status: Number(both[2]) };
  return { result: clean(result, 60), status: wholeNumber(status, 0, 999) ?? 0 };
}

/** Host of `http://user@host:port/path` and of CONNECT's `host:port`, in small letters, without brackets; empty when there is none. */
function hostOf(method: string, url: string): string {
  const authority = method === 'CONNECT' ? url : (/^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1] ?? '');
  const place = authority.slice(authority.lastIndexOf('@') + 1);
  const host = /^\[([^\]]*)\]/.exec(place)?.[1] ?? place.replace(/:\d*$/, '');
  return host.toLowerCase().slice(0, 255);
}
