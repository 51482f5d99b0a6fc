import { once } from 'node:events';
import { request } from 'node:http';
import test from 'ava';
import { AgentSilent } from '../../src/agent/client.ts';
import { createApp } from '../../src/web/app.ts';
import { loadAssets } from '../../src/web/assets.ts';
import { PASSWORD } from '../agent/lab.ts';
import { openBare } from './bare.ts';
import { freshUi, readyUi, type Ui } from './ui.ts';

test('a fresh box leads every page to set-up, and set-up leads in', async (t) => {
  const ui = await freshUi(t);
  const browser = ui.browser();
  await browser.get('/firewall/bot');
  t.is(browser.path, '/setup');
  await browser.submit('/setup', { code: 'wrong' });
  t.is(browser.status, 422);
  t.regex(browser.page.errors.code ?? '', /not the code/);
  await browser.submit('/setup', { code: await ui.lab.code() });
  t.regex(browser.page.text, /Block outgoing traffic now, with starter rules/);
  t.deepEqual(
    browser.page.forms[0]?.fields.filter(([name]) => ['block', 'green', 'red'].includes(name)),
    [
      ['block', 'yes'],
      ['green', '00:16:3e:00:00:01'],
      ['red', '00:16:3e:00:00:02'],
    ],
  );
  await browser.submit('/setup', { password: PASSWORD, again: PASSWORD, timezone: 'Europe/Berlin' });
  t.is(browser.path, '/', browser.page.text);
  t.regex(browser.page.text, /Blocking outgoing traffic; 1 rule,/);
  t.regex(browser.page.text, /Europe\/Berlin/);
});

test('set-up tells what is wrong beside the field and keeps what was chosen', async (t) => {
  const ui = await freshUi(t);
  const browser = ui.browser();
  await browser.get('/setup');
  await browser.submit('/setup', { code: await ui.lab.code() });
  await browser.submit('/setup', { password: PASSWORD, again: 'another', timezone: 'Asia/Tokyo', block: 'no' });
  t.is(browser.page.errors.again, 'The two passwords differ.');
  await browser.submit('/setup', { password: 'short', again: 'short' });
  t.regex(browser.page.errors.password ?? '', /at least 10/);
  const kept = new Map(browser.page.forms[0]?.fields);
  t.is(kept.get('timezone'), 'Asia/Tokyo');
  t.is(kept.get('block'), 'no');
  t.is(kept.get('password'), '', 'passwords are never sent back');
});

test('every page asks for a login first and then leads back to where one wanted to go', async (t) => {
  const { url } = await readyUi(t);
  const { browser } = openBare(url);
  await browser.get('/logs/firewall?dport=800');
  t.is(browser.path, '/login?next=%2Flogs%2Ffirewall%3Fdport%3D800');
  await browser.submit('/login', { password: 'wrong' });
  t.is(browser.status, 422);
  t.is(browser.page.errors.password, 'User or password is wrong.');
  await browser.submit('/login', { password: PASSWORD });
  t.is(browser.path, '/logs/firewall?dport=800');
});

test('a login never leads to another site', async (t) => {
  const { url } = await readyUi(t);
  for (const next of ['//evil.example/', 'https://evil.example/', '/\\evil.example', 'javascript:alert(1)']) {
    const { browser } = openBare(url);
    await browser.get(`/login?next=${encodeURIComponent(next)}`);
    await browser.submit('/login', { password: PASSWORD });
    t.is(browser.path, '/', next);
  }
});

test('a form without a login changes nothing', async (t) => {
  const ui = await readyUi(t);
  const stranger = ui.browser();
  await stranger.post('/firewall/bot/enable', new URLSearchParams({ csrf: 'x' }));
  t.regex(stranger.path, /^\/login/);
  t.false((await policyOf(ui)).settings.enabled);
});

test('a form without the right token, or from another site, is refused', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await admin.get('/services/proxy');
  const body = new URLSearchParams(admin.page.forms.find((one) => one.action === '/services/proxy')?.fields);
  body.set('port', '3128');
  const csrf = body.get('csrf') ?? '';
  t.true(csrf.length > 20);
  const tries: [string, Record<string, string>][] = [
    ['', {}],
    ['x'.repeat(csrf.length), {}],
    [csrf, { origin: 'https://evil.example' }],
    [csrf, { origin: 'null' }],
    [csrf, { 'sec-fetch-site': 'cross-site' }],
  ];
  for (const [token, headers] of tries) {
    body.set('csrf', token);
    await admin.post('/services/proxy', body, headers);
    t.is(admin.status, 403, JSON.stringify([token, headers]));
  }
  t.is((await policyOf(ui)).proxy.port, 800);
  body.set('csrf', csrf);
  await admin.post('/services/proxy', body, { origin: ui.url, 'sec-fetch-site': 'same-origin' });
  t.is((await policyOf(ui)).proxy.port, 3128);
});

test('the session ends with Log out, also for who kept the cookie', async (t) => {
  const { admin } = await readyUi(t);
  const kept = new Map(admin.cookies);
  await admin.get('/');
  await admin.submit('/logout', {});
  t.is(admin.path, '/login');
  for (const [name, value] of kept) admin.cookies.set(name, value);
  await admin.get('/system');
  t.regex(admin.path, /^\/login/);
});

test('only IP addresses, localhost and configured names are served', async (t) => {
  const { url } = await readyUi(t);
  const port = new URL(url).port;
  const expected: [string, number][] = [
    ['evil.example', 421],
    ['evil.example:445', 421],
    ['greengate.evil.example', 421],
    ['192.168.51.254.evil.example', 421],
    [`127.0.0.1:${port}`, 200],
    ['192.168.51.254', 200],
    ['[fd00::1]:445', 200],
    ['localhost:1', 200],
    ['greengate', 200],
    ['GreenGate.lan.', 200],
  ];
  for (const [host, status] of expected) t.is(await statusFor(url, host), status, host);
});

test('every answer carries the security headers, and cookies are strict', async (t) => {
  const { admin, url } = await readyUi(t);
  for (const path of ['/', '/nothing', '/static/app.css']) {
    const { headers } = await fetch(`${url}${path}`, { redirect: 'manual' });
    const policy = headers.get('content-security-policy') ?? '';
    t.regex(policy, /default-src 'none'/);
    t.regex(policy, /script-src 'self';/);
    t.regex(policy, /style-src 'self';/);
    t.notRegex(policy, /unsafe/);
    t.is(headers.get('x-content-type-options'), 'nosniff');
    t.is(headers.get('x-frame-options'), 'DENY');
  }
  const { headers } = await fetch(`${url}/login`);
  const cookie = headers.getSetCookie().join();
  t.regex(cookie, /httponly/i);
  t.regex(cookie, /samesite=strict/i);
  await admin.get('/');
  t.is(admin.headers.get('cache-control'), 'no-store');
});

test('when the agent does not answer, the page says so and asks again by itself', async (t) => {
  const { reports, app } = silentApp();
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { browser } = openBare(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
  browser.cookies.set('greengate-session', 'x');
  await browser.get('/firewall/bot');
  t.is(browser.status, 503);
  t.regex(browser.page.text, /The agent does not answer/);
  t.regex(browser.page.html, /<meta http-equiv="refresh" content="5;url=\/firewall\/bot">/);
  t.deepEqual(reports, []);
});

test('a fault inside says nothing internal to the visitor, and everything to the log', async (t) => {
  const ui = await readyUi(t);
  ui.lab.twin.leases = async () => {
    throw new Error('secret detail');
  };
  await ui.admin.get('/services/dhcp');
  t.is(ui.admin.status, 500);
  t.notRegex(ui.admin.page.html, /secret|Error|\.ts/);
  t.is(ui.reports.length, 1);
});

const policyOf = async ({ lab }: Ui) => (await lab.web('policy.get', {}, lab.token)).policy;

const statusFor = (url: string, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request(`${url}/login`, { headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end();
  });

const silentApp = () => {
  const reports: string[] = [];
  const app = createApp({
    agent: async () => {
      throw new AgentSilent('gone');
    },
    logs: {} as never,
    assets: loadAssets(
      `${import.meta.dirname}/../../src/web/static`,
      Object.fromEntries(
        ['tabler.css', 'htmx.js'].map((name) => [name, `${import.meta.dirname}/../../src/web/static/app.css`]),
      ),
    ),
    views: `${import.meta.dirname}/../../src/web/views`,
    names: () => [],
    report: (message) => reports.push(message),
  });
  return { app, reports };
};
