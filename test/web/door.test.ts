import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { freshLab, type Lab } from '../agent/lab.ts';

const top = join(import.meta.dirname, '../..');

/** The web process itself, over a real agent; it ends with the test. Answers its output so far. */
const start = (t: ExecutionContext, lab: Lab, more: Record<string, string>): (() => string) => {
  let output = '';
  const env = {
    ...process.env,
    GREENGATE_DATA: lab.data,
    GREENGATE_RUN: lab.run,
    GREENGATE_LOG: join(lab.run, 'log'),
    ...more,
  };
  const web = spawn(process.execPath, ['--no-warnings', join(top, 'src/main-web.ts')], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [web.stdout, web.stderr]) stream.on('data', (chunk) => (output += chunk));
  t.teardown(async () => {
    if (web.exitCode !== null) return;
    const gone = new Promise((resolve) => web.once('exit', resolve));
    web.kill('SIGTERM');
    await gone;
  });
  return () => output;
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const until = async <T>(ask: () => Promise<T | null>): Promise<T | null> => {
  for (let tries = 0; tries < 150; tries++) {
    const seen = await ask().catch(() => null);
    if (seen !== null) return seen;
    await sleep(100);
  }
  return null;
};

type Answer = { status: number; cookies: string; body: string };

const ask = (port: number, ca: Buffer, host: string): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path: '/setup',
      ca,
      headers: { host },
      checkServerIdentity: () => undefined,
    };
    const sent = request(options, (answer) => {
      let body = '';
      answer.on('data', (chunk) => (body += chunk));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, cookies: String(answer.headers['set-cookie']), body }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });

test('the web process serves the plan’s port with the box’s own certificate, and __Host- cookies', async (t) => {
  const lab = await freshLab(t);
  const port = await freePort();
  mkdirSync(join(lab.run, 'plan'), { recursive: true });
  writeFileSync(
    join(lab.run, 'plan/web.json'),
    JSON.stringify({ address: '127.0.0.1', port, names: ['gate.example'] }),
  );
  const output = start(t, lab, {});
  const ca = readFileSync(join(lab.data, 'tls/cert.pem'));
  const answer = await until(() => ask(port, ca, 'gate.example'));
  t.is(answer?.status, 200, output());
  t.regex(answer?.body ?? '', /Set-up code/);
  t.regex(answer?.cookies ?? '', /^__Host-greengate-form=.*; path=\/; .*secure/i);
  t.is((await ask(port, ca, 'other.example')).status, 421);
});

test('in development it serves plain HTTP, on this machine only', async (t) => {
  const lab = await freshLab(t);
  const port = await freePort();
  const output = start(t, lab, { GREENGATE_WEB_LISTEN: `127.0.0.1:${port}` });
  const answer = await until(async () => (await fetch(`http://127.0.0.1:${port}/`)).text());
  t.regex(answer ?? '', /Set-up code/, output());
});

test('it refuses to serve plain HTTP elsewhere', async (t) => {
  const lab = await freshLab(t);
  const output = start(t, lab, { GREENGATE_WEB_LISTEN: '0.0.0.0:8080' });
  t.truthy(await until(async () => (output().includes('takes a port of this machine') ? true : null)));
});
