import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { disk } from '../../src/store/disk.ts';
import { openSecrets } from '../../src/store/secrets.ts';

const now = () => Math.floor(Date.now() / 1000);

const make = async (t: ExecutionContext, clock = now) => {
  const root = await mkdtemp(join(tmpdir(), 'greengate-secrets-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  const run = async (program: string, args: string[], input?: string) =>
    // Without a home or a configuration of its own, as on the box.
    (await execa(program, args, { input: input ?? '', env: { OPENSSL_CONF: '/dev/null' } })).stdout;
  const read = (name: string) => readFile(join(root, name), 'utf8');
  return { root, read, secrets: openSecrets({ disk, root, run, openssl: 'openssl', webGroup: null, clock }) };
};

test('the certificate is what a browser wants: names and address, P-256, ten years, for a server', async (t) => {
  const { root, read, secrets } = await make(t);
  const fingerprint = await secrets.certificate('192.168.51.254', ['greengate', 'greengate.lan', 'localhost']);
  const certificate = new X509Certificate(await read('tls/cert.pem'));
  t.is(certificate.fingerprint256, fingerprint);
  t.is(certificate.subjectAltName, 'IP Address:192.168.51.254, DNS:greengate, DNS:greengate.lan, DNS:localhost');
  t.false(certificate.ca);
  t.is(certificate.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  const years = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / (365 * 86_400_000);
  t.is(Math.round(years), 10);
  t.is((await stat(join(root, 'tls/key.pem'))).mode & 0o777, 0o640);
  t.deepEqual(await readdir(join(root, 'tls')), ['cert.pem', 'key.pem'], 'nothing is left behind');
});

test('a TLS server works with it, and the client checks the address', async (t) => {
  const { read, secrets } = await make(t);
  await secrets.certificate('127.0.0.1', ['localhost']);
  const [key, cert] = [await read('tls/key.pem'), await read('tls/cert.pem')];
  const server = createServer({ key, cert });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const protocol = await new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca: cert }, () => {
      resolve(socket.getProtocol());
      socket.destroy();
    });
    socket.on('error', reject);
  });
  server.close();
  t.is(protocol, 'TLSv1.3');
});

test('the same names keep the certificate; other ones, and a wrong clock, renew it with the same key', async (t) => {
  const time = { offset: 0 };
  const { read, secrets } = await make(t, () => now() + time.offset);
  const first = await secrets.certificate('192.168.51.254', ['greengate']);
  const key = await read('tls/key.pem');
  t.is(await secrets.certificate('192.168.51.254', ['greengate']), first);
  const second = await secrets.certificate('10.0.0.1', ['greengate']);
  t.not(second, first);
  const third = await secrets.certificate('10.0.0.1', ['greengate', 'gate.example.org']);
  t.not(third, second);
  time.offset = 3650 * 86_400;
  t.not(await secrets.certificate('10.0.0.1', ['greengate', 'gate.example.org']), third, 'expired');
  t.is(await read('tls/key.pem'), key);
});

test('a torn certificate or key is made anew', async (t) => {
  const { root, read, secrets } = await make(t);
  const first = await secrets.certificate('192.168.51.254', ['greengate']);
  await writeFile(join(root, 'tls/cert.pem'), (await read('tls/cert.pem')).slice(0, 200));
  const second = await secrets.certificate('192.168.51.254', ['greengate']);
  t.not(second, first);
  await writeFile(join(root, 'tls/key.pem'), '');
  t.not(await secrets.certificate('192.168.51.254', ['greengate']), second);
  const certificate = new X509Certificate(await read('tls/cert.pem'));
  t.true(certificate.publicKey.export({ type: 'spki', format: 'pem' }).length > 0);
  t.true(certificate.checkPrivateKey((await import('node:crypto')).createPrivateKey(await read('tls/key.pem'))));
});

test('the console password is kept as a hash that openssl itself agrees with, and can be removed', async (t) => {
  const { root, read, secrets } = await make(t);
  await secrets.setConsolePassword("it's 5 o'clock $HOME");
  const hash = (await read('console-password')).trim();
  const salt = hash.split('$')[2] ?? '';
  t.regex(hash, /^\$6\$/);
  const again = await execa('openssl', ['passwd', '-6', '-salt', salt, '-stdin'], { input: "it's 5 o'clock $HOME" });
  t.is(again.stdout, hash);
  t.is((await stat(join(root, 'console-password'))).mode & 0o777, 0o600);
  await secrets.setConsolePassword('');
  t.false((await readdir(root)).includes('console-password'));
});
