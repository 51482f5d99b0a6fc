import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type SecureVersion } from 'node:tls';
import test from 'ava';
import { IDLE } from '../../src/agent/sessions.ts';
import { serveByPlan } from '../../src/web/listen.ts';
import { PASSWORD } from '../agent/lab.ts';
import { readyUi, type Ui } from './ui.ts';

const SESSION = 'greengate-session';

const login = async (ui: Ui, password = PASSWORD) => {
  const browser = ui.browser();
  await browser.get('/login');
  await browser.submit('/login', { user: 'admin', password });
  return browser;
};

test('every login gives a new token, and the one before is no longer any', async (t) => {
  const ui = await readyUi(t);
  const first = ui.admin.cookies.get(SESSION) ?? '';
  await ui.admin.get('/');
  const body = new URLSearchParams({ user: 'admin', password: PASSWORD, csrf: csrfOf(ui.admin.page.html) });
  await ui.admin.post('/login', body);
  const second = ui.admin.cookies.get(SESSION) ?? '';
  t.not(second, first);
  t.is(ui.admin.path, '/');
  t.is(await ui.lab.box.sessions.find(first), null);
  t.truthy(await ui.lab.box.sessions.find(second));
});

test('a token that was in the browser before the login is not taken up', async (t) => {
  const ui = await readyUi(t);
  const browser = ui.browser();
  const planted = 'x'.repeat(43);
  browser.cookies.set(SESSION, planted);
  await browser.get('/login');
  await browser.submit('/login', { user: 'admin', password: PASSWORD });
  t.is(browser.path, '/');
  t.not(browser.cookies.get(SESSION), planted);
});

test('a changed password ends the sessions of every other browser', async (t) => {
  const ui = await readyUi(t);
  const other = await login(ui);
  await other.get('/network');
  t.is(other.path, '/network');
  const fields = { old: PASSWORD, new: 'another horse battery' };
  await ui.lab.web('password.change', fields, ui.admin.cookies.get(SESSION));
  await other.get('/network');
  t.is(other.path.split('?')[0], '/login');
  await ui.admin.get('/network');
  t.is(ui.admin.path, '/network', 'the one who changed it goes on');
  t.is((await login(ui)).status, 422, 'and the old password is none');
});

test('an idle browser has to log in again', async (t) => {
  const ui = await readyUi(t);
  ui.lab.time.now += IDLE + 1;
  await ui.admin.get('/network');
  t.is(ui.admin.path.split('?')[0], '/login');
});

test('guesses at the login page are slowed down, and told to wait', async (t) => {
  const ui = await readyUi(t);
  const statuses: number[] = [];
  for (let guess = 0; guess < 7; guess += 1) statuses.push((await login(ui, `wrong ${guess} password`)).status);
  t.deepEqual(statuses.slice(0, 5), [422, 422, 422, 422, 422]);
  t.is(statuses[6], 429);
  t.is((await login(ui)).status, 429, 'also with the right one');
});

test('bytes that are no HTTP leave no line in the log of the process', async (t) => {
  const ui = await readyUi(t);
  const socket = dial(Number(new URL(ui.url).port), '127.0.0.1');
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.resume();
  socket.write('HEAD /login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\nmore than was asked for\r\n');
  await closed;
  t.deepEqual(ui.reports, []);
});

test('TLS 1.2 and 1.3 are spoken, 1.1 is refused for its version', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'greengate-tls-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=gate'];
  execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const port = await freePort();
  const plan = join(folder, 'web.json');
  writeFileSync(plan, JSON.stringify({ address: '127.0.0.1', port, names: [] }));
  const serving = serveByPlan({
    handler: (_ask, answer) => answer.end('ok'),
    plan,
    tls: folder,
    fingerprint: '',
    report: t.log,
  });
  t.teardown(serving.close);
  await sleep(200);
  t.is(await speak(port, 'TLSv1.3'), 'TLSv1.3');
  t.is(await speak(port, 'TLSv1.2'), 'TLSv1.2');
  t.is(await speak(port, 'TLSv1.1'), 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
});

/** The version that was agreed on, or the code of the refusal. */
const speak = (port: number, version: SecureVersion): Promise<string> =>
  new Promise((resolve) => {
    const options = { port, host: '127.0.0.1', rejectUnauthorized: false, ciphers: 'DEFAULT@SECLEVEL=0' };
    const socket = connect({ ...options, minVersion: version, maxVersion: version }, () => {
      resolve(String(socket.getProtocol()));
      socket.destroy();
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
  });

const csrfOf = (html: string): string => /name="csrf" value="([^"]*)"/.exec(html)?.[1] ?? '';

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
