import {
  closeSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { placesOnDisk } from '../../image/disk.ts';
import { type Image, keptDisk } from '../../scripts/run-disk.ts';

const MIB = 1024 * 1024;
const { total, at } = placesOnDisk();
const data = at['greengate-data'] as { start: number; size: number };

const put = (path: string, position: number, text: string): void => {
  const file = openSync(path, 'r+');
  writeSync(file, text, position);
  closeSync(file);
};

const get = (path: string, position: number, length: number): string => {
  const [file, bytes] = [openSync(path, 'r'), Buffer.alloc(length)];
  readSync(file, bytes, 0, length, position);
  closeSync(file);
  return bytes.toString('latin1');
};

test('a rebuild replaces the system and keeps all data, also of a disk that was made larger', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'run-disk-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const build = (key: string): Image => {
    const image = join(folder, `${key}.img`);
    writeFileSync(image, '');
    truncateSync(image, total);
    put(image, MIB, `system ${key}`);
    put(image, data.start, 'empty');
    return { key, image, vmlinuz: '', initramfs: '', append: '' };
  };
  const run = join(folder, 'run');
  const first = keptDisk(run, build('one'), false);
  t.false(first.kept);
  t.is(get(first.disk, MIB, 10), 'system one');
  truncateSync(first.disk, total + 1024 * MIB);
  put(first.disk, data.start, 'owner');
  put(first.disk, total + 1000 * MIB, 'far behind');
  t.true(keptDisk(run, build('two'), false).kept);
  t.is(get(first.disk, MIB, 10), 'system two');
  t.is(get(first.disk, data.start, 5), 'owner');
  t.is(get(first.disk, total + 1000 * MIB, 10), 'far behind');
  t.true(statSync(first.disk).blocks * 512 < 64 * MIB, 'it stays sparse');
  t.false(keptDisk(run, build('two'), true).kept);
  t.is(get(first.disk, data.start, 5), 'empty');
});
