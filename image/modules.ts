import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { exists } from './cache.ts';
import { KEEP } from './module-list.ts';
import { run } from './run.ts';
import { walk } from './walk.ts';

/** The kernel modules that stay, by plain name, and how many bytes they take. */
export type Kept = { release: string; names: string[]; bytes: number };

/**
 * Cuts the tree's kernel modules down to the keep-list and what those depend on, decompressed, and runs depmod. The
 * modules' own `depends=` lines decide, so that the distribution's modules.dep is not needed. Throws when none is left
 * or a needed module is neither there nor built in.
 */
export async function keepModules(root: string): Promise<Kept> {
  const home = join(root, 'lib/modules');
  const [release, ...more] = await readdir(home);
  if (release === undefined || more.length > 0)
    throw new Error(`expected one kernel in ${home}, found ${more.length + 1}`);
  const directory = join(home, release);
  const found = await findModules(directory);
  const builtIn = await builtInNames(directory);
  const wanted = wantedNames(found, builtIn, directory);
  const kept = new Map<string, string>();
  for (let round = wanted; round.length > 0; ) {
    const plain = await decompress(round.map((name) => found.get(name) as string));
    for (const [at, name] of round.entries()) kept.set(name, plain[at] as string);
    const needed = new Set<string>();
    for (const path of plain) for (const name of dependsOf(await readFile(path))) needed.add(name);
    round = [...needed].filter((name) => !kept.has(name) && !builtIn.has(name));
    const lost = round.filter((name) => !found.has(name));
    if (lost.length > 0) throw new Error(`kernel modules needed but not there: ${lost.join(' ')}`);
  }
  if (kept.size === 0) throw new Error('no kernel module is left: the keep-list fits nothing in this kernel');
  const bytes = await replaceTree(directory, [...kept.values()]);
  await run('depmod', ['-b', root, release]);
  return { release, names: [...kept.keys()].sort(), bytes };
}

/** The module and what it depends on, in an order in which they can be loaded; from modules.dep. Paths are relative to the modules directory. */
export function loadOrder(modulesDep: string, names: string[]): string[] {
  const lines = modulesDep.split('\n').filter((line) => line.includes(':'));
  const byName = new Map(
    lines.map((line) => {
      const [path, rest] = line.split(':') as [string, string];
      return [plainName(path), { path, needs: rest.trim().split(' ').filter(Boolean) }];
    }),
  );
  const order = new Set<string>();
  for (const name of names) {
    const entry = byName.get(name);
    if (entry === undefined) continue;
    // modules.dep lists the direct dependency first and the deepest last.
    for (const path of entry.needs.toReversed()) order.add(path);
    order.add(entry.path);
  }
  return [...order];
}

/** `kernel/net/nf-x.ko.xz` → `nf_x`. */
export function plainName(path: string): string {
  return basename(path)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');
}

/** The names in a module's `depends=` line. */
export function dependsOf(module: Buffer): string[] {
  const at = module.indexOf('\0depends=');
  if (at < 0) return [];
  const text = module.toString('latin1', at + 9, module.indexOf(0, at + 1));
  return text.split(',').filter(Boolean).map(plainName);
}

async function findModules(directory: string): Promise<Map<string, string>> {
  const entries = await walk(directory);
  const modules = entries.filter((name) => /\.ko(\.(xz|gz|zst))?$/.test(name));
  return new Map(modules.map((name) => [plainName(name), join(directory, name)]));
}

async function builtInNames(directory: string): Promise<Set<string>> {
  const text = await readFile(join(directory, 'modules.builtin'), 'utf8');
  return new Set(text.split('\n').filter(Boolean).map(plainName));
}

/** Entries of the keep-list ending in `/` mean the modules directly in that directory, `/**` those below it too. */
function wantedNames(found: Map<string, string>, builtIn: Set<string>, directory: string): string[] {
  const names = new Set<string>();
  const missing: string[] = [];
  for (const entry of KEEP) {
    if (entry.includes('/')) {
      const deep = entry.endsWith('/**');
      const folder = entry.replace(/\/(\*\*)?$/, '');
      for (const [name, path] of found) {
        const at = dirname(relative(join(directory, 'kernel'), path));
        if (at === folder || (deep && at.startsWith(`${folder}/`))) names.add(name);
      }
    } else if (found.has(entry)) names.add(entry);
    else if (!builtIn.has(entry)) missing.push(entry);
  }
  // A kernel version more or less has a driver more or less; what the box cannot do without is asserted elsewhere.
  if (missing.length > KEEP.length / 3)
    throw new Error(`most of the keep-list is not in this kernel: ${missing.join(' ')}`);
  return [...names];
}

async function decompress(paths: string[]): Promise<string[]> {
  const tools: Record<string, string[]> = {
    '.xz': ['xz', '-d'],
    '.gz': ['gzip', '-d'],
    '.zst': ['zstd', '-q', '-d', '--rm'],
  };
  for (const [suffix, [program, ...args]] of Object.entries(tools)) {
    const some = paths.filter((path) => path.endsWith(suffix));
    const half = Math.ceil(some.length / 2);
    const shares = [some.slice(0, half), some.slice(half)].filter((share) => share.length > 0);
    await Promise.all(shares.map((share) => run(program as string, [...args, '--', ...share])));
  }
  return paths.map((path) => path.replace(/\.(xz|gz|zst)$/, ''));
}

async function replaceTree(directory: string, paths: string[]): Promise<number> {
  const fresh = `${directory}.kept`;
  let bytes = 0;
  for (const path of paths) {
    const target = join(fresh, relative(directory, path));
    await mkdir(dirname(target), { recursive: true });
    const content = unsigned(await readFile(path));
    bytes += content.length;
    await writeFile(target, content);
  }
  for (const name of ['modules.builtin', 'modules.builtin.modinfo', 'modules.order']) {
    if (await exists(join(directory, name))) await rename(join(directory, name), join(fresh, name));
  }
  await rm(directory, { recursive: true });
  await rename(fresh, directory);
  return bytes;
}

/**
 * A module without the signature appended to it. Checking each costs an RSA operation and a hash over the module at
 * boot, and proves nothing here: whoever can change a module in the image can change everything else in it.
 */
function unsigned(module: Buffer): Buffer {
  const magic = '~Module signature appended~\n';
  if (module.toString('latin1', module.length - magic.length) !== magic) return module;
  const info = module.length - magic.length - 12;
  return module.subarray(0, info - module.readUInt32BE(info + 8));
}
