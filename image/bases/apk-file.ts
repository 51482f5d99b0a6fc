import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { readTar, type TarEntry } from './tar.ts';

/** Public keys by id, which is the key's file name. */
export type Keys = Map<string, KeyObject>;

/** One gzip member of a file: its own bytes, and what they unpack to. */
export type Member = { raw: Buffer; plain: Buffer };

/** Makes `Keys` of PEM texts by file name. */
export function keysOf(pems: Record<string, string | Buffer>): Keys {
  return new Map(Object.entries(pems).map(([name, pem]) => [name, createPublicKey(pem)]));
}

/**
 * Splits a file into its gzip members. zlib's own gunzip would join them, and what a signature covers is one member's
 * bytes. Throws on anything that is not gzip.
 */
export function gzipMembers(file: Buffer): Member[] {
  const members: Member[] = [];
  for (let at = 0; at < file.length; ) {
    const start = at + headerLength(file, at);
    const { buffer, engine } = inflateRawSync(file.subarray(start), { info: true }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    const end = start + engine.bytesWritten + 8;
    if (end > file.length) throw new Error('a gzip member is cut short');
    members.push({ raw: file.subarray(at, end), plain: buffer });
    at = end;
  }
  return members;
}

/**
 * Checks the signature that a file (index or package) starts with, over the bytes of its second member, and gives the
 * id of the key. Throws when there is no signature, none by a key of ours, or none that fits.
 */
export function verifySignature(members: Member[], keys: Keys): string {
  const [signature, signed] = members;
  if (signature === undefined || signed === undefined) throw new Error('it is not signed');
  const algorithms: Record<string, string> = { RSA: 'sha1', RSA256: 'sha256', RSA512: 'sha512' };
  const tried: string[] = [];
  for (const entry of readTar(signature.plain)) {
    const match = /^\.SIGN\.(RSA|RSA256|RSA512)\.(.+)$/.exec(entry.name);
    const [, algorithm, id] = match ?? [];
    if (algorithm === undefined || id === undefined) continue;
    const key = keys.get(id);
    tried.push(id);
    if (key === undefined) continue;
    if (verify(algorithms[algorithm] as string, signed.raw, key, entry.data)) return id;
    throw new Error(`the signature by ${id} does not fit`);
  }
  throw new Error(
    tried.length === 0 ? 'it is not signed' : `it is signed by ${tried.join(', ')}, which is not a key of ours`,
  );
}

/** A package as its own control data tells it. `checksum` is what an index pins: `Q1` and the base64 SHA-1 of the control member. */
export type Package = { info: Record<string, string>; checksum: string; entries: TarEntry[] };

/**
 * Reads a package and checks its data against its control member's `datahash`. With `keys` its signature is checked
 * too. Throws when something does not fit.
 */
export function readPackage(file: Buffer, keys?: Keys): Package {
  const members = gzipMembers(file);
  if (keys !== undefined) verifySignature(members, keys);
  const [control, data] = members.slice(-2);
  if (control === undefined || data === undefined) throw new Error('it is no package: control or data is missing');
  const pkginfo = readTar(control.plain).find(({ name }) => name === '.PKGINFO');
  if (pkginfo === undefined) throw new Error('it is no package: .PKGINFO is missing');
  const info = Object.fromEntries(
    [...pkginfo.data.toString().matchAll(/^(\w+) = (.*)$/gm)].map((match) => [match[1], match[2]]),
  );
  const found = createHash('sha256').update(data.raw).digest('hex');
  if (info.datahash !== found) throw new Error('its data does not fit its datahash');
  const checksum = `Q1${createHash('sha1').update(control.raw).digest('base64')}`;
  return { info, checksum, entries: readTar(data.plain) };
}

/** One record of an index: its one-letter fields. `P` name, `V` version, `C` checksum, `D` depends, `L` licence. */
export type IndexRecord = Record<string, string>;

/** Reads a repository's index after checking its signature. Throws when it does not fit. */
export function readIndex(file: Buffer, keys: Keys): IndexRecord[] {
  const members = gzipMembers(file);
  verifySignature(members, keys);
  const index = readTar((members[1] as Member).plain).find(({ name }) => name === 'APKINDEX');
  if (index === undefined) throw new Error('APKINDEX is missing');
  const records = index.data
    .toString()
    .split('\n\n')
    .filter((block) => block.trim() !== '');
  return records.map((block) =>
    Object.fromEntries([...block.matchAll(/^(\w):(.*)$/gm)].map((match) => [match[1], match[2]])),
  );
}

/** Writes a package's files below `root`. Never outside it: names and links that leave it throw. Owners are the caller's. */
export function extractPackage(entries: TarEntry[], root: string): void {
  const home = realpathSync(root);
  for (const { name, type, link, data, mode } of entries) {
    const inside = normalize(name);
    if (inside.startsWith('..') || inside.startsWith('/')) throw new Error(`${name} leads out of the root`);
    const path = join(root, inside);
    if (type === 'directory') {
      mkdirSync(path, { recursive: true });
      chmodSync(path, mode & 0o7777);
      continue;
    }
    mkdirSync(dirname(path), { recursive: true });
    if (!`${realpathSync(dirname(path))}/`.startsWith(`${home}/`)) throw new Error(`${name} leads out of the root`);
    rmSync(path, { force: true });
    if (type === 'symlink') symlinkSync(link, path);
    else if (type === 'link') linkSync(join(root, normalize(link).replace(/^(\.\.\/)+/, '')), path);
    else if (type === 'file') {
      writeFileSync(path, data);
      chmodSync(path, mode & 0o7777);
    }
  }
}

/** The length of a gzip header (RFC 1952): ten bytes, then what its flags announce. */
function headerLength(file: Buffer, at: number): number {
  if (file.readUInt16BE(at) !== 0x1f8b || file[at + 2] !== 8) throw new Error(`no gzip member at byte ${at}`);
  const flags = file[at + 3] as number;
  let end = at + 10;
  if (flags & 4) end += 2 + file.readUInt16LE(end);
  if (flags & 8) end = file.indexOf(0, end) + 1;
  if (flags & 16) end = file.indexOf(0, end) + 1;
  if (flags & 2) end += 2;
  return end - at;
}
