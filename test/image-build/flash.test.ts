import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type Block, describeDisk, lookAt, reasonsAgainst } from '../../scripts/flash-disk.ts';
import { writeAndVerify } from '../../scripts/flash-write.ts';

const MIB = 1024 * 1024;
const flash = join(import.meta.dirname, '../../scripts/flash.ts');

function scene(t: ExecutionContext, diskSize = 24 * MIB): { image: string; disk: string } {
  const directory = mkdtempSync(join(tmpdir(), 'flash-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const image = join(directory, 'image.img');
  const content = Buffer.alloc(9 * MIB + 512);
  for (let at = 0; at < content.length; at += 4) content.writeUInt32LE((at * 2654435761) % 2 ** 32, at);
  writeFileSync(image, content);
  const disk = join(directory, 'disk.raw');
  writeFileSync(disk, Buffer.alloc(diskSize, 0xee));
  return { image, disk };
}

function flashTo(device: string, image: string, answer?: string, typed = '') {
  const { FLASH_YES: _, ...rest } = process.env;
  const env = { ...rest, IMAGE: image, ...(answer === undefined ? {} : { FLASH_YES: answer }) };
  return spawnSync(process.execPath, ['--no-warnings', flash, device], { env, input: typed, encoding: 'utf8' });
}

test('the disk holds the image, and the old table at its end is gone', (t) => {
  const { image, disk } = scene(t);
  const done = flashTo(disk, image, basename(disk));
  t.is(done.status, 0, done.stderr);
  t.regex(done.stdout, /disk\.raw {2}0\.0 GB/);
  t.regex(done.stdout, /writing 100 %/);
  t.regex(done.stdout, /checking 100 %/);
  const written = readFileSync(disk);
  t.true(written.subarray(0, 9 * MIB + 512).equals(readFileSync(image)));
  t.true(written.subarray(-MIB).every((byte) => byte === 0));
  t.is(written[12 * MIB], 0xee, 'between the image and the end nothing is touched');
});

test('a typed name is asked for; another one writes nothing', (t) => {
  const { image, disk } = scene(t);
  for (const typed of ['yes\n', '\n', '']) {
    const refused = flashTo(disk, image, undefined, typed);
    t.is(refused.status, 1);
    t.regex(refused.stderr, /nothing was written/);
    t.is(readFileSync(disk)[0], 0xee);
  }
  t.is(flashTo(disk, image, undefined, 'disk.raw\n').status, 0);
  t.not(readFileSync(disk)[4], 0xee);
});

test('FLASH_YES for another disk does not count', (t) => {
  const { image, disk } = scene(t);
  t.is(flashTo(disk, image, 'sda').status, 1);
  t.is(readFileSync(disk)[0], 0xee);
});

test('a disk that is too small is refused before anything is written', (t) => {
  const { image, disk } = scene(t, 4 * MIB);
  const refused = flashTo(disk, image, 'disk.raw');
  t.is(refused.status, 1);
  t.regex(refused.stderr, /too small/);
  t.is(readFileSync(disk)[0], 0xee);
});

test('what is read back differently is an error', async (t) => {
  const { image, disk } = scene(t);
  const fail = writeAndVerify(image, await lookAt(disk), (what, done, total) => {
    if (what !== 'writing' || done !== total) return;
    // The medium loses a byte after it was written.
    const file = openSync(disk, 'r+');
    writeSync(file, Buffer.from([(readFileSync(image)[5 * MIB + 1] as number) ^ 1]), 0, 1, 5 * MIB + 1);
    closeSync(file);
  });
  await t.throwsAsync(fail, { message: /does not hold what was written/ });
});

test('the running system’s disk, mounted disks, partitions and used parts are refused, each with its reason', (t) => {
  const block = (name: string, more: Partial<Block> = {}): Block => ({
    name,
    path: `/dev/${name}`,
    type: 'disk',
    size: 8e9,
    model: 'Stick',
    serial: '1',
    tran: 'usb',
    ro: false,
    fstype: null,
    label: null,
    mountpoints: [null],
    ...more,
  });
  const part = (name: string, more: Partial<Block> = {}) =>
    block(name, { type: 'part', model: null, serial: null, tran: null, ...more });
  t.deepEqual(reasonsAgainst(block('sda', { children: [part('sda1')] }), 2e9, ['/dev/sdb']), []);
  const cases: [Block, RegExp][] = [
    [block('sdb'), /the disk this system runs from/],
    [block('sda', { children: [part('sda1', { mountpoints: ['/mnt'] })] }), /sda1 is in use: mounted at \/mnt/],
    [block('sda', { children: [part('sda2', { mountpoints: ['[SWAP]'] })] }), /sda2 is in use: as swap/],
    [
      block('sda', { children: [part('sda1', { children: [block('vg-root', { type: 'lvm' })] })] }),
      /vg-root \(lvm\) uses this disk/,
    ],
    [part('sda1'), /is a partition/],
    [block('sr0', { type: 'rom' }), /is no disk but rom/],
    [block('sda', { ro: true }), /read-only/],
    [block('sda', { size: 1e9 }), /too small: 1.0 GB, the image needs 2.0 GB/],
  ];
  for (const [disk, expected] of cases) t.regex(reasonsAgainst(disk, 2e9, ['/dev/sdb']).join('\n'), expected);
  t.is(
    describeDisk(block('sda', { children: [part('sda1', { fstype: 'ext4', label: 'photos' })] })),
    '/dev/sda  8.0 GB  Stick, 1, usb\n  sda1  8.0 GB  ext4 “photos”',
  );
});

const loops = spawnSync('losetup', ['-f'], { encoding: 'utf8' });
const withLoop = process.getuid?.() === 0 && loops.status === 0 ? test : test.skip;
withLoop('a real block device: refused while mounted, written when free (needs root and a loop device)', async (t) => {
  const { image, disk } = scene(t);
  truncateSync(disk, 32 * MIB);
  execFileSync('mke2fs', ['-q', '-F', disk]);
  const loop = execFileSync('losetup', ['-f', '--show', disk], { encoding: 'utf8' }).trim();
  const place = mkdtempSync(join(tmpdir(), 'mount-'));
  let mounted = false;
  t.teardown(() => {
    if (mounted) execFileSync('umount', [place]);
    execFileSync('losetup', ['-d', loop]);
    rmSync(place, { recursive: true });
  });
  execFileSync('mount', [loop, place]);
  mounted = true;
  const refused = flashTo(loop, image, basename(loop));
  t.is(refused.status, 1);
  t.true(refused.stderr.includes(`mounted at ${place}`));
  execFileSync('umount', [place]);
  mounted = false;
  await free(loop);
  const done = flashTo(loop, image, basename(loop));
  t.is(done.status, 0, done.stderr);
  t.true(
    readFileSync(disk)
      .subarray(0, 9 * MIB)
      .equals(readFileSync(image).subarray(0, 9 * MIB)),
  );
});

/** Waits until nobody holds a device: a test beside this one may have taken all mounts into a namespace of its own. */
async function free(device: string): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    try {
      return closeSync(openSync(device, constants.O_RDWR | constants.O_EXCL));
    } catch {
      await setTimeout(100);
    }
  }
}
