import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Gives the directory `<cache>/<name>-<key>`, made by `make` when it is not there yet. A directory that was left
 * half-made by a killed build never counts: it is built beside and renamed. Of each name the `keep` newest stay.
 */
export async function cached(
  place: { cache: string; name: string; key: string; keep: number },
  make: (directory: string) => Promise<void>,
): Promise<{ directory: string; hit: boolean }> {
  const directory = join(place.cache, `${place.name}-${place.key}`);
  if (await exists(directory)) {
    const now = new Date();
    await utimes(directory, now, now);
    return { directory, hit: true };
  }
  const partial = join(place.cache, `partial-${place.name}`);
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  await make(partial);
  await rename(partial, directory);
  await prune(place.cache, place.name, place.keep);
  return { directory, hit: false };
}

/** True when something stands at `path`. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Writes a text file, making its directory. */
export async function writeText(path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await rm(path, { force: true });
  await writeFile(path, text, { mode });
}

async function prune(cache: string, name: string, keep: number): Promise<void> {
  const names = (await readdir(cache)).filter((entry) => new RegExp(`^${name}-[0-9a-f]{16}$`).test(entry));
  const aged = await Promise.all(names.map(async (entry) => ({ entry, at: (await stat(join(cache, entry))).mtimeMs })));
  aged.sort((a, b) => b.at - a.at);
  for (const { entry } of aged.slice(keep)) await rm(join(cache, entry), { recursive: true, force: true });
}
