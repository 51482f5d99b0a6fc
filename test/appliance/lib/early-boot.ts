import { type ChildProcess, spawn } from 'node:child_process';
import { builtImage } from './image.ts';

/** What the serial line says when the initramfs has found the root, and when it hands over to OpenRC. */
export const ROOT_FOUND = /greengate: root \/dev/;
export const HANDED_OVER = /OpenRC .* is starting/;

const machines = new Set<ChildProcess>();

/** Ends every machine that still runs. */
export function stopMachines(): void {
  for (const machine of machines) machine.kill('SIGKILL');
}

/**
 * Boots until the serial line shows `mark`, waits, and pulls the plug. Gives what the serial line said. `device` is how
 * the disk is connected.
 */
export function bootUntil(
  disk: string,
  mark: RegExp,
  wait = 0,
  device = ['virtio-blk-pci,drive=disk'],
): Promise<string> {
  const { vmlinuz, initramfs, append } = builtImage();
  const machine = [
    '-machine',
    'q35',
    '-nodefaults',
    '-display',
    'none',
    '-accel',
    'tcg,thread=multi,tb-size=256',
    '-cpu',
    'max',
    '-smp',
    '2',
    '-m',
    '512',
  ];
  const devices = device.flatMap((one) => ['-device', one]);
  const drive = ['-drive', `file=${disk},if=none,id=disk,format=raw`, ...devices, '-serial', 'stdio'];
  const boot = ['-kernel', vmlinuz, '-initrd', initramfs, '-append', `${append} loglevel=6`];
  const child = spawn('qemu-system-x86_64', [...machine, ...drive, ...boot], { stdio: ['ignore', 'pipe', 'pipe'] });
  machines.add(child);
  let heard = '';
  let waiting = false;
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => child.kill('SIGKILL'), 240_000);
    const hear = (chunk: Buffer) => {
      heard += chunk;
      if (waiting || !mark.test(heard)) return;
      waiting = true;
      setTimeout(() => child.kill('SIGKILL'), wait);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', () => {
      clearTimeout(limit);
      machines.delete(child);
      if (waiting) resolve(heard);
      else reject(new Error(`it never said ${mark}: ${heard.slice(-1500)}`));
    });
  });
}
