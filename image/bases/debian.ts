import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Base, Lock, LockedPackage, Places, Say } from '../base.ts';
import { exists } from '../cache.ts';
import { FetchError, fetchFile } from '../fetch.ts';
import { keyOf } from '../hash.ts';
import { BRANCHES, packagesOf } from '../manifest.ts';
import { inParallel, pipe, run } from '../run.ts';
import { aptSolve, KEPT_OUT } from './debian-apt.ts';

/**
 * Debian's packages by apt's own solver in a private apt root, verified by Debian's archive keys, unpacked without
 * maintainer scripts. Runs on any Debian or Ubuntu host.
 */
export const debian: Base = { name: 'debian', resolve, bootstrap, unpack };

async function resolve(places: Places, say: Say): Promise<{ lock: Lock; note: string }> {
  const path = lockPath(places);
  if (await exists(path)) {
    const lock = JSON.parse(await readFile(path, 'utf8')) as Lock;
    if (lock.wish === wish())
      return { lock, note: `${lock.packages.length} packages, as locked in build/lock-debian.json` };
  }
  const lock = await resolveAgain(places, say);
  return { lock, note: `${lock.packages.length} packages of ${BRANCHES.debian}, locked in build/lock-debian.json` };
}

async function bootstrap(places: Places, lock: Lock, say: Say): Promise<{ lock: Lock; note: string }> {
  try {
    return { lock, note: await download(places, lock.packages, say) };
  } catch (error) {
    if (!(error instanceof FetchError && error.gone)) throw error;
    const fresh = await resolveAgain(places, say);
    const note = await download(places, fresh.packages, say);
    return { lock: fresh, note: `${note}; a locked version has left the mirror, resolved again` };
  }
}

async function unpack(places: Places, lock: Lock, root: string, say: Say): Promise<string> {
  await mergedUsr(root);
  let done = 0;
  // Largest first: the kernel takes longer than all the others together and must not come last.
  const bySize = lock.packages.toSorted((a, b) => b.size - a.size);
  await inParallel(bySize, 2, async (one) => {
    // tar must not replace bin -> usr/bin by a directory, where a package still ships one.
    await pipe(
      ['dpkg-deb', '--fsys-tarfile', debPath(places, one)],
      ['tar', '-x', '--keep-directory-symlink', '--no-same-owner', '-C', root, ...LEFT_OUT],
    );
    say(`${++done} of ${lock.packages.length} packages`);
  });
  return `${done} packages unpacked`;
}

/** Never on the box: documentation, translations, and what only a package manager or another init reads. */
const LEFT_OUT = ['doc', 'man', 'locale', 'info', 'lintian', 'bug', 'bash-completion', 'perl5', 'doc-base']
  .map((name) => `--exclude=./usr/share/${name}`)
  .concat(['--exclude=./usr/lib/systemd', '--exclude=./boot/System.map-*']);

async function resolveAgain(places: Places, say: Say): Promise<Lock> {
  const packages = await aptSolve(join(places.cache, 'apt'), BRANCHES.debian, packagesOf('debian'), say);
  const lock: Lock = { base: 'debian', branch: BRANCHES.debian, wish: wish(), packages };
  await writeFile(lockPath(places), `${JSON.stringify(lock, null, 1)}\n`);
  return lock;
}

async function download(places: Places, packages: LockedPackage[], say: Say): Promise<string> {
  const directory = join(places.cache, 'debs');
  await mkdir(directory, { recursive: true });
  const missing: LockedPackage[] = [];
  for (const one of packages) if (!(await exists(debPath(places, one)))) missing.push(one);
  const total = missing.reduce((sum, { size }) => sum + size, 0);
  let bytes = 0;
  missing.sort((a, b) => b.size - a.size);
  await inParallel(missing, 4, (one) =>
    fetchFile(one.url, debPath(places, one), one.sha256, (count) => {
      bytes += count;
      say(`${megabytes(bytes)} of ${megabytes(total)} MB`);
    }),
  );
  if (missing.length > 0) await dropOthers(places, packages);
  return missing.length === 0
    ? 'all packages in the cache'
    : `${missing.length} packages fetched, ${megabytes(total)} MB`;
}

async function dropOthers(places: Places, packages: LockedPackage[]): Promise<void> {
  const wanted = new Set(packages.map((one) => basename(debPath(places, one))));
  const directory = join(places.cache, 'debs');
  for (const name of (await run('ls', [directory])).split('\n')) {
    if (name !== '' && !wanted.has(name)) await rm(join(directory, name), { force: true });
  }
}

async function mergedUsr(root: string): Promise<void> {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    await mkdir(join(root, 'usr', name), { recursive: true });
    await run('ln', ['-sfn', `usr/${name}`, join(root, name)]);
  }
}

/** The hash in the name makes a cached file trustworthy: it was checked before it got that name. */
function debPath(places: Places, one: LockedPackage): string {
  return join(places.cache, 'debs', `${one.name}_${one.sha256.slice(0, 16)}.deb`);
}

function lockPath(places: Places): string {
  return join(places.top, 'build/lock-debian.json');
}

function wish(): string {
  return keyOf(BRANCHES.debian, ...packagesOf('debian'), ...KEPT_OUT);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
