import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { makeInitramfs } from '../../image/initramfs.ts';
import { KEEP } from '../../image/module-list.ts';
import { keepModules } from '../../image/modules.ts';
import { normalise } from '../../image/normalise.ts';
import { run } from '../../image/run.ts';

const asRoot = process.getuid?.() === 0 ? test : test.skip;
const RELEASE = '6.18.0-0-lts';
type Scene = { root: string; put: (name: string, content?: string | Buffer, mode?: number) => void };

/** A tree laid out like Alpine's, with stand-ins for what is in it: separate /bin and /usr/bin, gzipped modules, musl's loader in /lib. */
function alpineTree(t: ExecutionContext): Scene {
  const root = mkdtempSync(join(tmpdir(), 'alpine-root-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const put = (name: string, content: string | Buffer = '', mode = 0o644) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content, { mode });
  };
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  mkdirSync(join(root, 'sbin'));
  mkdirSync(join(root, 'usr/sbin'));
  put('bin/busybox', readFileSync('/bin/busybox'), 0o755);
  copyFileSync(join(root, 'bin/busybox'), join(root, 'bin/busybox.static'));
  put('sbin/ip', 'iproute2', 0o755);
  put('boot/vmlinuz-lts', 'kernel');
  put('boot/initramfs-lts', 'not ours');
  put('etc/init.d/networking', '', 0o755);
  put('etc/runlevels/boot/networking');
  put('etc/ssl/certs/ca-certificates.crt', 'bundle');
  put('usr/bin/node', '', 0o4755);
  put('usr/lib/ulogd/ulogd_output_JSON.so');
  put('usr/lib/squid/log_file_daemon', '', 0o755);
  put('lib/apk/db/installed', 'P:squid\n');
  put('var/log/old', 'x');
  for (const name of KEEP.filter((one) => !one.includes('/')))
    module(put, `kernel/some/${name}`, name === 'e1000e' ? ['ptp'] : []);
  module(put, 'kernel/net/netfilter/nft_own', []);
  module(put, 'kernel/drivers/ptp/ptp', []);
  module(put, 'kernel/sound/loud', []);
  put(`lib/modules/${RELEASE}/modules.builtin`, 'kernel/fs/x.ko\n');
  put(`lib/modules/${RELEASE}/modules.order`, '');
  return { root, put };
}

function module(put: Scene['put'], name: string, needs: string[]): void {
  const text = Buffer.from(`\u007fELF\0license=GPL\0depends=${needs.join(',')}\0`, 'latin1');
  put(`lib/modules/${RELEASE}/${name}.ko.gz`, gzipSync(text));
}

async function normalised(t: ExecutionContext) {
  const scene = alpineTree(t);
  const kernel = mkdtempSync(join(tmpdir(), 'kernel-'));
  t.teardown(() => rmSync(kernel, { recursive: true }));
  const places = { top: '/nowhere', cache: '', work: '', out: '' };
  const kept = await normalise(places, 'alpine', scene.root, kernel);
  return { ...scene, kernel, kept, at: (name: string) => join(scene.root, name) };
}

asRoot('a tree like Alpine’s ends at the same places as Debian’s (needs root)', async (t) => {
  const { at, kernel } = await normalised(t);
  t.is(readFileSync(join(kernel, 'vmlinuz'), 'utf8'), 'kernel');
  t.is(readlinkSync(at('usr/lib/greengate/bin/node')), '/usr/bin/node');
  const paths = JSON.parse(readFileSync(at('usr/lib/greengate/paths.json'), 'utf8'));
  t.is(paths.ulogdPlugins, '/usr/lib/ulogd');
  t.is(paths.squidLib, '/usr/lib/squid');
  t.is(readFileSync(at('etc/ssl/certs/ca-certificates.crt'), 'utf8'), 'bundle');
  t.is(readlinkSync(at('var/run')), '/run');
});

asRoot('nothing of the distribution’s services, package manager, logs or boot files stays (needs root)', async (t) => {
  const { at } = await normalised(t);
  for (const name of ['boot', 'lib/apk', 'var/log/old', 'etc/init.d/networking', 'etc/runlevels/boot'])
    t.false(existsSync(at(name)), name);
});

asRoot('busybox fills the gaps and takes no program’s place (needs root)', async (t) => {
  const { at } = await normalised(t);
  t.is(readFileSync(at('sbin/ip'), 'utf8'), 'iproute2');
  t.is(readlinkSync(at('bin/sh')), '/bin/busybox');
  t.false(existsSync(at('bin/ip')), 'a second ip would win by its place in PATH');
  t.throws(() => lstatSync(at('sbin/start-stop-daemon')), { code: 'ENOENT' }, 'busybox’s would run daemons as root');
});

asRoot('no file keeps a set-uid bit, and all belong to root (needs root)', async (t) => {
  const { at } = await normalised(t);
  t.is(statSync(at('usr/bin/node')).mode & 0o7777, 0o755);
  t.is(statSync(at('tmp')).mode & 0o7777, 0o1777);
});

asRoot('modules are cut down to the list and what it needs, unpacked (needs root)', async (t) => {
  const { at, kept } = await normalised(t);
  t.is(kept.release, RELEASE);
  t.true(kept.names.includes('ptp'), 'e1000e needs it');
  t.true(kept.names.includes('nft_own'), 'a directory of the list');
  t.false(kept.names.includes('loud'));
  const home = at(`lib/modules/${RELEASE}/kernel`);
  t.true(existsSync(join(home, 'some/e1000e.ko')));
  t.false(existsSync(join(home, 'sound')));
});

test('a kernel without modules is an error', async (t) => {
  const { root } = alpineTree(t);
  rmSync(join(root, `lib/modules/${RELEASE}/kernel`), { recursive: true });
  await t.throwsAsync(keepModules(root), { message: /keep-list/ });
});

test('a needed module that nobody brought is an error', async (t) => {
  const { root } = alpineTree(t);
  rmSync(join(root, `lib/modules/${RELEASE}/kernel/drivers/ptp`), { recursive: true });
  await t.throwsAsync(keepModules(root), { message: /needed but not there: ptp/ });
});

asRoot(
  'an initramfs without modules is an error; with them it holds busybox, init and modules (needs root)',
  async (t) => {
    const { root } = await normalised(t);
    const work = mkdtempSync(join(tmpdir(), 'initramfs-'));
    t.teardown(() => rmSync(work, { recursive: true }));
    const source = join(import.meta.dirname, '../../image/initramfs');
    const make = () =>
      makeInitramfs({ root, source, work: join(work, 'tree'), target: join(work, 'initramfs'), release: RELEASE });
    const dep = join(root, `lib/modules/${RELEASE}/modules.dep`);
    writeFileSync(dep, 'kernel/some/squashfs.ko:\n');
    t.is((await make()).modules, 1);
    const plain = await run('sh', ['-c', 'zstd -dc "$1" | cpio -t --quiet', 'sh', join(work, 'initramfs')]);
    const names = plain.split('\n');
    for (const name of ['init', 'data.sh', 'firewall', 'bin/sh', `lib/modules/${RELEASE}/kernel/some/squashfs.ko`])
      t.true(names.includes(name), name);
    writeFileSync(dep, '');
    await t.throwsAsync(make(), { message: 'no kernel module reached the initramfs' });
  },
);
