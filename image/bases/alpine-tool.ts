import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Places } from '../base.ts';
import { exists } from '../cache.ts';
import { fetchBytes } from '../fetch.ts';
import { run } from '../run.ts';
import type { AlpineOptions } from './alpine.ts';
import { type Keys, readIndex, readPackage } from './apk-file.ts';

/** Runs apk with these arguments; throws when it ends with anything but 0. */
export type ApkProgram = (args: string[]) => Promise<string>;

/**
 * Finds an apk to run: the one that is named, that of an unpacked minirootfs, or the mirror's own `apk-tools-static`,
 * which our reader verifies down from the pinned keys: key → index → package → data.
 */
export async function apkProgram(options: AlpineOptions, places: Places, keys: Keys): Promise<ApkProgram> {
  const { apk, minirootfs } = options;
  if (apk !== undefined) return (args) => run(apk, args);
  if (minirootfs !== undefined) {
    // Through its own loader, so that no chroot is needed.
    const loader = join(minirootfs, 'lib/ld-musl-x86_64.so.1');
    const libraries = `${join(minirootfs, 'lib')}:${join(minirootfs, 'usr/lib')}`;
    return (args) => run(loader, ['--library-path', libraries, join(minirootfs, 'sbin/apk'), ...args]);
  }
  const program = await staticApk(options, places, keys);
  return (args) => run(program, args);
}

async function staticApk(options: AlpineOptions, places: Places, keys: Keys): Promise<string> {
  const repository = `${options.mirror}/${options.branch}/main/x86_64`;
  const kept = join(places.cache, `apk-static-${options.branch}`, 'apk.static');
  if (await exists(kept)) return kept;
  const record = readIndex(await fetchBytes(`${repository}/APKINDEX.tar.gz`), keys).find(
    (one) => one.P === 'apk-tools-static',
  );
  if (record === undefined) throw new Error('the index has no apk-tools-static');
  const name = `apk-tools-static-${record.V}.apk`;
  const found = readPackage(await fetchBytes(`${repository}/${name}`), keys);
  if (found.checksum !== record.C) throw new Error(`${name} is not the package that the signed index names`);
  const entry = found.entries.find((one) => one.name.endsWith('sbin/apk.static'));
  if (entry === undefined) throw new Error(`${name} holds no apk.static`);
  await mkdir(join(kept, '..'), { recursive: true });
  await writeFile(kept, entry.data);
  await chmod(kept, 0o755);
  return kept;
}
