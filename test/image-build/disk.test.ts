import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { LAYOUT, makeDisk, placesOnDisk } from '../../image/disk.ts';

const MIB = 1024 * 1024;
const work = mkdtempSync(join(tmpdir(), 'disk-'));
test.after.always(() => rmSync(work, { recursive: true }));
const file = (name: string) => join(work, name);
const run = (program: string, ...args: string[]) =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

async function disk(name: string, squashfs = Buffer.alloc(3 * MIB, 'root')): Promise<string> {
  for (const [part, content] of Object.entries({
    squashfs,
    vmlinuz: Buffer.alloc(MIB, 'k'),
    initramfs: Buffer.alloc(MIB, 'i'),
  })) {
    writeFileSync(file(part), content);
  }
  const parts = { squashfs: file('squashfs'), vmlinuz: file('vmlinuz'), initramfs: file('initramfs') };
  await makeDisk({ ...parts, work, target: file(name), seed: 'test', date: 1_790_000_000 });
  return file(name);
}

test.serial('the disk has the agreed partitions, in order, with room for what comes', async (t) => {
  const image = await disk('one.img');
  run('sfdisk', '--verify', image);
  const table = JSON.parse(run('sfdisk', '--json', image)).partitiontable as {
    label: string;
    partitions: { name: string; start: number; size: number }[];
  };
  t.is(table.label, 'gpt');
  t.deepEqual(
    table.partitions.map(({ name, size }) => [name, (size * 512) / MIB]),
    [
      ['greengate-bios', 1],
      ['greengate-boot', 256],
      ['greengate-root-a', 768],
      ['greengate-root-b', 768],
      ['greengate-data', 512],
    ],
  );
  for (const { name, start } of table.partitions) t.is(start * 512, placesOnDisk().at[name]?.start as number);
  t.is(LAYOUT.at(-1)?.name, 'greengate-data', 'data is last: it grows');
  t.true(statSync(image).blocks * 512 < 200 * MIB, 'the image is sparse');
});

test.serial('kernel and initramfs of slot a, the menu and the UEFI program are on the boot partition', async (t) => {
  const image = await disk('two.img');
  const boot = `${image}@@${placesOnDisk().at['greengate-boot']?.start}`;
  for (const name of ['vmlinuz', 'initramfs']) {
    run('mcopy', '-n', '-o', '-i', boot, `::a/${name}`, file(`${name}.back`));
    t.true(readFileSync(file(`${name}.back`)).equals(readFileSync(file(name))));
  }
  t.regex(run('mtype', '-i', boot, '::grub/grub.cfg'), /menuentry "Greengate"/);
  run('mcopy', '-n', '-o', '-i', boot, '::EFI/BOOT/BOOTX64.EFI', file('efi.back'));
  t.is(readFileSync(file('efi.back')).toString('latin1', 0, 2), 'MZ');
});

test.serial('slot a holds the root, slot b nothing, data an empty clean file system', async (t) => {
  const image = await disk('three.img');
  const { at } = placesOnDisk();
  const bytes = (name: string, length: number) => {
    const out = execFileSync(
      'dd',
      [`if=${image}`, 'bs=1M', `skip=${(at[name]?.start as number) / MIB}`, `count=${length}`, 'status=none'],
      { maxBuffer: 64 * MIB },
    );
    return out;
  };
  t.true(bytes('greengate-root-a', 3).equals(Buffer.alloc(3 * MIB, 'root')));
  t.true(bytes('greengate-root-b', 3).equals(Buffer.alloc(3 * MIB)));
  const data = file('data.part');
  writeFileSync(data, '');
  run(
    'dd',
    `if=${image}`,
    `of=${data}`,
    'bs=1M',
    `skip=${(at['greengate-data']?.start as number) / MIB}`,
    'count=512',
    'conv=sparse',
    'status=none',
  );
  t.regex(run('e2fsck', '-fn', data), /greengate-data: 11\/\d+ files/);
});

test.serial('the same parts give the same bytes', async (t) => {
  const [first, second] = [await disk('four.img'), await disk('five.img')];
  // It skips the holes, which cmp would read.
  t.notThrows(() => run('qemu-img', 'compare', '-f', 'raw', '-F', 'raw', first, second));
});

test.serial('a root that does not fit its slot is refused', async (t) => {
  const big = file('big');
  writeFileSync(big, '');
  run('truncate', '-s', '769M', big);
  const parts = {
    vmlinuz: file('vmlinuz'),
    initramfs: file('initramfs'),
    work,
    target: file('six.img'),
    seed: 'x',
    date: 1,
  };
  await t.throwsAsync(makeDisk({ ...parts, squashfs: big }), { message: /does not fit its slot/ });
});
