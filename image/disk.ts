import { createHash } from 'node:crypto';
import { rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installBiosGrub, makeEfiGrub, writeGrubConfiguration } from './grub.ts';
import { run } from './run.ts';

const MIB = 1024 * 1024;
const TYPES = {
  bios: '21686148-6449-6E6F-744E-656564454649',
  esp: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B',
  linux: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
};

/** The partitions in order, sizes in MiB. Updating will rely on this layout: it must not change. Data is last and grows. */
export const LAYOUT = [
  { name: 'greengate-bios', size: 1, type: TYPES.bios },
  { name: 'greengate-boot', size: 256, type: TYPES.esp },
  { name: 'greengate-root-a', size: 768, type: TYPES.linux },
  { name: 'greengate-root-b', size: 768, type: TYPES.linux },
  { name: 'greengate-data', size: 512, type: TYPES.linux },
];

/** Where each partition lies, in bytes; the first starts at 1 MiB, and 1 MiB at the end holds the backup table. */
export function placesOnDisk(): { total: number; at: Record<string, { start: number; size: number }> } {
  let start = MIB;
  const at: Record<string, { start: number; size: number }> = {};
  for (const { name, size } of LAYOUT) {
    at[name] = { start, size: size * MIB };
    start += size * MIB;
  }
  return { total: start + MIB, at };
}

export type DiskParts = {
  squashfs: string;
  vmlinuz: string;
  initramfs: string;
  work: string;
  target: string;
  seed: string;
  /** Seconds since 1970; the times in the file systems. */
  date: number;
};

/** Writes a bootable sparse disk image (GPT, BIOS and UEFI), slot a filled. Needs neither root nor loop devices. */
export async function makeDisk(parts: DiskParts): Promise<void> {
  const { target } = parts;
  const { total, at } = placesOnDisk();
  await rm(target, { force: true });
  await writeFile(target, '');
  await truncate(target, total);
  await run('sfdisk', ['--quiet', '--no-reread', '--no-tell-kernel', target], { input: partitionScript(parts.seed) });
  const place = (name: string) => at[`greengate-${name}`] as { start: number; size: number };
  await makeBoot(parts, place('boot'));
  const root = place('root-a');
  if ((await stat(parts.squashfs)).size > root.size) throw new Error('the root does not fit its slot');
  await copyInto(parts.squashfs, target, root.start);
  const data = place('data');
  const features = `offset=${data.start},root_owner=0:0,hash_seed=${uuid(parts.seed, 'hash')}`;
  const names = ['-L', 'greengate-data', '-U', uuid(parts.seed, 'data'), '-E', features];
  const env = { E2FSPROGS_FAKE_TIME: String(parts.date) };
  await run('mke2fs', ['-q', '-F', '-t', 'ext4', ...names, target, `${data.size / MIB}M`], { env });
  await installBiosGrub(target, place('bios').start / 512, place('bios').size / 512, parts.work);
}

function partitionScript(seed: string): string {
  const { at } = placesOnDisk();
  const lines = LAYOUT.map(({ name, type }) => {
    const place = at[name] as { start: number; size: number };
    return `start=${place.start / 512}, size=${place.size / 512}, type=${type}, uuid=${uuid(seed, name)}, name=${name}`;
  });
  return ['label: gpt', `label-id: ${uuid(seed, 'disk')}`, 'unit: sectors', ...lines, ''].join('\n');
}

async function makeBoot(parts: DiskParts, place: { start: number; size: number }): Promise<void> {
  const { target, work } = parts;
  const id = createHash('sha256').update(parts.seed).digest('hex').slice(0, 8);
  // A file of its own: what mkfs.vfat makes with --offset has no room in its root directory (dosfstools 4.2).
  const disk = join(work, 'boot.vfat');
  await rm(disk, { force: true });
  await writeFile(disk, '');
  await truncate(disk, place.size);
  await run('mkfs.vfat', ['-F', '32', '-n', 'GREENGATE', '-i', id, '--invariant', disk]);
  await makeEfiGrub(join(work, 'bootx64.efi'));
  await writeGrubConfiguration(join(work, 'grub.cfg'));
  const env = { MTOOLS_SKIP_CHECK: '1', SOURCE_DATE_EPOCH: String(parts.date) };
  await run('mmd', ['-i', disk, '::a', '::b', '::grub', '::EFI', '::EFI/BOOT'], { env });
  const files: [string, string][] = [
    [parts.vmlinuz, '::a/vmlinuz'],
    [parts.initramfs, '::a/initramfs'],
    [join(work, 'grub.cfg'), '::grub/grub.cfg'],
    [join(work, 'bootx64.efi'), '::EFI/BOOT/BOOTX64.EFI'],
  ];
  for (const [from, to] of files) await run('mcopy', ['-i', disk, from, to], { env });
  await copyInto(disk, target, place.start);
  await rm(disk);
}

async function copyInto(file: string, image: string, start: number): Promise<void> {
  await run('dd', [`if=${file}`, `of=${image}`, 'bs=1M', `seek=${start / MIB}`, 'conv=notrunc,sparse', 'status=none']);
}

/** A UUID that follows from the image's own hash: two builds of the same image are the same bytes. */
function uuid(seed: string, what: string): string {
  const hex = createHash('sha256').update(`${seed} ${what}`).digest('hex');
  const variant = ((Number.parseInt(hex[16] as string, 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
