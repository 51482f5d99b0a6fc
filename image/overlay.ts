import { chmod, copyFile, lstat, mkdir, readdir, readFile, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Places } from './base.ts';
import { writeText } from './cache.ts';
import type { BaseName } from './manifest.ts';
import { run } from './run.ts';

/** Files of the overlay whose mode git cannot hold. */
const MODES: Record<string, number> = { 'etc/shadow': 0o600, root: 0o700 };

/**
 * Puts a directory's files over a tree: directories merge, files and links replace what is there. Everything belongs
 * to root; a file is 0755 when its owner may execute it, else 0644. Existing files are replaced, never written into:
 * they may be hard links into the cache.
 */
export async function layOver(source: string, root: string, at = ''): Promise<number> {
  let count = 0;
  for (const entry of (await readdir(join(source, at))).sort()) {
    const name = at === '' ? entry : `${at}/${entry}`;
    const from = join(source, name);
    const to = join(root, name);
    const stat = await lstat(from);
    if (stat.isDirectory()) {
      await mkdir(to, { recursive: true });
      count += await layOver(source, root, name);
      if (MODES[name] !== undefined) await chmod(to, MODES[name]);
      continue;
    }
    await rm(to, { recursive: true, force: true });
    if (stat.isSymbolicLink()) await symlink(await readlink(from), to);
    else {
      await copyFile(from, to);
      await chmod(to, MODES[name] ?? (stat.mode & 0o100 ? 0o755 : 0o644));
    }
    count += 1;
  }
  return count;
}

/** What the image says about itself. `date` is the build's, in seconds since 1970: time frames before it never match. */
export type Identity = { version: string; commit: string; date: number; base: BaseName; release: string };

/** Version from package.json, commit and its date from git; without git the date is now. */
export async function identityOf(places: Places, base: BaseName, release: string, version: string): Promise<Identity> {
  const git = (...args: string[]) => run('git', ['-C', places.top, ...args]).catch(() => '');
  const commit = (await git('rev-parse', '--short=12', 'HEAD')).trim();
  const date = Number((await git('log', '-1', '--format=%ct')).trim()) || Math.floor(Date.now() / 1000);
  return { version, commit, date, base, release };
}

/** Adds the base's name and the version to the overlay's os-release and writes `build.json` for the agent and the UI. */
export async function writeIdentity(root: string, overlay: string, identity: Identity): Promise<void> {
  const words = await readFile(overlay, 'utf8').catch(() => 'NAME=Greengate\nID=greengate\n');
  const more = [`VERSION_ID=${identity.version}`, `BUILD_ID=${identity.commit}`, `ID_LIKE=${identity.base}`];
  const own = words.split('\n').filter((line) => line !== '' && !/^(VERSION_ID|BUILD_ID|ID_LIKE)=/.test(line));
  await writeText(join(root, 'etc/os-release'), `${[...own, ...more].join('\n')}\n`);
  await writeText(join(root, 'usr/lib/greengate/build.json'), `${JSON.stringify(identity, null, 2)}\n`);
}
