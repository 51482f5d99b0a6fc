import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Lock, Places } from './base.ts';
import { exists } from './cache.ts';
import { makeDisk } from './disk.ts';
import { KERNEL_ARGUMENTS } from './grub.ts';
import { hashTrees, keyOf, sha256File } from './hash.ts';
import type { BaseName } from './manifest.ts';
import type { Identity } from './overlay.ts';
import { run } from './run.ts';
import { makeSbom } from './sbom.ts';
import { step } from './step.ts';

/** What a build hands out; also `build/image/latest.json`. Paths are absolute; `append` is the kernel's command line. */
export type Built = {
  base: string;
  branch: string;
  key: string;
  version: string;
  commit: string;
  kernel: string;
  image: string;
  compressed: string;
  sha256: string;
  sbom: string;
  vmlinuz: string;
  initramfs: string;
  append: string;
};

/** The finished parts of an image. A part's `key` is a hash of everything that went into it. */
export type Finished = {
  base: BaseName;
  lock: Lock;
  kernel: string;
  vmlinuz: string;
  initramfs: { key: string; path: string };
  squashfs: { key: string; path: string };
  release: boolean;
};

/**
 * Makes the disk image, its compressed form, its sum and the list of contents in a directory named by their hash: the
 * last three steps. A directory that is there already is taken as it is.
 */
export async function deliver(places: Places, parts: Finished): Promise<Built> {
  const code = await hashTrees(['disk.ts', 'grub.ts'].map((name) => join(places.top, 'image', name)));
  const key = keyOf(parts.squashfs.key, parts.initramfs.key, code);
  const home = join(places.out, `${parts.base}-${key}`);
  const fresh = !(await exists(home));
  const partial = join(places.out, 'partial');
  const into = fresh ? partial : home;
  // Of the build that made the root: a later commit that changes nothing in the image does not make another image.
  const identity = JSON.parse(await readFile(join(dirname(parts.squashfs.path), 'identity.json'), 'utf8')) as Identity;
  const built = describe(parts, key, home, identity);
  const unlessThere = async (work: () => Promise<string>) => ({
    value: undefined,
    note: fresh ? await work() : 'unchanged',
  });
  await step('disk', () => unlessThere(() => writeDisk(places, parts, into, { seed: key, date: identity.date })));
  await step('compress', () => unlessThere(() => compress(into, basename(built.compressed), parts.release)));
  return step('sbom', async () => {
    const list = join(into, basename(built.sbom));
    if (fresh) {
      await writeFile(list, await makeSbom(places.top, parts.lock, identity));
      await rename(partial, home);
    }
    const sha256 = (await readFile(`${built.compressed}.sha256`, 'utf8')).split(' ')[0] as string;
    return { value: { ...built, sha256 }, note: `${parts.lock.packages.length} packages listed` };
  });
}

function describe(parts: Finished, key: string, home: string, identity: Identity): Built {
  const image = join(home, `greengate-${parts.base}.img`);
  return {
    base: parts.base,
    branch: parts.lock.branch,
    key,
    version: identity.version,
    commit: identity.commit,
    kernel: parts.kernel,
    image,
    compressed: `${image}.${parts.release ? 'xz' : 'zst'}`,
    sha256: '',
    sbom: join(home, `greengate-${parts.base}.cdx.json`),
    vmlinuz: join(home, 'vmlinuz'),
    initramfs: join(home, 'initramfs'),
    append: `${KERNEL_ARGUMENTS} greengate.slot=a`,
  };
}

async function writeDisk(
  places: Places,
  parts: Finished,
  into: string,
  stamp: { seed: string; date: number },
): Promise<string> {
  await rm(into, { recursive: true, force: true });
  await mkdir(into, { recursive: true });
  const [vmlinuz, initramfs] = [join(into, 'vmlinuz'), join(into, 'initramfs')];
  await copyFile(parts.vmlinuz, vmlinuz);
  await copyFile(parts.initramfs.path, initramfs);
  const target = join(into, `greengate-${parts.base}.img`);
  await makeDisk({ squashfs: parts.squashfs.path, vmlinuz, initramfs, work: places.work, target, ...stamp });
  return `image ${stamp.seed}`;
}

async function compress(into: string, name: string, release: boolean): Promise<string> {
  const packed = join(into, name);
  const raw = packed.replace(/\.(xz|zst)$/, '');
  if (release) await run('xz', ['-T0', '-1', '-k', raw]);
  else await run('zstd', ['-q', '-1', '-T0', raw, '-o', packed]);
  const sum = await sha256File(packed);
  await writeFile(`${packed}.sha256`, `${sum}  ${name}\n`);
  return `sha256 ${sum.slice(0, 16)}…`;
}
