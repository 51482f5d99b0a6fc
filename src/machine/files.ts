import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Replaces a file whole and durably: write beside it, fsync, rename, fsync of the directory. */
export const replaceFile = async (path: string, text: string, mode: number): Promise<void> => {
  const beside = `${path}.new`;
  const file = await open(beside, 'w', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
};

/** Writes files into a directory, each whole; returns the names whose content changed. */
export const writeFiles = async (directory: string, files: Record<string, string>): Promise<string[]> => {
  await mkdir(directory, { recursive: true, mode: 0o755 });
  const changed: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    if ((await readFile(path, 'utf8').catch(() => null)) === text) continue;
    await replaceFile(path, text, 0o644);
    changed.push(name);
  }
  return changed;
};
