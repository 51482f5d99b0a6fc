import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { accelerator, directKernel, smallMachine } from '../scripts/qemu.ts';
import type { Built } from './deliver.ts';
import { run } from './run.ts';

/** What the console shows when the box has come up, and what a kernel says that has not. */
const UP = '== Greengate ==';
const DOWN = /Kernel panic|the machine restarts in/;

/**
 * Boots an image in QEMU on a copy-on-write disk until its console menu stands on the serial line. Gives the seconds
 * it took; throws with the last lines of the serial line when it does not come up within `limit` seconds.
 */
export async function bootOnce(built: Built, work: string, limit: number): Promise<number> {
  const disk = join(work, 'boot-once.qcow2');
  await rm(disk, { force: true });
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', built.image, disk]);
  const { args } = await accelerator();
  const card = (name: string) => [
    ...['-netdev', `user,id=${name},restrict=on`],
    ...['-device', `virtio-net-pci,netdev=${name},romfile=`],
  ];
  const machine = [...smallMachine('q35'), ...args, '-no-reboot'];
  const boot = directKernel(built);
  const drive = ['-drive', `file=${disk},if=virtio,format=qcow2,cache=unsafe`, '-serial', 'stdio'];
  const child = spawn('qemu-system-x86_64', [...machine, ...drive, ...card('a'), ...card('b'), ...boot], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    return await cameUp(child, limit);
  } finally {
    child.kill('SIGKILL');
    await rm(disk, { force: true });
  }
}

function cameUp(child: ReturnType<typeof spawn>, limit: number): Promise<number> {
  const started = performance.now();
  let heard = '';
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${why}; the serial line ended with: ${heard.slice(-400).trim()}`));
    const timer = setTimeout(() => fail(`it did not come up within ${limit} s`), limit * 1000);
    const hear = (chunk: Buffer) => {
      heard += chunk.toString();
      if (heard.includes(UP)) {
        clearTimeout(timer);
        resolve(Math.round((performance.now() - started) / 1000));
      } else if (DOWN.test(heard)) {
        clearTimeout(timer);
        fail('it stopped');
      }
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', (error) => fail(error.message));
    child.once('exit', () => fail('QEMU ended'));
  });
}
