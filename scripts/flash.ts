import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { describeDisk, lookAt, reasonsAgainst, systemDisks } from './flash-disk.ts';
import { type Progress, writeAndVerify } from './flash-write.ts';

/**
 * `flash.ts DEVICE`: writes the newest image (or `IMAGE=path`) to a disk. Names the disk, refuses one in use, asks for
 * its name (`FLASH_YES=<name>` answers for a script), writes, reads back. Exit code 0 only when the disk holds the image.
 */
process.exitCode = await main(process.argv[2]);

async function main(device: string | undefined): Promise<number> {
  if (device === undefined || device === '') return refuse('name the disk: make flash DEV=/dev/sdX');
  const image = process.env.IMAGE ?? newestImage();
  if (image === undefined) return refuse('there is no image yet: make image');
  const size = (await stat(image)).size;
  const target = await lookAt(device).catch((error: Error) => error);
  if (target instanceof Error) return refuse(target.message);
  say(describeDisk(target));
  const against = reasonsAgainst(target, size, await systemDisks());
  if (against.length > 0) return refuse(against.join('\n'));
  say(`\nEverything on it will be erased. ${basename(image)} (${(size / 1e6).toFixed(0)} MB) will be written.`);
  if (!(await agreed(target.path))) return refuse('nothing was written');
  try {
    const sha256 = await writeAndVerify(image, target, progressLines());
    say(`done: ${target.path} holds the image, read back and compared (sha256 ${sha256})`);
    return 0;
  } catch (error) {
    return refuse((error as Error).message);
  }
}

async function agreed(path: string): Promise<boolean> {
  const name = basename(path);
  const given = process.env.FLASH_YES;
  if (given !== undefined) return given === name || given === path;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const typed = await Promise.race([
    lines.question(`Type ${name} to erase it, anything else to stop: `),
    new Promise<string>((resolve) => lines.once('close', () => resolve(''))),
  ]);
  lines.close();
  return typed.trim() === name || typed.trim() === path;
}

function newestImage(): string | undefined {
  const top = dirname(dirname(fileURLToPath(import.meta.url)));
  try {
    return (JSON.parse(readFileSync(join(top, 'build/image/latest.json'), 'utf8')) as { image: string }).image;
  } catch {
    return undefined;
  }
}

/** On a terminal one line that changes; elsewhere a line for each tenth. */
function progressLines(): Progress {
  let shown = '';
  return (what, done, total, seconds) => {
    const percent = Math.floor((done / total) * 100);
    const speed = seconds > 0 ? (done / 1e6 / seconds).toFixed(0) : '–';
    const line = `${what} ${String(percent).padStart(3)} %  ${(done / 1e6).toFixed(0)} of ${(total / 1e6).toFixed(0)} MB  ${speed} MB/s`;
    const tenth = `${what} ${Math.floor(percent / 10)}`;
    if (process.stdout.isTTY) process.stdout.write(`\r${line}\u001b[K${done === total ? '\n' : ''}`);
    else if (tenth !== shown) say(line);
    shown = tenth;
  };
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function refuse(reason: string): number {
  process.stderr.write(`flash: ${reason}\n`);
  return 1;
}
