import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Every path below a directory, relative to it, parents first. Links are named and not followed: node:fs follows links
 * to directories, and those of a root file system lead out of it.
 */
export async function walk(directory: string, at = ''): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(directory, at), { withFileTypes: true })) {
    const path = at === '' ? entry.name : `${at}/${entry.name}`;
    paths.push(path);
    if (entry.isDirectory()) paths.push(...(await walk(directory, path)));
  }
  return paths;
}
