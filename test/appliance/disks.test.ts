import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { bootUntil, stopMachines } from './lib/early-boot.ts';
import { builtImage } from './lib/image.ts';
import { run } from './lib/process.ts';

/** The root is found however its disk is connected. */
const work = mkdtempSync(join(tmpdir(), 'disks-'));
test.after.always(() => {
  stopMachines();
  rmSync(work, { recursive: true });
});

const kinds: [string, string[], string][] = [
  ['AHCI', ['ahci,id=ahci', 'ide-hd,bus=ahci.0,drive=disk'], 'sda'],
  ['NVMe', ['nvme,drive=disk,serial=1'], 'nvme0n1p'],
  ['USB', ['qemu-xhci', 'usb-storage,drive=disk'], 'sda'],
  ['memory card', ['sdhci-pci', 'sd-card,drive=disk'], 'mmcblk0p'],
  ['virtio SCSI', ['virtio-scsi-pci', 'scsi-hd,drive=disk'], 'sda'],
];
for (const [kind, device, name] of kinds) {
  test.serial(`a disk at ${kind}`, async (t) => {
    const disk = join(work, 'disk.img');
    run(['cp', '--sparse=always', builtImage().image, disk], { seconds: 60 });
    // QEMU's memory cards have a size that is a power of two.
    truncateSync(disk, 4096 * 1024 * 1024);
    // To the end of the line: the console comes in pieces.
    const heard = await bootUntil(disk, /greengate: root \/dev\/\w+\s/, 0, device);
    t.regex(heard, new RegExp(`greengate: root /dev/${name}3`));
  });
}
