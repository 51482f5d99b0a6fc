import { readFileSync } from 'node:fs';
import test from 'ava';
import { biosStages, grubConfiguration } from '../../image/grub.ts';

const boot = readFileSync('/usr/lib/grub/i386-pc/boot.img');
const diskboot = readFileSync('/usr/lib/grub/i386-pc/diskboot.img');

test('the fields patched in GRUB’s first stages are where this GRUB has them', (t) => {
  t.is(boot.length, 512);
  t.is(boot.readBigUInt64LE(0x5c), 1n, 'GRUB ships the kernel sector as 1');
  t.is(boot.readUInt8(0x64), 0xff, 'the boot drive stands just before the drive check');
  t.is(boot.readUInt8(0x66), 0xeb, 'the drive check is a short jump');
  t.is(diskboot.readUInt16LE(510), 0x820, 'GRUB ships the segment of the block list');
});

test('the first stage finds the core, the core finds the rest of itself', (t) => {
  const image = Buffer.concat([diskboot, Buffer.alloc(1300, 0x55)]);
  const stages = biosStages(boot, image, 2048);
  t.is(stages.boot.readBigUInt64LE(0x5c), 2048n);
  t.is(stages.boot.readUInt16LE(0x66), 0x9090);
  t.is(stages.core.length, 4 * 512, 'padded to sectors');
  t.is(stages.core.readBigUInt64LE(500), 2049n);
  t.is(stages.core.readUInt16LE(508), 3);
  t.is(stages.core.readUInt16LE(510), 0x820);
  t.true(stages.core.subarray(512, 512 + 1300).equals(image.subarray(512)));
});

test('the menu boots each slot with its own kernel and says which', (t) => {
  const text = grubConfiguration();
  for (const slot of ['a', 'b']) {
    t.regex(text, new RegExp(`linux /${slot}/vmlinuz greengate\\.slot=${slot} .*console=ttyS0`));
    t.regex(text, new RegExp(`initrd /${slot}/initramfs`));
  }
  t.true(text.indexOf('if [ -f /b/vmlinuz ]') < text.indexOf('/b/vmlinuz greengate'), 'slot b only when it is filled');
});
