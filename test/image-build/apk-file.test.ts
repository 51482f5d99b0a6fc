import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import {
  extractPackage,
  gzipMembers,
  keysOf,
  readIndex,
  readPackage,
  verifySignature,
} from '../../image/bases/apk-file.ts';
import { makeIndex, makePackage, makeSigner, record, threePackages } from './lib/apk-fixture.ts';

const signer = makeSigner();
const keys = keysOf({ [signer.id]: signer.pem });
const [, base, squid] = threePackages() as [
  never,
  ReturnType<typeof threePackages>[0],
  ReturnType<typeof threePackages>[0],
];

test('a package tells its name, and the checksum that an index pins', (t) => {
  const file = makePackage(squid, signer);
  const found = readPackage(file, keys);
  t.is(found.info.pkgname, 'fx-squid');
  t.is(found.info.pkgver, '7.6-r0');
  t.true(record(squid, file).includes(`C:${found.checksum}\n`));
  t.deepEqual(
    found.entries.map(({ name }) => name).filter((name) => name.startsWith('etc')),
    ['etc/squid/', 'etc/squid/squid.conf', 'etc/init.d/squid'],
  );
});

test('gzip members are told apart although gunzip would join them', (t) => {
  const file = makePackage(base, signer);
  const members = gzipMembers(file);
  t.is(members.length, 3);
  t.true(Buffer.concat(members.map(({ raw }) => raw)).equals(file));
});

test('a package signed by a key that is not ours is refused', (t) => {
  const file = makePackage(base, makeSigner('stranger@example.org-1.rsa.pub'));
  t.throws(() => readPackage(file, keys), { message: /stranger@example.org-1.rsa.pub, which is not a key of ours/ });
});

test('a stranger’s signature under our key’s name is refused', (t) => {
  const file = makePackage(base, makeSigner(signer.id));
  t.throws(() => readPackage(file, keys), { message: /does not fit/ });
});

test('a package without a signature is refused', (t) => {
  const [, control, data] = gzipMembers(makePackage(base, signer));
  t.throws(() => verifySignature([control, data] as never, keys), { message: 'it is not signed' });
});

test('one changed byte in the control data or in the data is noticed', (t) => {
  const members = gzipMembers(makePackage(base, signer)).map(({ raw }) => Buffer.from(raw));
  for (const changed of [1, 2]) {
    const copy = members.map((one) => Buffer.from(one));
    // The time field of the gzip header: unpacking does not notice it.
    (copy[changed] as Buffer).writeUInt8(7, 4);
    t.throws(() => readPackage(Buffer.concat(copy), keys), { message: changed === 1 ? /signature/ : /datahash/ });
  }
  t.notThrows(() => readPackage(Buffer.concat(members), keys));
});

test('an index is read only under its signature', (t) => {
  const lines = [record(base, makePackage(base, signer)), record(squid, makePackage(squid, signer))];
  const index = makeIndex(lines, signer);
  t.deepEqual(
    readIndex(index, keys).map(({ P, V, D }) => [P, V, D]),
    [
      ['fx-base', '2.1-r3', '/bin/sh'],
      ['fx-squid', '7.6-r0', 'fx-base'],
    ],
  );
  t.throws(() => readIndex(makeIndex(lines, makeSigner(signer.id)), keys), { message: /does not fit/ });
});

test('files, links, modes and long names come out as they went in', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'apk-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  for (const one of threePackages()) extractPackage(readPackage(makePackage(one, signer), keys).entries, root);
  t.is(readlinkSync(join(root, 'bin/sh')), '/bin/busybox');
  t.is(statSync(join(root, 'tmp')).mode & 0o7777, 0o1777);
  t.is(statSync(join(root, 'etc/init.d/squid')).mode & 0o777, 0o755);
  t.is(readFileSync(join(root, `usr/share/fx/${'long-directory-name/'.repeat(8)}file`), 'utf8'), 'deep');
});

test('a package cannot write outside the root, by name or through a link', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'apk-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  const evil = (path: string) =>
    readPackage(makePackage({ name: 'e', version: '1', files: [{ path, content: 'x' }] }, signer)).entries;
  t.throws(() => extractPackage(evil('../out'), root), { message: /leads out of the root/ });
  symlinkSync(tmpdir(), join(root, 'way'));
  t.throws(() => extractPackage(evil('way/out'), root), { message: /leads out of the root/ });
});
