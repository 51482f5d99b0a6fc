import { lstat, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runInside, withDevices } from './chroot.ts';
import { MANIFEST, NODE_MAJOR } from './manifest.ts';
import { NEEDED } from './module-list.ts';
import { plainName } from './modules.ts';
import { PATH_DIRECTORIES } from './normalise.ts';
import { inParallel } from './run.ts';
import { walk } from './walk.ts';

/** Set-uid and set-gid files that may be on the box: none. */
const SETUID: string[] = [];

/** Looks the finished root over and gives one sentence for each thing that is wrong with it. */
export async function faultsOf(root: string): Promise<string[]> {
  const started = await withDevices(root, () => startEach(root));
  const looked = await Promise.all([programs(root), services(root), files(root), ourLinks(root), modules(root)]);
  return [...started, ...looked.flat()];
}

async function programs(root: string): Promise<string[]> {
  const faults: string[] = [];
  for (const { name, programs: wanted } of MANIFEST) {
    for (const program of wanted) {
      const places = program.startsWith('/')
        ? [program]
        : PATH_DIRECTORIES.map((directory) => `${directory}/${program}`);
      const found = await Promise.all(places.map((place) => resolves(root, place)));
      if (!found.includes(true)) faults.push(`${name}: ${program} is not in the root`);
    }
  }
  return faults;
}

/** Starts the programs in the root, where their own libraries must do. */
async function startEach(root: string): Promise<string[]> {
  const faults = await inParallel(
    MANIFEST.filter(({ check }) => check),
    2,
    async ({ name, check }) => {
      try {
        const said = await runInside(root, check as string[]);
        const major = /^v(\d+)\./.exec(said)?.[1];
        return name === 'node' && major !== String(NODE_MAJOR)
          ? [`node is ${said.trim()}, expected ${NODE_MAJOR}`]
          : [];
      } catch (error) {
        return [`${name}: ${(error as Error).message}`];
      }
    },
  );
  return faults.flat();
}

async function services(root: string): Promise<string[]> {
  const faults: string[] = [];
  const scripts = await readdir(join(root, 'etc/init.d'));
  const runlevels = join(root, 'etc/runlevels');
  for (const level of await readdir(runlevels)) {
    for (const service of await readdir(join(runlevels, level))) {
      if (service !== '.keep' && !scripts.includes(service))
        faults.push(`runlevel ${level} has ${service}, /etc/init.d has not`);
    }
  }
  for (const script of scripts) {
    const { mode } = await stat(join(root, 'etc/init.d', script));
    if ((mode & 0o111) === 0) faults.push(`/etc/init.d/${script} is not executable`);
  }
  return faults;
}

async function files(root: string): Promise<string[]> {
  const ids = async (name: string) =>
    new Set(
      (await readFile(join(root, 'etc', name), 'utf8'))
        .split('\n')
        .filter(Boolean)
        .map((line) => Number(line.split(':')[2])),
    );
  const [users, groups] = await Promise.all([ids('passwd'), ids('group')]);
  const faults: string[] = [];
  for (const name of await walk(root)) {
    const { mode, uid, gid } = await lstat(join(root, name));
    if (!users.has(uid) || !groups.has(gid)) faults.push(`/${name} belongs to the unknown ids ${uid}:${gid}`);
    if ((mode & 0o6000) !== 0 && !SETUID.includes(`/${name}`)) faults.push(`/${name} is set-uid or set-gid`);
    if ((mode & 0o170002) === 0o100002) faults.push(`/${name} can be written by everybody`);
  }
  return faults;
}

/** Links of ours that lead nowhere; those into /run and /var/lib are made at boot. */
async function ourLinks(root: string): Promise<string[]> {
  const home = 'usr/lib/greengate';
  const faults: string[] = [];
  for (const name of await walk(join(root, home))) {
    const path = `/${home}/${name}`;
    if ((await lstat(join(root, path))).isSymbolicLink() && !(await resolves(root, path)))
      faults.push(`${path} leads nowhere`);
  }
  return faults;
}

async function modules(root: string): Promise<string[]> {
  const [release] = await readdir(join(root, 'lib/modules'));
  const directory = join(root, 'lib/modules', release ?? '');
  const listed = await readFile(join(directory, 'modules.dep'), 'utf8').catch(() => '');
  const names = listed
    .split('\n')
    .filter(Boolean)
    .map((line) => plainName(line.split(':')[0] as string));
  if (names.length === 0) return ['there is no kernel module in the root'];
  const builtIn = (await readFile(join(directory, 'modules.builtin'), 'utf8')).split('\n').map(plainName);
  const there = new Set([...names, ...builtIn]);
  return NEEDED.filter((name) => !there.has(name)).map(
    (name) => `the kernel has no ${name}, neither as a module nor built in`,
  );
}

/** True when `path` exists inside `root`, absolute links taken as starting at `root`. */
async function resolves(root: string, path: string, hops = 0): Promise<boolean> {
  if (path.startsWith('/run/') || path.startsWith('/var/lib/')) return true;
  const parts = path.split('/').filter(Boolean);
  let at = '';
  for (const [index, part] of parts.entries()) {
    at = `${at}/${part}`;
    const entry = await lstat(join(root, at)).catch(() => undefined);
    if (entry === undefined) return false;
    if (!entry.isSymbolicLink()) continue;
    if (hops > 20) return false;
    const target = await readlink(join(root, at));
    const base = target.startsWith('/') ? target : join(at, '..', target);
    return resolves(root, join(base, ...parts.slice(index + 1)), hops + 1);
  }
  return true;
}
