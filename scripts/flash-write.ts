import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { run } from '../image/run.ts';
import type { Block } from './flash-disk.ts';

const CHUNK = 4 * 1024 * 1024;

/** Hears how far it is: bytes done and in all, seconds since the phase began. */
export type Progress = (what: string, done: number, total: number, seconds: number) => void;

/**
 * Writes the image to the disk, makes the kernel forget what it remembers of the disk, reads it back and compares.
 * Gives the sha256 of what was written and read. Throws when the disk is in use, a write fails, or it differs.
 */
export async function writeAndVerify(image: string, disk: Block, progress: Progress): Promise<string> {
  const { size } = await stat(image);
  const written = await write(image, size, disk, progress);
  if (disk.type !== 'file') await run('blockdev', ['--flushbufs', disk.path]);
  const read = await hashOf(disk.path, size, (done, seconds) => progress('checking', done, size, seconds));
  if (read !== written) {
    throw new Error(`${disk.path} does not hold what was written: sha256 ${read}, expected ${written}. Do not use it.`);
  }
  if (disk.type !== 'file') await run('blockdev', ['--rereadpt', disk.path]).catch(() => {});
  return written;
}

async function write(image: string, size: number, disk: Block, progress: Progress): Promise<string> {
  // O_EXCL on a block device: the kernel itself refuses when anything has it mounted or claimed.
  const exclusive = disk.type === 'file' ? 0 : constants.O_EXCL;
  const from = await open(image, 'r');
  const to = await open(disk.path, constants.O_RDWR | exclusive).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      error.code === 'EBUSY' ? `${disk.path} is in use` : `${disk.path} cannot be written: ${error.message}`,
    );
  });
  try {
    await forgetOldTable(to, disk.size, size);
    const hash = createHash('sha256');
    const started = performance.now();
    for await (const { chunk, at } of chunksOf(from, size)) {
      hash.update(chunk);
      await writeAll(to, chunk, at);
      progress('writing', at + chunk.length, size, (performance.now() - started) / 1000);
    }
    await to.sync();
    return hash.digest('hex');
  } finally {
    await from.close();
    await to.close();
  }
}

/** A larger disk keeps an older system's backup partition table at its end, which partition programs would take up. */
async function forgetOldTable(to: FileHandle, diskSize: number, imageSize: number): Promise<void> {
  const tail = Math.min(1024 * 1024, diskSize - imageSize);
  if (tail > 0) await writeAll(to, Buffer.alloc(tail), diskSize - tail);
}

async function hashOf(path: string, size: number, heard: (done: number, seconds: number) => void): Promise<string> {
  const file = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    const started = performance.now();
    for await (const { chunk, at } of chunksOf(file, size)) {
      hash.update(chunk);
      heard(at + chunk.length, (performance.now() - started) / 1000);
    }
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}

async function* chunksOf(file: FileHandle, size: number): AsyncGenerator<{ chunk: Buffer; at: number }> {
  const buffer = Buffer.alloc(CHUNK);
  for (let at = 0; at < size; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK, size - at), at);
    if (bytesRead === 0) throw new Error(`it ends after ${at} of ${size} bytes`);
    yield { chunk: buffer.subarray(0, bytesRead), at };
    at += bytesRead;
  }
}

async function writeAll(to: FileHandle, chunk: Buffer, at: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await to.write(chunk, done, chunk.length - done, at + done);
    done += bytesWritten;
  }
}
