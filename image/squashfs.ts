import { rm, stat } from 'node:fs/promises';
import { run } from './run.ts';

/** Packs a tree into a squashfs; all times are `date` (seconds since 1970), so that the same tree gives the same bytes. */
export async function makeSquashfs(root: string, target: string, date: number, release: boolean): Promise<number> {
  await rm(target, { force: true });
  const compression = release
    ? ['-comp', 'xz', '-Xbcj', 'x86', '-b', '256K']
    : ['-comp', 'zstd', '-Xcompression-level', '3', '-b', '128K'];
  const times = ['-mkfs-time', String(date), '-all-time', String(date)];
  await run('mksquashfs', [
    root,
    target,
    ...compression,
    ...times,
    '-no-xattrs',
    '-no-exports',
    '-noappend',
    '-no-progress',
    '-quiet',
  ]);
  return (await stat(target)).size;
}
