import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import Koa from 'koa';
import type { Agent } from '../../src/agent/client.ts';
import { requireLogin } from '../../src/web/middleware/session.ts';

const views = join(import.meta.dirname, '../../src/web/views');

test('what asks by a clock carries a name that the login knows as such', (t) => {
  const elements = readdirSync(views).flatMap((name) =>
    [...readFileSync(join(views, name), 'utf8').matchAll(/<[^<]*hx-trigger="every[^<]*/g)].map(([text]) => text),
  );
  t.true(elements.length >= 4);
  for (const element of elements) t.regex(element, / id="(topbar|list|now)"/);
});

test('the agent is told when a page asks by a clock, and for nothing else', async (t) => {
  const asked: unknown[] = [];
  const agent = (async (verb: string, input: unknown) => {
    asked.push([verb, input]);
    return { user: 'admin', role: 'administrator', csrf: 'x', totp: false };
  }) as Agent;
  const app = new Koa();
  app.use(requireLogin(agent)).use((ctx) => {
    ctx.body = 'in';
  });
  const server = createServer(app.callback()).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const ask = async (trigger: string, method = 'GET') => {
    const headers = { cookie: 'greengate-session=token', ...(trigger === '' ? {} : { 'HX-Trigger': trigger }) };
    t.is(await (await fetch(url, { method, headers })).text(), 'in');
  };
  await ask('topbar');
  await ask('list');
  await ask('now');
  await ask('');
  await ask('rules');
  await ask('list', 'POST');
  t.deepEqual(
    asked.map((one) => (one as [string, { polling?: boolean }])[1]),
    [{ polling: true }, { polling: true }, { polling: true }, {}, {}, {}],
  );
});
