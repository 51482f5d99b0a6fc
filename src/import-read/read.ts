import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { roleOf } from '../import/files.ts';
import { type Entry, gunzip, isGzip, isTar, limits, readTar, Unreadable } from './tar.ts';

/** The old files as text, and the paths that were left out because no old firewall has files of that name. */
export type OldFiles = { files: Record<string, string>; skipped: string[] };

/** Reads a folder, a tar or tar.gz archive, or one old file. Throws `Unreadable`. */
export const readOld = async (path: string): Promise<OldFiles> => {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    throw new Unreadable(error.code === 'ENOENT' ? `There is no ${path}.` : `${path} cannot be read: ${error.message}`);
  });
  if (found.isDirectory()) return textsOf(await readFolder(path));
  if (!found.isFile()) throw new Unreadable(`${path} is neither a folder nor a file.`);
  if (found.size > limits.all) throw new Unreadable(`${path} is larger than ${limits.all / 1_000_000} MB.`);
  return readUpload(path.split('/').at(-1) ?? '', await readFile(path));
};

/** Reads an uploaded archive, or one old file under its name. Throws `Unreadable`. */
export const readUpload = (name: string, bytes: Buffer): OldFiles => {
  if (bytes.length > limits.all) throw new Unreadable(`The file is larger than ${limits.all / 1_000_000} MB.`);
  const plain = isGzip(bytes) ? gunzip(bytes) : bytes;
  if (isTar(plain)) return textsOf(readTar(plain));
  const path = (name.split(/[\\/]/).at(-1) ?? '').replace(/\.(txt|gz)$/i, '');
  if (roleOf(path) === null)
    throw new Unreadable(
      'This is neither an archive (tar, tar.gz) nor one of the old files: settings, config, customservices …',
    );
  return textsOf([{ path, bytes: plain }]);
};

/** Links are not followed: they may lead anywhere. */
const readFolder = async (top: string): Promise<Entry[]> => {
  const found: Entry[] = [];
  const waiting = [''];
  let count = 0;
  let all = 0;
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const item of await readdir(join(top, folder), { withFileTypes: true })) {
      const path = folder === '' ? item.name : `${folder}/${item.name}`;
      count += 1;
      if (count > limits.entries)
        throw new Unreadable(
          `The folder has more than ${limits.entries} entries. Name the one with the firewall’s files.`,
        );
      if (item.isDirectory()) waiting.push(path);
      if (!item.isFile()) continue;
      if (roleOf(path) === null) {
        found.push({ path, bytes: Buffer.alloc(0) });
        continue;
      }
      const { size } = await lstat(join(top, path));
      all += size;
      if (size > limits.file || all > limits.all)
        throw new Unreadable(
          `“${path}” is too large: ${limits.file / 1_000_000} MB a file and ${limits.all / 1_000_000} MB in all are read.`,
        );
      found.push({ path, bytes: await readFile(join(top, path)) });
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
};

const textsOf = (entries: Entry[]): OldFiles => {
  const files: Record<string, string> = Object.create(null);
  const skipped: string[] = [];
  for (const { path, bytes } of entries) {
    if (roleOf(path) === null) skipped.push(path);
    else {
      if (bytes.length > limits.file) throw new Unreadable(`“${path}” is larger than ${limits.file / 1_000_000} MB.`);
      if (path in files) throw new Unreadable(`“${path}” is in the archive twice.`);
      if (bytes.includes(0)) throw new Unreadable(`“${path}” is not a text file.`);
      files[path] = decode(bytes);
    }
  }
  if (Object.keys(files).length === 0)
    throw new Unreadable('Nothing of an old firewall was found: no settings, config, customservices … in it.');
  return { files, skipped };
};

/** UTF-8 where it is that, else Latin 1, as old browsers sent it. */
const decode = (bytes: Buffer): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
};
