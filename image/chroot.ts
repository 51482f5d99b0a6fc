import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PATH_DIRECTORIES } from './normalise.ts';
import { run } from './run.ts';

/** Runs a program inside a root, with an empty environment but for PATH. */
export function runInside(root: string, args: string[]): Promise<string> {
  return run('chroot', [root, '/usr/bin/env', '-i', `PATH=${PATH_DIRECTORIES.join(':')}`, ...args]);
}

/** Gives a root the two devices that most programs want, for as long as `work` runs: no trace of them stays. */
export async function withDevices<T>(root: string, work: () => Promise<T>): Promise<T> {
  const devices = { null: '3', urandom: '9' };
  for (const [name, minor] of Object.entries(devices)) {
    await run('mknod', ['-m', '666', join(root, 'dev', name), 'c', '1', minor]);
  }
  try {
    return await work();
  } finally {
    for (const name of Object.keys(devices)) await rm(join(root, 'dev', name));
  }
}
