import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** A short name (16 hex digits) for a list of inputs: changes when any of them, or their order, changes. */
export function keyOf(...parts: string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:${part};`);
  return hash.digest('hex').slice(0, 16);
}

/** The sha256 of a file, in hex. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/** A hash over names, executable bits, links and contents of files and directories; a missing path counts as empty. */
export async function hashTrees(paths: string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) await addTree(hash, path, '.');
  return hash.digest('hex');
}

async function addTree(hash: ReturnType<typeof createHash>, path: string, name: string): Promise<void> {
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined) return;
  if (stat.isDirectory()) {
    hash.update(`d ${name}\n`);
    for (const entry of (await readdir(path)).sort()) await addTree(hash, join(path, entry), `${name}/${entry}`);
  } else if (stat.isSymbolicLink()) {
    hash.update(`l ${name} ${await readlink(path)}\n`);
  } else {
    const content = await readFile(path);
    hash.update(`f ${name} ${stat.mode & 0o111 ? 'x' : '-'} ${content.length}\n`);
    hash.update(content);
  }
}
