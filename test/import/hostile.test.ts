import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import fc from 'fast-check';
import { importFiles } from '../../src/import/import.ts';
import { readOld, readUpload } from '../../src/import-read/read.ts';
import { limits, Unreadable } from '../../src/import-read/tar.ts';
import { defaultPolicy } from '../../src/policy/defaults.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { bot, ipcop, week } from './lib/bot.ts';
import { tar } from './lib/tar.ts';

const base = defaultPolicy();

test('an archive, packed or not, and a folder give the same files, wherever they stand in it', async (t) => {
  const wanted = {
    'a/var/ipcop/fwrules/config': bot({ remark: 'Straße' }),
    'a/var/ipcop/fwrules/settings': 'CON_STATE=on\n',
  };
  const plain = tar({ ...wanted, 'a/var/ipcop/fwrules/readme.bin': Buffer.from([0, 1]) });
  const expected = { files: wanted, skipped: ['a/var/ipcop/fwrules/readme.bin'] };
  const shown = (found: { files: object; skipped: string[] }) => ({
    files: { ...found.files },
    skipped: found.skipped,
  });
  t.deepEqual(shown(readUpload('x.tar', plain)), expected);
  t.deepEqual(shown(readUpload('x.tgz', gzipSync(plain))), expected);
  const folder = mkdtempSync(join(tmpdir(), 'greengate-old-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'a/var/ipcop/fwrules'), { recursive: true });
  for (const [path, text] of Object.entries(wanted)) writeFileSync(join(folder, path), text);
  symlinkSync('/etc/passwd', join(folder, 'customnetworks'));
  t.deepEqual(shown(await readOld(folder)), { files: wanted, skipped: [] }, 'a link is not followed');
  writeFileSync(join(folder, 'old.tar'), plain);
  t.deepEqual(shown(await readOld(join(folder, 'old.tar'))), expected);
  await t.throwsAsync(readOld(join(folder, 'none')), { instanceOf: Unreadable, message: /There is no/ });
});

test('Latin 1 is read as such, UTF-8 too', (t) => {
  const latin = readUpload('config', Buffer.from(bot({ remark: 'Büro' }), 'latin1'));
  t.is(importFiles(latin.files, { base }).policy.rules[0]?.remark, 'Büro');
  const utf8 = readUpload('config', Buffer.from(bot({ remark: 'Büro' }), 'utf8'));
  t.is(importFiles(utf8.files, { base }).policy.rules[0]?.remark, 'Büro');
});

const config = { config: 'x' };
const refused: [string, Buffer, RegExp][] = [
  ['a path that leads out', tar({ '../config': 'x' }), /leads out/],
  ['a path that leads out by way of a folder', tar({ 'a/../../config': 'x' }), /leads out/],
  ['an absolute path', tar({ '/etc/config': 'x' }), /leads out/],
  ['a path of Windows', tar({ 'c:\\config': 'x' }), /leads out/],
  ['a symbolic link', tar(config, { type: '2' }), /link or a device/],
  ['a hard link', tar(config, { type: '1' }), /link or a device/],
  ['a device', tar(config, { type: '3' }), /link or a device/],
  ['a pipe', tar(config, { type: '6' }), /link or a device/],
  ['a file that says it is longer', tar(config, { size: 9999 }), /cut off/],
  ['a file of a negative or huge size', tar(config, { size: 8 ** 11 - 1 }), /cut off/],
  ['a large file', tar({ config: Buffer.alloc(limits.file + 1, 'a') }), /larger than 4 MB/],
  [
    'too much in all',
    tar(Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [`${name}/config`, Buffer.alloc(3_500_000, 'a')]))),
    /larger than 16 MB|too large/,
  ],
  [
    'too many entries',
    tar(Object.fromEntries(Array.from({ length: 1001 }, (_, index) => [`${index}/x`, '']))),
    /more than 1000 entries/,
  ],
  ['a file twice', Buffer.concat([tar(config).subarray(0, 1024), tar(config)]), /twice/],
  ['binary', tar({ config: Buffer.from([65, 0, 66]) }), /not a text file/],
  ['a gzip bomb', gzipSync(Buffer.alloc(200_000_000)), /too large/],
  ['damaged gzip', Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]), /damaged/],
  ['nothing of a firewall', tar({ 'etc/passwd': 'x' }), /Nothing of an old firewall/],
  ['a picture', Buffer.from([0xff, 0xd8, 0xff, 0xe0]), /neither an archive/],
];

for (const [what, bytes, message] of refused)
  test(`refused: ${what}`, (t) => {
    t.throws(() => readUpload('upload', bytes), { instanceOf: Unreadable, message });
  });

test('names like those of Object’s own fields are names', (t) => {
  const files = {
    config: [
      bot({ srcType: 'custSrcAdr', src: '__proto__' }),
      bot({ serviceType: 'custom', service: 'constructor' }),
    ].join('\n'),
    customnetworks: 'toString,ip,10.0.0.1,,1',
  };
  const { policy, report } = importFiles(files, { base });
  t.deepEqual(
    report.map(({ outcome }) => outcome),
    ['imported disabled', 'imported disabled', 'imported'],
  );
  t.true(parsePolicy(policy).ok);
});

const word = fc.constantFrom(
  'RULE',
  'TIME',
  'FORWARD',
  'INPUT',
  'PORTFW',
  'GROUP',
  'SERVICE',
  'ADDRESS',
  'on',
  'off',
  '-',
  '',
  'Green',
  'Any',
  'ip',
  'mac',
  '10.0.0.0',
  '255.0.255.0',
  'tcp',
  '99999',
  'custSrcAdr',
  '<b>',
  '"',
  '\u202e',
  'x'.repeat(300),
  '__proto__',
  'weekDays',
  'ADMIN_MAC=zz',
  '#',
);
const line = fc.oneof(
  fc.string({ maxLength: 40, unit: 'binary' }),
  fc.array(word, { maxLength: 34 }).map((words) => words.join(',')),
  fc
    .record({
      src: word,
      service: word,
      limit: word,
      action: word,
      srcPort: word,
      remark: word,
      frame: fc.constantFrom('on', 'off'),
    })
    .map((parts) => bot({ srcType: 'textSrcAdrip', serviceType: 'default', limitFor: 'both', ...parts })),
  fc
    .tuple(fc.constantFrom('OUTGOING', 'PORTFW', 'INPUT', 'EXTERNAL'), word)
    .map(([chain, src]) => ipcop(chain, { srcType: 'custSrcAdr', src })),
  fc.nat(3).map((index) => week(index, '0111110', '22:00', '06:00')),
  fc.constant('y'.repeat(20_000)),
);
const name = fc.constantFrom(
  'config',
  'settings',
  'customservices',
  'customnetworks',
  'custominterfaces',
  'serviceGroups',
  'addressGroups',
  'policy',
  'wireless',
  'else',
  'portfw/config',
  'old/config',
  '__proto__',
);

test('whatever stands in the files: every line is in the report once, in order, and the policy is one', (t) => {
  fc.assert(
    fc.property(
      fc.dictionary(name, fc.array(line, { maxLength: 12 })),
      fc.constantFrom('replace' as const, 'below' as const),
      (lines, mode) => {
        const files = Object.fromEntries(
          Object.entries(lines).map(([path, all]) => [path, all.map((one) => one.replaceAll('\n', ' ')).join('\n')]),
        );
        const { policy, report } = importFiles(files, { base, mode });
        t.true(parsePolicy(policy).ok);
        const expected = Object.entries(files).flatMap(([file, text]) => {
          const all = text.split('\n');
          return (text.endsWith('\n') || text === '' ? all.slice(0, -1) : all).map((one, index) => ({
            file,
            line: index + 1,
            one: one.replace(/\r$/, ''),
          }));
        });
        t.deepEqual(
          report.map(({ file, line: number }) => ({ file, line: number })),
          expected.map(({ file, line: number }) => ({ file, line: number })),
        );
        report.forEach(({ text, outcome, why }, index) => {
          const { one = '' } = expected[index] ?? {};
          t.true(text.length <= 200 && (text === one || (one.length > 200 && text === `${one.slice(0, 199)}…`)));
          if (outcome === 'ignored') t.true(one.trim() === '' || one.trim().startsWith('#'));
          if (outcome !== 'imported') t.not(why, '', one);
        });
      },
    ),
    { numRuns: 300 },
  );
});
