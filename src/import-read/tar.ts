import { gunzipSync } from 'node:zlib';

/** What may be read: bytes of one file, of all of them, and entries of any kind. */
export const limits = { file: 4_000_000, all: 16_000_000, entries: 1000 };

/** An archive or a file that cannot be read, in one sentence. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** One regular file of an archive. */
export type Entry = { path: string; bytes: Buffer };

/** Is this gzip? */
export const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** Is this a tar archive? */
export const isTar = (bytes: Buffer): boolean =>
  bytes.length >= BLOCK && (bytes.toString('latin1', 257, 262) === 'ustar' || checked(bytes));

/** The bytes behind gzip. Throws `Unreadable` for what is damaged or too large when unpacked. */
export const gunzip = (bytes: Buffer): Buffer => {
  try {
    return gunzipSync(bytes, { maxOutputLength: limits.all + 2 * BLOCK * limits.entries });
  } catch (error) {
    const large = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new Unreadable(
      large
        ? `The archive is too large: more than ${mega(limits.all)} when unpacked.`
        : 'The archive is damaged: it cannot be unpacked.',
    );
  }
};

/**
 * The regular files of a tar archive (POSIX ustar, with the long names of GNU and pax). Nothing is written anywhere. Throws
 * `Unreadable` for absolute paths, `..`, links, devices, too large a file, too many entries and a damaged archive. The reader is our
 * own because those on npm unpack to disk or bring a second set of stream libraries, and 60 lines do.
 */
export const readTar = (bytes: Buffer): Entry[] => {
  const found: Entry[] = [];
  let long = '';
  let count = 0;
  let all = 0;
  for (let at = 0; at + BLOCK <= bytes.length; ) {
    const header = bytes.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return found;
    if (!checked(header)) throw new Unreadable('The archive is damaged: a header is not one of tar.');
    const size = sizeOf(header);
    const type = String.fromCharCode(header[156] ?? 0);
    const body = bytes.subarray(at + BLOCK, at + BLOCK + size);
    if (body.length < size) throw new Unreadable('The archive is cut off in the middle of a file.');
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    count += 1;
    if (count > limits.entries) throw new Unreadable(`The archive has more than ${limits.entries} entries.`);
    if (size > limits.file) throw new Unreadable(`A file in the archive is larger than ${mega(limits.file)}.`);
    if (type === 'L') long = textOf(body);
    else if (type === 'x') long = paxPath(body) || long;
    else if (type !== 'g') {
      const path = safePath(long || nameOf(header));
      long = '';
      if (type === '5') continue;
      if (type !== '0' && type !== '\0' && type !== '7')
        throw new Unreadable(`“${path}” in the archive is a link or a device, not a file.`);
      all += size;
      if (all > limits.all) throw new Unreadable(`The archive is too large: more than ${mega(limits.all)}.`);
      found.push({ path, bytes: Buffer.from(body) });
    }
  }
  return found;
};

const BLOCK = 512;

const mega = (bytes: number): string => `${bytes / 1_000_000} MB`;

const textOf = (bytes: Buffer): string => {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
};

const nameOf = (header: Buffer): string => {
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? textOf(header.subarray(345, 500)) : '';
  const name = textOf(header.subarray(0, 100));
  return prefix === '' ? name : `${prefix}/${name}`;
};

const sizeOf = (header: Buffer): number => {
  const text = header
    .toString('latin1', 124, 136)
    .replace(/[\0 ]+$/, '')
    .trim();
  if (!/^[0-7]{1,11}$/.test(text)) throw new Unreadable('A file in the archive has no size that can be true.');
  return Number.parseInt(text, 8);
};

/** The sum of a header's bytes, its own field counted as blanks. */
const checked = (header: Buffer): boolean => {
  const said = Number.parseInt(textOf(header.subarray(148, 156)).trim(), 8);
  let sum = 8 * 32;
  for (let index = 0; index < BLOCK; index++) if (index < 148 || index > 155) sum += header[index] ?? 0;
  return said === sum;
};

/** `<length> path=<value>\n` among the records of a pax header. */
const paxPath = (body: Buffer): string => /(?:^|\n)\d+ path=([^\n]*)\n/.exec(body.toString('utf8'))?.[1] ?? '';

const safePath = (path: string): string => {
  const parts = path
    .replace(/\/+$/, '')
    .split('/')
    .filter((part) => part !== '.' && part !== '');
  const bad =
    path.startsWith('/') ||
    /^[a-z]:/i.test(path) ||
    parts.includes('..') ||
    path.includes('\\') ||
    /[\p{Cc}]/u.test(path) ||
    path.length > 1000;
  if (bad) throw new Unreadable('A path in the archive leads out of it or is not one of a file.');
  return parts.join('/');
};
