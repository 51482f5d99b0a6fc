import { realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { run } from '../image/run.ts';

/** A disk or one of its parts, as lsblk tells it; `size` in bytes. */
export type Block = {
  name: string;
  path: string;
  type: string;
  size: number;
  model: string | null;
  serial: string | null;
  tran: string | null;
  ro: boolean;
  fstype: string | null;
  label: string | null;
  mountpoints: (string | null)[];
  children?: Block[];
};

const COLUMNS = 'NAME,PATH,TYPE,SIZE,MODEL,SERIAL,TRAN,RO,FSTYPE,LABEL,MOUNTPOINTS';

/** Reads what a path is: a block device with its parts, or a plain file (for tests and virtual machines). Throws when it is neither. */
export async function lookAt(device: string): Promise<Block> {
  const found = await stat(device).catch(() => undefined);
  if (found === undefined) throw new Error(`${device} does not exist`);
  const path = await realpath(device);
  if (found.isFile()) return plainFile(path, found.size);
  if (!found.isBlockDevice()) throw new Error(`${device} is no disk`);
  const listed = JSON.parse(await run('lsblk', ['--json', '--bytes', '--output', COLUMNS, '--', path])) as {
    blockdevices: Block[];
  };
  const block = listed.blockdevices[0];
  if (block === undefined) throw new Error(`${device}: lsblk knows nothing of it`);
  return block;
}

/** The disks below the running system's root, by path: through LVM, RAID and encryption too. */
export async function systemDisks(): Promise<string[]> {
  const source = (await run('findmnt', ['--noheadings', '--output', 'SOURCE', '/']).catch(() => '')).trim();
  if (!source.startsWith('/dev/')) return [];
  const device = source.replace(/\[.*\]$/, '');
  const above = await run('lsblk', [
    '--noheadings',
    '--list',
    '--inverse',
    '--output',
    'PATH,TYPE',
    '--',
    device,
  ]).catch(() => '');
  const rows = above.split('\n').map((line) => line.trim().split(/\s+/));
  return rows.filter(([, type]) => type === 'disk').map(([path]) => path as string);
}

/** Why this disk must not be written, one sentence each; empty when it may. `size` is the image's, in bytes. */
export function reasonsAgainst(disk: Block, size: number, system: string[]): string[] {
  const reasons: string[] = [];
  if (disk.type === 'part') reasons.push(`${disk.path} is a partition: name the whole disk`);
  else if (!['disk', 'loop', 'file'].includes(disk.type)) reasons.push(`${disk.path} is no disk but ${disk.type}`);
  if (system.includes(disk.path)) reasons.push(`${disk.path} is the disk this system runs from`);
  if (disk.ro) reasons.push(`${disk.path} is read-only`);
  if (disk.size < size)
    reasons.push(`${disk.path} is too small: ${gigabytes(disk.size)}, the image needs ${gigabytes(size)}`);
  for (const part of parts(disk)) {
    for (const place of part.mountpoints) {
      if (place !== null)
        reasons.push(`${part.path} is in use: ${place === '[SWAP]' ? 'as swap' : `mounted at ${place}`}`);
    }
    if (part !== disk && part.type !== 'part')
      reasons.push(`${part.path} (${part.type}) uses this disk: stop it first`);
  }
  return reasons;
}

/** The disk and its parts for a person who must recognise it. */
export function describeDisk(disk: Block): string {
  const about = [disk.model?.trim(), disk.serial?.trim(), disk.tran].filter(Boolean).join(', ');
  const lines = [`${disk.path}  ${gigabytes(disk.size)}  ${about || disk.type}`];
  for (const part of parts(disk).slice(1)) {
    const content = [part.fstype, part.label && `“${part.label}”`].filter(Boolean).join(' ') || 'no file system seen';
    lines.push(`  ${basename(part.path)}  ${gigabytes(part.size)}  ${content}`);
  }
  if (lines.length === 1) lines.push('  no partitions');
  return lines.join('\n');
}

function parts(disk: Block): Block[] {
  return [disk, ...(disk.children ?? []).flatMap(parts)];
}

function plainFile(path: string, size: number): Block {
  const nothing = { model: null, serial: null, tran: null, fstype: null, label: null, mountpoints: [] };
  return { name: basename(path), path, type: 'file', size, ro: false, ...nothing };
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
