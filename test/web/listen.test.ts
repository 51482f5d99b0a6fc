import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { serveByPlan } from '../../src/web/listen.ts';
import { certificate } from '../lib/certificates.ts';

const folder = (t: ExecutionContext): string => {
  const made = mkdtempSync(join(tmpdir(), 'greengate-listen-'));
  mkdirSync(join(made, 'tls'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
};

const certify = (made: string, name: string): void => {
  const out = ['-keyout', join(made, 'tls/key.pem'), '-out', join(made, 'tls/cert.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${name}`];
  execFileSync('openssl', ['req', '-x509', ...kind, ...out], { stdio: 'ignore' });
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

/** Name in the certificate that answers there; null when nobody does. */
const certificateAt = (port: number, host = '127.0.0.1'): Promise<string | null> =>
  new Promise((resolve) => {
    const sent = request({ host, port, rejectUnauthorized: false, agent: false }, (answer) => {
      const { subject } = (answer.socket as import('node:tls').TLSSocket).getPeerCertificate();
      answer.resume();
      resolve(String(subject?.CN));
    });
    sent.on('error', () => resolve(null));
    sent.end();
  });

const eventually = async (
  t: ExecutionContext,
  ask: () => Promise<unknown>,
  expected: unknown,
  message: string,
): Promise<void> => {
  let seen: unknown;
  for (let tries = 0; tries < 100; tries++) {
    seen = await ask();
    if (seen === expected) break;
    await sleep(50);
  }
  t.is(seen, expected, message);
};

test('HTTPS appears with plan and certificate, follows a new port, address and certificate, and keeps the old one on trouble', async (t) => {
  const made = folder(t);
  const plan = join(made, 'web.json');
  const reports: string[] = [];
  const serving = serveByPlan({
    handler: (_request, answer) => answer.end('ok'),
    plan,
    tls: join(made, 'tls'),
    fingerprint: join(made, 'fingerprint'),
    report: (sentence) => reports.push(sentence),
    interval: 40,
  });
  t.teardown(serving.close);
  const write = (address: string, port: number) =>
    writeFileSync(plan, JSON.stringify({ address, port, names: ['gate'] }));
  const [first, second] = [await freePort(), await freePort()];
  t.is(await certificateAt(first), null);
  write('127.0.0.1', first);
  certify(made, 'one');
  await eventually(t, () => certificateAt(first), 'one', 'it answers once all is there');
  t.deepEqual(serving.plan()?.names, ['gate']);
  certify(made, 'two');
  await eventually(t, () => certificateAt(first), 'two', 'a new certificate is taken up');
  const { cert, key } = certificate({ name: 'uploaded' });
  writeFileSync(join(made, 'tls/uploaded.pem'), `${key}${cert}`);
  await sleep(200);
  t.is(await certificateAt(first), 'two', 'an uploaded one waits for the agent’s word');
  writeFileSync(join(made, 'fingerprint'), `${new X509Certificate(cert).fingerprint256}\n`);
  await eventually(t, () => certificateAt(first), 'uploaded', 'then it goes before the box’s own');
  writeFileSync(join(made, 'fingerprint'), 'AA:BB\n');
  await eventually(t, () => certificateAt(first), 'two', 'until the agent says otherwise');
  rmSync(join(made, 'tls/uploaded.pem'));
  write('127.0.0.1', second);
  await eventually(t, () => certificateAt(second), 'two', 'the new port answers');
  await eventually(t, () => certificateAt(first), null, 'the old one does not');
  write('192.0.2.77', second);
  await eventually(t, async () => reports.some((one) => one.includes('EADDRNOTAVAIL')), true, 'trouble is told');
  t.is(await certificateAt(second), 'two', 'and the old address answers meanwhile');
  t.is(reports.filter((one) => one.includes('EADDRNOTAVAIL')).length, 1, 'once');
  write('127.0.0.2', second);
  await eventually(t, () => certificateAt(second, '127.0.0.2'), 'two', 'the new address answers when it is there');
  await eventually(t, () => certificateAt(second), null, 'and the old one no more');
});
