import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

const SECTOR = 512;
const COMMON = [
  'part_gpt',
  'fat',
  'normal',
  'linux',
  'configfile',
  'test',
  'echo',
  'serial',
  'terminal',
  'loadenv',
  'search',
  'reboot',
  'halt',
  'minicmd',
  'ls',
];

/**
 * The kernel's command line, without the slot. The serial console comes last: it is `/dev/console` where it exists.
 * The kernel's tests of its own ciphers take most of a second where the processor is emulated.
 */
export const KERNEL_ARGUMENTS =
  'console=tty0 console=ttyS0,115200n8 quiet loglevel=3 panic=10 random.trust_cpu=on cryptomgr.notests';

/** GRUB's menu: slot a, and slot b when it holds a kernel. Shown for a second, on screen and serial line. */
export function grubConfiguration(): string {
  const entry = (slot: string, title: string) =>
    `menuentry "${title}" --id ${slot} {\n\tlinux /${slot}/vmlinuz greengate.slot=${slot} ${KERNEL_ARGUMENTS}\n\tinitrd /${slot}/initramfs\n}\n`;
  return [
    'if serial --unit=0 --speed=115200; then\n\tterminal_input console serial\n\tterminal_output console serial\nfi\n',
    'set default=a\nset timeout=1\n',
    'if [ -f /grub/grubenv ]; then\n\tload_env -f /grub/grubenv slot\n\tif [ -n "$slot" ]; then set default=$slot; fi\nfi\n',
    entry('a', 'Greengate'),
    `if [ -f /b/vmlinuz ]; then\n${entry('b', 'Greengate (slot b)')}fi\n`,
  ].join('');
}

/** Makes GRUB for UEFI's removable path, as one file. */
export async function makeEfiGrub(target: string): Promise<void> {
  const modules = [...COMMON, 'all_video', 'efi_gop', 'efi_uga', 'video'];
  await run('grub-mkimage', ['-O', 'x86_64-efi', '-o', target, '-p', '/grub', ...modules]);
}

/**
 * Writes GRUB for BIOS into the image: the first stage into the MBR's code, the core into the BIOS boot partition that
 * starts at `firstSector`. Done by hand, as grub-bios-setup would want a loop device: the offsets are those of GRUB 2's
 * boot.S (0x5c: first sector of the core, 0x66: drive check) and diskboot.S (the block list at the end of its sector).
 */
export async function installBiosGrub(
  image: string,
  firstSector: number,
  sectors: number,
  work: string,
): Promise<void> {
  const core = join(work, 'core.img');
  await run('grub-mkimage', ['-O', 'i386-pc', '-o', core, '-p', '(,gpt2)/grub', 'biosdisk', 'vga', ...COMMON]);
  const stage = biosStages(await readFile('/usr/lib/grub/i386-pc/boot.img'), await readFile(core), firstSector);
  await rm(core);
  if (stage.core.length > sectors * SECTOR)
    throw new Error(`GRUB's core (${stage.core.length} bytes) does not fit its partition`);
  const file = await open(image, 'r+');
  try {
    // The MBR from byte 440 on holds the disk's id and the protective partition table.
    await file.write(stage.boot, 0, 440, 0);
    await file.write(stage.core, 0, stage.core.length, firstSector * SECTOR);
  } finally {
    await file.close();
  }
}

/** GRUB's two BIOS stages, told where the core lies. `boot.img` and `core.img` as grub-mkimage and the package give them. */
export function biosStages(bootImage: Buffer, coreImage: Buffer, firstSector: number): { boot: Buffer; core: Buffer } {
  const boot = Buffer.from(bootImage);
  boot.writeBigUInt64LE(BigInt(firstSector), 0x5c);
  // Two no-ops instead of a jump: some BIOSes hand over a wrong drive number.
  boot.writeUInt16LE(0x9090, 0x66);
  const length = Math.ceil(coreImage.length / SECTOR);
  const core = Buffer.concat([coreImage, Buffer.alloc(length * SECTOR - coreImage.length)]);
  core.writeBigUInt64LE(BigInt(firstSector + 1), SECTOR - 12);
  core.writeUInt16LE(length - 1, SECTOR - 4);
  core.writeUInt16LE(0x820, SECTOR - 2);
  return { boot, core };
}

/** Writes GRUB's menu to a file. */
export async function writeGrubConfiguration(path: string): Promise<void> {
  await writeFile(path, grubConfiguration());
}
