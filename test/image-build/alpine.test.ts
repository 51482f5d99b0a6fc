import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Lock, Places } from '../../image/base.ts';
import { type AlpineOptions, makeAlpine } from '../../image/bases/alpine.ts';
import { sha256File } from '../../image/hash.ts';
import { type FixturePackage, makeSigner, type Signer, threePackages, writeRepository } from './lib/apk-fixture.ts';

const BRANCH = 'v0.1';
const quiet = () => {};

type Scene = { places: Places; options: AlpineOptions; signer: Signer; log: string };

/** A mirror with the fixture, its key pinned, and the stub apk. */
async function scene(t: ExecutionContext, packages = threePackages()): Promise<Scene> {
  const top = mkdtempSync(join(tmpdir(), 'alpine-'));
  t.teardown(() => rmSync(top, { recursive: true }));
  const signer = makeSigner();
  fill(top, packages, signer);
  mkdirSync(join(top, 'pins'));
  writeFileSync(join(top, 'pins', signer.id), signer.pem);
  writeFileSync(join(top, 'pins/SHA256SUMS'), `${await sha256File(join(top, 'pins', signer.id))}  ${signer.id}\n`);
  const log = join(top, 'apk.log');
  const apk = join(top, 'apk');
  writeFileSync(apk, stubScript(log));
  chmodSync(apk, 0o755);
  const places = { top, cache: join(top, 'cache'), work: join(top, 'work'), out: join(top, 'out') };
  mkdirSync(places.cache);
  mkdirSync(places.work);
  const options = { mirror: join(top, 'mirror'), branch: BRANCH, wanted: ['fx-squid'], pins: join(top, 'pins'), apk };
  return { places, options, signer, log };
}

function stubScript(log: string): string {
  const stub = join(import.meta.dirname, 'lib/stub-apk.ts');
  return `#!/bin/sh\nSTUB_APK_LOG='${log}' exec '${process.execPath}' --no-warnings '${stub}' "$@"\n`;
}

function fill(top: string, packages: FixturePackage[], signer: Signer): void {
  const branch = join(top, 'mirror', BRANCH);
  rmSync(branch, { recursive: true, force: true });
  writeRepository(branch, 'main', packages, signer);
  writeRepository(branch, 'community', [], signer);
}

async function install({ places, options }: Scene): Promise<{ lock: Lock; root: string; notes: string[] }> {
  const base = makeAlpine(options);
  const resolved = await base.resolve(places, quiet);
  const fetched = await base.bootstrap(places, resolved.lock, quiet);
  const root = mkdtempSync(join(places.top, 'root-'));
  const unpacked = await base.unpack(places, fetched.lock, root, quiet);
  return { lock: fetched.lock, root, notes: [resolved.note, fetched.note, unpacked] };
}

test('the wanted package and what it needs are locked by sha256 and installed', async (t) => {
  const stage = await scene(t);
  const { lock, root } = await install(stage);
  t.deepEqual(
    lock.packages.map(({ name, version }) => `${name} ${version}`),
    ['fx-base 2.1-r3', 'fx-busybox 1.0-r0', 'fx-squid 7.6-r0'],
  );
  for (const one of lock.packages) t.is(one.sha256, await sha256File(one.url));
  t.is(readFileSync(join(root, 'etc/squid/squid.conf'), 'utf8'), 'http_port 800\n');
  t.true(existsSync(join(root, 'bin/sh')));
});

test('apk is never told to trust what is unsigned, gets absolute keys, and installs without a network', async (t) => {
  const stage = await scene(t);
  await install(stage);
  const calls = readFileSync(stage.log, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as string[]);
  t.deepEqual(
    calls.map(([applet]) => applet),
    ['fetch', 'add'],
  );
  for (const args of calls) {
    t.false(args.includes('--allow-untrusted'));
    t.true((args[args.indexOf('--keys-dir') + 1] as string).startsWith('/'));
    t.is(args[args.indexOf('--arch') + 1], 'x86_64');
  }
  for (const flag of ['--initdb', '--no-network', '--no-cache', '--no-scripts']) t.true(calls[1]?.includes(flag), flag);
  t.is(calls[1]?.at(-1), 'fx-squid');
});

test('a second build follows the lock and asks nobody', async (t) => {
  const stage = await scene(t);
  const first = await install(stage);
  rmSync(join(stage.places.top, 'mirror'), { recursive: true });
  const second = await install(stage);
  t.deepEqual(second.lock, first.lock);
  t.regex(second.notes[0] as string, /as locked/);
  t.is(second.notes[1], 'all packages in the cache');
});

test('when a locked version has left the mirror it is said and resolved again', async (t) => {
  const stage = await scene(t);
  await install(stage);
  const newer = threePackages().map((one) => (one.name === 'fx-squid' ? { ...one, version: '7.7-r0' } : one));
  fill(stage.places.top, newer, stage.signer);
  rmSync(join(stage.places.cache, 'apks'), { recursive: true });
  const { lock, notes } = await install(stage);
  t.regex(notes[1] as string, /left the mirror, resolved again/);
  t.is(lock.packages.find(({ name }) => name === 'fx-squid')?.version, '7.7-r0');
});

test('a package that the mirror swapped for another signed one is refused', async (t) => {
  const stage = await scene(t);
  const home = join(stage.options.mirror, BRANCH, 'main/x86_64');
  const index = readFileSync(join(home, 'APKINDEX.tar.gz'));
  const changed = threePackages().map((one) =>
    one.name === 'fx-base' ? { ...one, files: [{ path: 'etc/passwd', content: 'evil' }] } : one,
  );
  fill(stage.places.top, changed, stage.signer);
  writeFileSync(join(home, 'APKINDEX.tar.gz'), index);
  await t.throwsAsync(install(stage), { message: /fx-base-2.1-r3.apk is not the package that the signed index names/ });
});

test('a key that does not fit its pin is not used', async (t) => {
  const stage = await scene(t);
  writeFileSync(join(stage.options.pins, stage.signer.id), makeSigner().pem);
  await t.throwsAsync(install(stage), { message: /does not fit its pin/ });
});

test('an index signed by a key that is not pinned is refused', async (t) => {
  const stage = await scene(t);
  fill(stage.places.top, threePackages(), makeSigner('stranger@example.org-9.rsa.pub'));
  await t.throwsAsync(install(stage), { message: /stranger@example.org-9.rsa.pub, which is not a key of ours/ });
});

test('without an apk the mirror’s own static one is verified and used', async (t) => {
  const log = join(mkdtempSync(join(tmpdir(), 'log-')), 'apk.log');
  const program = { path: 'sbin/apk.static', content: stubScript(log), mode: 0o755 };
  const stage = await scene(t, [
    ...threePackages(),
    { name: 'apk-tools-static', version: '3.0.9-r0', files: [program] },
  ]);
  const { apk: _, ...options } = stage.options;
  const { root } = await install({ ...stage, options });
  t.true(existsSync(join(root, 'etc/squid/squid.conf')));
  t.is(readFileSync(log, 'utf8').trim().split('\n').length, 2);
  t.deepEqual(readdirSync(join(stage.places.cache, `apk-static-${BRANCH}`)), ['apk.static']);
});

test('what apk reports as installed must be the lock', async (t) => {
  const stage = await scene(t);
  const { lock } = await install(stage);
  const base = makeAlpine({ ...stage.options, wanted: ['fx-base'] });
  const root = mkdtempSync(join(stage.places.top, 'root-'));
  await t.throwsAsync(base.unpack(stage.places, lock, root, quiet), { message: /less: fx-squid-7.6-r0/ });
});

const minirootfs = process.env.GREENGATE_MINIROOTFS;
const real = minirootfs === undefined ? test.skip : test;
real('the real apk installs the fixture (needs GREENGATE_MINIROOTFS: an unpacked Alpine minirootfs)', async (t) => {
  const stage = await scene(t);
  const { apk: _, ...options } = stage.options;
  const { lock, root } = await install({ ...stage, options: { ...options, minirootfs: minirootfs as string } });
  t.is(lock.packages.length, 3);
  t.is(readFileSync(join(root, 'etc/squid/squid.conf'), 'utf8'), 'http_port 800\n');
});
