import { chmod, copyFile, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FIREWALL, STORAGE } from './module-list.ts';
import { loadOrder } from './modules.ts';
import { run } from './run.ts';

/** The applets that `/init` uses; every one is in the static busybox of both bases. */
const APPLETS = [
  'sh',
  'mount',
  'umount',
  'mkdir',
  'modprobe',
  'switch_root',
  'sleep',
  'cat',
  'sort',
  'grep',
  'cp',
  'mv',
  'rm',
  'readlink',
  'sed',
  'basename',
  'chroot',
  'reboot',
  'setsid',
  'sync',
  'echo',
  'ls',
  'dmesg',
];

/**
 * Writes the compressed initramfs for the kernel of `root` to `target`: a static busybox, our `/init`, and the modules
 * that storage needs. Gives the number of modules; zero is an error, since such a box cannot find its disk.
 */
export async function makeInitramfs(places: {
  root: string;
  source: string;
  work: string;
  target: string;
  release: string;
}): Promise<{ modules: number; bytes: number }> {
  const { root, source, work, release } = places;
  await rm(work, { recursive: true, force: true });
  for (const name of ['bin', 'dev', 'proc', 'sys', 'run', 'root']) await mkdir(join(work, name), { recursive: true });
  await copyFile(await staticBusybox(root), join(work, 'bin/busybox'));
  await chmod(join(work, 'bin/busybox'), 0o755);
  for (const name of APPLETS) await symlink('busybox', join(work, 'bin', name));
  for (const [name, mode] of [
    ['init', 0o755],
    ['data.sh', 0o644],
  ] as const) {
    await copyFile(join(source, name), join(work, name));
    await chmod(join(work, name), mode);
  }
  // Seen once /dev has moved into the new root: the shell gives what runs in the background this file to read.
  await symlink('/root/dev/null', join(work, 'dev/null'));
  await writeFile(join(work, 'firewall'), `${FIREWALL.join(' ')}\n`);
  const modules = await copyModules(root, work, release);
  await pack(work, places.target);
  return { modules, bytes: (await stat(places.target)).size };
}

async function copyModules(root: string, work: string, release: string): Promise<number> {
  const from = join(root, 'lib/modules', release);
  const to = join(work, 'lib/modules', release);
  const order = loadOrder(await readFile(join(from, 'modules.dep'), 'utf8'), STORAGE);
  if (order.length === 0) throw new Error('no kernel module reached the initramfs');
  for (const path of order) {
    await mkdir(dirname(join(to, path)), { recursive: true });
    await copyFile(join(from, path), join(to, path));
  }
  for (const name of ['modules.builtin', 'modules.order']) await copyFile(join(from, name), join(to, name));
  await run('depmod', ['-b', work, release]);
  // busybox reads the text files only.
  for (const name of [
    'modules.dep.bin',
    'modules.alias.bin',
    'modules.symbols',
    'modules.symbols.bin',
    'modules.builtin.bin',
    'modules.builtin.alias.bin',
    'modules.devname',
  ]) {
    await rm(join(to, name), { force: true });
  }
  return order.length;
}

async function staticBusybox(root: string): Promise<string> {
  for (const name of ['bin/busybox.static', 'bin/busybox']) {
    const path = join(root, name);
    if (
      await stat(path).then(
        (one) => one.isFile(),
        () => false,
      )
    )
      return path;
  }
  throw new Error('the base has no static busybox');
}

async function pack(work: string, target: string): Promise<void> {
  const list = (await run('find', ['.', '-mindepth', '1'], { cwd: work }))
    .split('\n')
    .filter(Boolean)
    .sort()
    .join('\n');
  // All times alike, so that the same contents give the same bytes.
  await run('find', [work, '-exec', 'touch', '-h', '-d', '@1', '{}', '+']);
  const plain = `${target}.cpio`;
  await run('cpio', ['--quiet', '-o', '-H', 'newc', '-R', '0:0', '--reproducible', '-F', plain], {
    cwd: work,
    input: `${list}\n`,
  });
  await run('zstd', ['-q', '-f', '-9', '-T0', plain, '-o', target]);
  await rm(plain);
}
