import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { placesOnDisk } from '../image/disk.ts';

/** What the builder says about its newest image (`build/image/latest.json`). `key` names the contents. */
export type Image = { key: string; image: string; vmlinuz: string; initramfs: string; append: string };

/** The newest built image; throws when there is none. */
export const newestImage = (top: string): Image =>
  JSON.parse(readFileSync(join(top, 'build/image/latest.json'), 'utf8')) as Image;

/**
 * The disk that `make run` keeps in `folder`: a sparse copy of the image. When the image was built anew, everything but
 * the data partition is taken from it. `fresh` forgets the data too. Gives its path and whether data was kept.
 */
export const keptDisk = (folder: string, image: Image, fresh: boolean): { disk: string; kept: boolean } => {
  mkdirSync(folder, { recursive: true });
  const disk = join(folder, 'disk.img');
  const keyFile = join(folder, 'disk.key');
  const half = `${disk}.new`;
  if (fresh) rmSync(disk, { force: true });
  const kept = existsSync(disk);
  if (kept && existsSync(keyFile) && readFileSync(keyFile, 'utf8') === image.key) return { disk, kept };
  // However large the disk was made meanwhile, its data stays whole: the box grows the partition to the end before it is used.
  program('cp', ['--sparse=always', kept ? disk : image.image, half]);
  if (kept) {
    const end = dataStart();
    program('fallocate', ['--punch-hole', '--length', String(end), half]);
    const blocks = ['bs=1M', `count=${end / MIB}`, 'conv=notrunc,sparse', 'status=none'];
    program('dd', [`if=${image.image}`, `of=${half}`, ...blocks]);
  }
  rmSync(keyFile, { force: true });
  renameSync(half, disk);
  writeFileSync(keyFile, image.key);
  return { disk, kept };
};

const MIB = 1024 * 1024;

const dataStart = (): number => {
  const place = placesOnDisk().at['greengate-data'];
  if (place === undefined) throw new Error('The image has no data partition.');
  return place.start;
};

const program = (name: string, args: string[]): void => {
  const { status, error, stderr } = spawnSync(name, args, { stdio: ['ignore', 'inherit', 'pipe'], encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
};
