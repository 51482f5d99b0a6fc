import fc from 'fast-check';
import type { Kind } from './kind.ts';
import { dice, pick, words } from './words.ts';

type Drawn = {
  where: 'web' | 'agent' | 'root';
  line: string[];
  headers: [string, string][];
  body: string;
  cuts: [number, number][];
  dice: number[];
};

/** Bytes that are nearly HTTP, or not at all. Whatever comes back, the next request is answered. */
export const rawCases: Kind<Drawn> = {
  name: 'raw',
  share: 20,
  draw: fc.record({
    where: fc.constantFrom<Drawn['where']>('web', 'agent', 'root'),
    line: fc.tuple(
      fc.constantFrom('GET', 'POST', 'HEAD', 'PROPFIND', 'CONNECT', 'OPTIONS', 'PRI', '\x16\x03\x01', ''),
      fc.oneof(
        words,
        fc.constantFrom('/', '*', '/login', '/api/v1/rules', '/policy.get', '/../../x', 'http://zqx.example/', '//x'),
      ),
      fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9', ''),
    ),
    headers: fc.array(
      fc.tuple(
        fc.constantFrom(
          'Host',
          'Content-Length',
          'Transfer-Encoding',
          'Connection',
          'Upgrade',
          'Expect',
          'Authorization',
          'X-Visitor',
          'Cookie',
          'Content-Type',
          ' Folded',
        ),
        fc.oneof(
          words,
          fc.constantFrom('127.0.0.1', 'chunked', '-1', '5', '99999999999', 'close', 'h2c', '100-continue', 'upgrade'),
        ),
      ),
      { maxLength: 5 },
    ),
    body: words,
    cuts: fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 3 }),
    dice,
  }),
  run: async (world, drawn, seen) => {
    const head = [drawn.line.join(' '), ...drawn.headers.map((one) => one.join(': '))].join('\r\n');
    const bytes = Buffer.from(`${head}\r\n\r\n${drawn.body}`);
    for (const [at, byte] of drawn.cuts) if (at < bytes.length) bytes[at] = byte;
    const heard = await world.bytes(drawn.where, bytes);
    seen(heard === '' ? 'raw: hung up' : 'raw: answered');
    if (/^HTTP\/1\.1 5(?!0[15])/.test(heard)) return `${drawn.where}: ${heard.slice(0, 600)}`;
    const [first] = world.ui.reports.splice(0);
    if (first !== undefined) return `reported ${first}`;
    if (pick([0, 1, 2, 3], drawn.dice[0]) !== 0) return null;
    const after =
      drawn.where === 'web'
        ? await world.web({ method: 'GET', path: '/login' })
        : await world.agent(drawn.where === 'root', { method: 'POST', path: '/web.config' });
    return after.status === 200 ? null : `after it, ${drawn.where} answered ${after.status}`;
  },
};
