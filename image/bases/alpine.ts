import { createHash } from 'node:crypto';
import { copyFile, link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Base, Lock, LockedIndex, LockedPackage, Places, Say } from '../base.ts';
import { exists } from '../cache.ts';
import { FetchError, fetchBytes, fetchFile } from '../fetch.ts';
import { keyOf } from '../hash.ts';
import { BRANCHES, packagesOf } from '../manifest.ts';
import { inParallel } from '../run.ts';
import { pinnedKeys } from './alpine-keys.ts';
import { type ApkProgram, apkProgram } from './alpine-tool.ts';
import { type IndexRecord, keysOf, readIndex, readPackage } from './apk-file.ts';

/** Alpine's mirror; `GREENGATE_ALPINE_MIRROR` names another one, or a directory laid out like one. */
export const ALPINE_MIRROR = 'https://dl-cdn.alpinelinux.org/alpine';

/** What a base needs to know to build from Alpine's packages; tests give their own. */
export type AlpineOptions = {
  mirror: string;
  branch: string;
  wanted: string[];
  /** Directory of the pinned keys. */
  pins: string;
  /** An apk program to use instead of the mirror's own static one. */
  apk?: string;
  /** An unpacked minirootfs whose apk is used. */
  minirootfs?: string;
};

const ARCH = 'x86_64';
const REPOSITORIES = ['main', 'community'];

/** The options of a real build: pinned branch, the manifest's packages, places from the environment. */
export function alpineOptions(top: string): AlpineOptions {
  const { GREENGATE_ALPINE_MIRROR: mirror, GREENGATE_APK: apk, GREENGATE_MINIROOTFS: minirootfs } = process.env;
  return {
    mirror: mirror ?? ALPINE_MIRROR,
    branch: BRANCHES.alpine,
    wanted: packagesOf('alpine'),
    pins: join(top, 'image/bases/alpine-keys'),
    ...(apk === undefined ? {} : { apk }),
    ...(minirootfs === undefined ? {} : { minirootfs }),
  };
}

/**
 * Alpine's packages by apk's own solver. What apk fetched is read again here: each package must be signed by a pinned
 * key, be the one the signed index names, and hold the data it says; its sha256 goes into the lock, since the
 * signatures rest on SHA-1. Install scripts do not run, as on the other base.
 */
export function makeAlpine(options: AlpineOptions): Base {
  return {
    name: 'alpine',
    resolve: (places, say) => resolve(options, places, say),
    bootstrap: (places, lock, say) => bootstrap(options, places, lock, say),
    unpack: (places, lock, root, say) => unpack(options, places, lock, root, say),
  };
}

async function resolve(options: AlpineOptions, places: Places, say: Say): Promise<{ lock: Lock; note: string }> {
  if (await exists(lockPath(places))) {
    const lock = JSON.parse(await readFile(lockPath(places), 'utf8')) as Lock;
    if (lock.wish === wish(options))
      return { lock, note: `${lock.packages.length} packages, as locked in build/lock-alpine.json` };
  }
  const lock = await resolveAgain(options, places, say);
  return { lock, note: `${lock.packages.length} packages of ${options.branch}, locked in build/lock-alpine.json` };
}

async function bootstrap(
  options: AlpineOptions,
  places: Places,
  lock: Lock,
  say: Say,
): Promise<{ lock: Lock; note: string }> {
  try {
    const fetched = await fetchLocked(places, lock, say);
    return { lock, note: fetched === 0 ? 'all packages in the cache' : `${fetched} packages fetched` };
  } catch (error) {
    if (!(error instanceof FetchError && error.gone)) throw error;
    const fresh = await resolveAgain(options, places, say);
    return {
      lock: fresh,
      note: `${fresh.packages.length} packages; a locked version has left the mirror, resolved again`,
    };
  }
}

async function unpack(options: AlpineOptions, places: Places, lock: Lock, root: string, say: Say): Promise<string> {
  const { program, keys } = await prepare(options, places);
  const mirror = join(places.work, 'alpine-mirror');
  await rm(mirror, { recursive: true, force: true });
  const repositories: string[] = [];
  for (const index of lock.indexes ?? []) {
    const directory = join(mirror, index.repository);
    await mkdir(join(directory, ARCH), { recursive: true });
    await copyFile(indexPath(places, index), join(directory, ARCH, 'APKINDEX.tar.gz'));
    for (const one of lock.packages) {
      await link(apkPath(places, one), join(directory, ARCH, `${one.name}-${one.version}.apk`));
    }
    repositories.push(directory);
  }
  const flags = await commonFlags(places, keys, repositories);
  say('apk add');
  await program([
    'add',
    '--root',
    root,
    '--initdb',
    '--no-network',
    '--no-cache',
    '--no-scripts',
    ...flags,
    ...options.wanted,
  ]);
  await compareWithLock(root, lock);
  await rm(mirror, { recursive: true });
  return `${lock.packages.length} packages installed by apk`;
}

async function resolveAgain(options: AlpineOptions, places: Places, say: Say): Promise<Lock> {
  const { keys, program } = await prepare(options, places);
  say('reading the indexes');
  const trusted = keysOf(keys);
  const indexes: LockedIndex[] = [];
  const records = new Map<string, IndexRecord & { repository: string }>();
  for (const repository of REPOSITORIES) {
    const url = `${options.mirror}/${options.branch}/${repository}/${ARCH}/APKINDEX.tar.gz`;
    const bytes = await fetchBytes(url);
    const index = { repository, url, sha256: createHash('sha256').update(bytes).digest('hex') };
    for (const record of readIndex(bytes, trusted)) records.set(`${record.P}-${record.V}`, { ...record, repository });
    await mkdir(join(places.cache, 'apks'), { recursive: true });
    await writeFile(indexPath(places, index), bytes);
    indexes.push(index);
  }
  const fetched = join(places.work, 'apk-fetched');
  await rm(fetched, { recursive: true, force: true });
  await mkdir(fetched, { recursive: true });
  const urls = REPOSITORIES.map((repository) => `${options.mirror}/${options.branch}/${repository}`);
  say('apk fetch');
  await program([
    'fetch',
    '--recursive',
    '--output',
    fetched,
    ...(await commonFlags(places, keys, urls)),
    ...options.wanted,
  ]);
  const packages: LockedPackage[] = [];
  for (const name of (await readdir(fetched)).sort()) {
    const bytes = await readFile(join(fetched, name));
    const found = readPackage(bytes, trusted);
    const { pkgname = '', pkgver = '', license = '' } = found.info;
    const record = records.get(`${pkgname}-${pkgver}`);
    if (record?.C !== found.checksum) throw new Error(`${name} is not the package that the signed index names`);
    const url = `${options.mirror}/${options.branch}/${record.repository}/${ARCH}/${pkgname}-${pkgver}.apk`;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const locked = { name: pkgname, version: pkgver, sha256, size: bytes.length, url, licence: license };
    await writeFile(apkPath(places, locked), bytes);
    packages.push(locked);
  }
  const lock: Lock = { base: 'alpine', branch: options.branch, wish: wish(options), packages, indexes };
  await mkdir(join(places.top, 'build'), { recursive: true });
  await writeFile(lockPath(places), `${JSON.stringify(lock, null, 1)}\n`);
  return lock;
}

async function fetchLocked(places: Places, lock: Lock, say: Say): Promise<number> {
  await mkdir(join(places.cache, 'apks'), { recursive: true });
  for (const index of lock.indexes ?? []) {
    if (!(await exists(indexPath(places, index)))) await fetchFile(index.url, indexPath(places, index), index.sha256);
  }
  const missing: LockedPackage[] = [];
  for (const one of lock.packages) if (!(await exists(apkPath(places, one)))) missing.push(one);
  let done = 0;
  await inParallel(missing, 4, async (one) => {
    await fetchFile(one.url, apkPath(places, one), one.sha256);
    say(`${++done} of ${missing.length} packages`);
  });
  return missing.length;
}

async function prepare(
  options: AlpineOptions,
  places: Places,
): Promise<{ keys: Record<string, Buffer>; program: ApkProgram }> {
  const keys = await pinnedKeys(options.pins, join(places.cache, 'alpine-keys'));
  return { keys, program: await apkProgram(options, places, keysOf(keys)) };
}

/** Flags of every apk call. Never `--allow-untrusted`; the key directory must be absolute, else apk looks below the root. */
async function commonFlags(places: Places, keys: Record<string, Buffer>, repositories: string[]): Promise<string[]> {
  const directory = join(places.work, 'apk-keys');
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  for (const [name, key] of Object.entries(keys)) await writeFile(join(directory, name), key);
  const list = join(places.work, 'apk-repositories');
  await writeFile(list, `${repositories.join('\n')}\n`);
  return ['--arch', ARCH, '--keys-dir', directory, '--repositories-file', list];
}

/** apk's own account of what it installed must be the lock, no more and no less. */
async function compareWithLock(root: string, lock: Lock): Promise<void> {
  const database = await readFile(join(root, 'lib/apk/db/installed'), 'utf8');
  const installed = [...database.matchAll(/^P:(.*)\n(?:.*\n)*?V:(.*)$/gm)].map((match) => `${match[1]}-${match[2]}`);
  const locked = new Set(lock.packages.map(({ name, version }) => `${name}-${version}`));
  const extra = installed.filter((one) => !locked.has(one));
  const lost = [...locked].filter((one) => !installed.includes(one));
  if (extra.length + lost.length > 0) {
    throw new Error(
      `apk did not install what is locked: more: ${extra.join(' ') || 'none'}; less: ${lost.join(' ') || 'none'}`,
    );
  }
}

function indexPath(places: Places, index: LockedIndex): string {
  return join(places.cache, 'apks', `index-${index.repository}_${index.sha256.slice(0, 16)}.tar.gz`);
}

function apkPath(places: Places, one: LockedPackage): string {
  return join(places.cache, 'apks', `${one.name}_${one.sha256.slice(0, 16)}.apk`);
}

function lockPath(places: Places): string {
  return join(places.top, 'build/lock-alpine.json');
}

function wish(options: AlpineOptions): string {
  return keyOf(options.mirror, options.branch, ...options.wanted);
}
