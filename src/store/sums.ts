import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Disk } from './disk.ts';

/** The SHA256SUMS of a generation's directory, as `sha256sum -c` reads it: policy, meta and plan files, sorted by name. */
export const sumsOf = async (disk: Disk, directory: string): Promise<string> => {
  const names = await namesIn(disk, directory);
  const lines = await Promise.all(
    names.map(async (name) => {
      const text = (await disk.read(join(directory, name))) ?? '';
      return `${createHash('sha256').update(text).digest('hex')}  ${name}\n`;
    }),
  );
  return lines.join('');
};

/** Null when a directory holds exactly what its SHA256SUMS says, else a sentence with the path. */
export const sumsProblem = async (disk: Disk, directory: string): Promise<string | null> => {
  const path = join(directory, 'SHA256SUMS');
  const kept = await disk.read(path);
  if (kept === null) return `${path} is missing.`;
  return kept === (await sumsOf(disk, directory)) ? null : `${directory} does not match its SHA256SUMS.`;
};

const namesIn = async (disk: Disk, directory: string): Promise<string[]> => [
  'meta.json',
  ...(await disk.list(join(directory, 'plan'))).map((name) => `plan/${name}`),
  'policy.json',
];
