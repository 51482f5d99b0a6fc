import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** A small repository in Alpine's formats, made at test time: signed index, signed packages. */

export type Signer = { id: string; key: KeyObject; pem: string };
export type FixtureFile = { path: string; content?: Buffer | string; link?: string; mode?: number };
export type FixturePackage = {
  name: string;
  version: string;
  files: FixtureFile[];
  depends?: string[];
  provides?: string[];
  scripts?: Record<string, string>;
};

/** A new key pair with the id that Alpine's file names have. */
export function makeSigner(id = 'fixture@example.org-00000001.rsa.pub'): Signer {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { id, key: privateKey, pem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

/** A package file: three gzip members, the first two without tar end blocks. */
export function makePackage(one: FixturePackage, signer: Signer): Buffer {
  const data = gzipSync(Buffer.concat([...one.files.flatMap(dataEntries), Buffer.alloc(1024)]));
  const info = [
    `pkgname = ${one.name}`,
    `pkgver = ${one.version}`,
    'pkgdesc = fixture',
    'arch = x86_64',
    'license = Apache-2.0',
    ...(one.depends ?? []).map((name) => `depend = ${name}`),
    ...(one.provides ?? []).map((name) => `provides = ${name}`),
    `datahash = ${createHash('sha256').update(data).digest('hex')}`,
  ];
  const scripts = Object.entries(one.scripts ?? {}).map(([name, text]) =>
    entry({ path: `.${name}`, content: text, mode: 0o755 }),
  );
  const control = gzipSync(Buffer.concat([entry({ path: '.PKGINFO', content: `${info.join('\n')}\n` }), ...scripts]));
  return Buffer.concat([signature(control, signer), control, data]);
}

/** Writes `<directory>/<repository>/x86_64/` with the packages and a signed index of them. */
export function writeRepository(
  directory: string,
  repository: string,
  packages: FixturePackage[],
  signer: Signer,
): void {
  const home = join(directory, repository, 'x86_64');
  mkdirSync(home, { recursive: true });
  const records = packages.map((one) => {
    const file = makePackage(one, signer);
    writeFileSync(join(home, `${one.name}-${one.version}.apk`), file);
    return record(one, file);
  });
  writeFileSync(join(home, 'APKINDEX.tar.gz'), makeIndex(records, signer));
}

/** A signed index of these records. */
export function makeIndex(records: string[], signer: Signer): Buffer {
  const text = records.map((one) => `${one}\n\n`).join('');
  const entries = [entry({ path: 'DESCRIPTION', content: 'fixture\n' }), entry({ path: 'APKINDEX', content: text })];
  const index = gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)]));
  return Buffer.concat([signature(index, signer), index]);
}

/** The index record of a package file. `k` is there so that apk chooses what `/bin/sh` means. */
export function record(one: FixturePackage, file: Buffer): string {
  const members = splitMembers(file);
  const checksum = createHash('sha1')
    .update(members[1] as Buffer)
    .digest('base64');
  const lines = [
    `C:Q1${checksum}`,
    `P:${one.name}`,
    `V:${one.version}`,
    'A:x86_64',
    `S:${file.length}`,
    'I:1',
    'T:fixture',
    'U:x',
    'L:Apache-2.0',
  ];
  if (one.depends?.length) lines.push(`D:${one.depends.join(' ')}`);
  if (one.provides?.length) lines.push(`p:${one.provides.join(' ')}`, 'k:1');
  return lines.join('\n');
}

/** The fixture of three packages: a shell, a base, a daemon with an install script. */
export function threePackages(): FixturePackage[] {
  return [
    {
      name: 'fx-busybox',
      version: '1.0-r0',
      provides: ['/bin/sh', 'cmd:sh=1.0-r0'],
      files: [
        ...['bin', 'sbin', 'usr', 'usr/bin', 'usr/sbin'].map((path) => ({ path: `${path}/` })),
        { path: 'bin/busybox', content: readFileSync('/bin/busybox'), mode: 0o755 },
        { path: 'bin/sh', link: '/bin/busybox' },
      ],
    },
    {
      name: 'fx-base',
      version: '2.1-r3',
      depends: ['/bin/sh'],
      files: [
        { path: 'etc/' },
        { path: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\n' },
        { path: 'etc/group', content: 'root:x:0:\n' },
        { path: 'tmp/', mode: 0o1777 },
      ],
    },
    {
      name: 'fx-squid',
      version: '7.6-r0',
      depends: ['fx-base'],
      files: [
        { path: 'etc/squid/' },
        { path: 'etc/squid/squid.conf', content: 'http_port 800\n' },
        { path: `usr/share/fx/${'long-directory-name/'.repeat(8)}file`, content: 'deep' },
        { path: 'etc/init.d/squid', content: '#!/sbin/openrc-run\n', mode: 0o755 },
      ],
      scripts: { 'pre-install': '#!/bin/sh\nadduser -S squid 2>/dev/null\nexit 0\n' },
    },
  ];
}

function signature(signed: Buffer, signer: Signer): Buffer {
  return gzipSync(entry({ path: `.SIGN.RSA.${signer.id}`, content: sign('sha1', signed, signer.key) }));
}

/** A file's entry with the checksum that apk 3 insists on, in a PAX header. */
function dataEntries(file: FixtureFile): Buffer[] {
  if (file.path.endsWith('/')) return [entry(file)];
  const sum = createHash('sha1')
    .update(file.content ?? file.link ?? '')
    .digest('hex');
  const pax = [paxRecord('APK-TOOLS.checksum.SHA1', sum)];
  if (file.path.length > 100) pax.push(paxRecord('path', file.path));
  return [entry({ path: 'pax', content: pax.join('') }, 'x'), entry({ ...file, path: file.path.slice(-100) })];
}

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}

/** A ustar header and its padded content. */
function entry(file: FixtureFile, flag?: string): Buffer {
  const content = Buffer.from(file.content ?? '');
  const type = flag ?? (file.link !== undefined ? '2' : file.path.endsWith('/') ? '5' : '0');
  const header = Buffer.alloc(512);
  header.write(file.path, 0, 100);
  header.write((file.mode ?? (type === '5' ? 0o755 : 0o644)).toString(8).padStart(7, '0'), 100);
  header.write('0000000', 108);
  header.write('0000000', 116);
  header.write(content.length.toString(8).padStart(11, '0'), 124);
  header.write('00000000000', 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(file.link ?? '', 157, 100);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

/** Finds the members by their gzip magic: good enough for what this file itself has written. */
function splitMembers(file: Buffer): Buffer[] {
  const magic = Buffer.from([0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00]);
  const starts: number[] = [];
  for (let at = file.indexOf(magic); at >= 0; at = file.indexOf(magic, at + 1)) starts.push(at);
  return starts.map((start, index) => file.subarray(start, starts[index + 1] ?? file.length));
}
