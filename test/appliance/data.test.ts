import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { placesOnDisk } from '../../image/disk.ts';
import { bootUntil, HANDED_OVER, ROOT_FOUND, stopMachines } from './lib/early-boot.ts';
import { builtImage } from './lib/image.ts';
import { run } from './lib/process.ts';

/**
 * What the initramfs does for the data partition, on disks of 4 GiB. The machine is watched on its serial line up to
 * the moment when OpenRC takes over, its power is pulled there, and the disk is looked at from outside.
 */
const MIB = 1024 * 1024;
const DATA = placesOnDisk().at['greengate-data'] as { start: number; size: number };
const work = mkdtempSync(join(tmpdir(), 'data-'));
test.after.always(() => {
  stopMachines();
  rmSync(work, { recursive: true });
});

function newDisk(name: string): string {
  const disk = join(work, name);
  run(['cp', '--sparse=always', builtImage().image, disk], { seconds: 60 });
  truncateSync(disk, 4096 * MIB);
  return disk;
}

/** Size of partition and of its file system in MiB, and whether that file system is clean after its journal. */
function dataOf(disk: string): { partition: number; files: number } {
  const table = JSON.parse(run(['sfdisk', '--json', disk])).partitiontable as {
    partitions: { name: string; size: number }[];
  };
  const partition = table.partitions.find(({ name }) => name === 'greengate-data');
  const inside = `${disk}.data`;
  run(['dd', `if=${disk}`, `of=${inside}`, 'bs=1M', `skip=${DATA.start / MIB}`, 'conv=sparse', 'status=none'], {
    seconds: 60,
  });
  run(['sh', '-c', 'e2fsck -fp "$1" || [ $? = 1 ]', 'sh', inside]);
  const blocks = /^Block count: +(\d+)$/m.exec(run(['dumpe2fs', '-h', inside]))?.[1];
  return { partition: ((partition?.size ?? 0) * 512) / MIB, files: (Number(blocks) * 4096) / MIB };
}

/** 4096 MiB less what lies before the data partition. */
const GROWN = 4096 - DATA.start / MIB - 2;

test.serial('data grows to the end of the disk, also when power fails in the middle of it', async (t) => {
  const disk = newDisk('grow.img');
  for (const wait of [300, 1200]) await bootUntil(disk, ROOT_FOUND, wait);
  const heard = await bootUntil(disk, HANDED_OVER);
  t.notRegex(heard, /greengate: data:/, 'nothing went wrong');
  run(['sfdisk', '--verify', disk]);
  const { partition, files } = dataOf(disk);
  t.true(partition > GROWN, `partition of ${partition} MiB`);
  t.true(files > GROWN - 1, `file system of ${files} MiB`);
});

test.serial('a file system that did not grow with its partition grows at the next boot', async (t) => {
  const disk = newDisk('half.img');
  run(['sfdisk', '--quiet', '--relocate', 'gpt-bak-std', disk]);
  run(['sfdisk', '--quiet', '-N', '5', disk], { input: ', +\n' });
  t.is(dataOf(disk).files, 512);
  await bootUntil(disk, HANDED_OVER);
  t.true(dataOf(disk).files > GROWN - 1);
});

test.serial('a damaged superblock is repaired and said', async (t) => {
  const disk = newDisk('hurt.img');
  run([
    'dd',
    'if=/dev/zero',
    `of=${disk}`,
    'bs=1k',
    `seek=${DATA.start / 1024 + 1}`,
    'count=1',
    'conv=notrunc',
    'status=none',
  ]);
  const heard = await bootUntil(disk, HANDED_OVER);
  t.regex(heard, /data: the data partition was damaged and has been repaired/);
  t.true(dataOf(disk).files > GROWN - 1);
});

test.serial('a destroyed data partition is left as it is: memory stands in for it, and that is said', async (t) => {
  const disk = newDisk('gone.img');
  run(['fallocate', '-p', '-o', String(DATA.start), '-l', String(DATA.size), disk]);
  const heard = await bootUntil(disk, HANDED_OVER);
  t.regex(heard, /data: the data partition is damaged; changes are lost at power-off/);
  t.throws(() => dataOf(disk), { message: /superblock|magic/i });
});
