import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Alpine's server for its public keys. */
export const KEY_SERVER = 'https://alpinelinux.org/keys';

/**
 * Gives the pinned public keys by file name: from the directory of the pins, else from the cache, else from Alpine's
 * server. `SHA256SUMS` in `pins` decides which keys there are and that each is the right one. Throws when none is to be had.
 */
export async function pinnedKeys(pins: string, cache: string): Promise<Record<string, Buffer>> {
  const sums = await readFile(join(pins, 'SHA256SUMS'), 'utf8');
  const keys: Record<string, Buffer> = {};
  const reasons: string[] = [];
  for (const line of sums.split('\n').filter(Boolean)) {
    const [sum, name] = line.split(/\s+/) as [string, string];
    const key = await findKey(name, pins, cache).catch((error: Error) => error);
    if (key instanceof Error) reasons.push(`${name}: ${key.message}`);
    else if (createHash('sha256').update(key).digest('hex') !== sum) reasons.push(`${name}: it does not fit its pin`);
    else {
      keys[name] = key;
      await mkdir(cache, { recursive: true });
      await writeFile(join(cache, name), key);
    }
  }
  if (Object.keys(keys).length === 0)
    throw new Error(`no key of Alpine's is to be had: ${reasons.join('; ')} (see image/bases/alpine-keys/README.md)`);
  return keys;
}

async function findKey(name: string, pins: string, cache: string): Promise<Buffer> {
  for (const directory of [pins, cache]) {
    const key = await readFile(join(directory, name)).catch(() => undefined);
    if (key !== undefined) return key;
  }
  const response = await fetch(`${KEY_SERVER}/${name}`, { signal: AbortSignal.timeout(10_000) }).catch(
    (error: Error) => {
      throw new Error(String(error.cause ?? error.message));
    },
  );
  if (!response.ok) throw new Error(`${KEY_SERVER} answers ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}
