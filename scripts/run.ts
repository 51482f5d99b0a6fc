import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accelerator, directKernel, freePort, smallMachine } from './qemu.ts';
import { type Image, keptDisk, newestImage } from './run-disk.ts';

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(top, 'build/run');
const log = join(folder, 'console.log');

process.exitCode = await main();

async function main(): Promise<number> {
  const built = await child(process.execPath, [join(top, 'image/build.ts')]);
  if (built !== 0) return built;
  const image = newestImage(top);
  const { disk, kept } = keptDisk(folder, image, process.argv.includes('fresh'));
  const port = await freePort([4445, 4446, 4447]);
  const { kvm, args } = await accelerator();
  rmSync(log, { force: true });
  const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  process.stdout.write(box({ port, kept, kvm, terminal }));
  const code = await child('qemu-system-x86_64', [...args, ...machine(image, disk, port, kvm), ...console_(terminal)]);
  process.stdout.write(`\nThe box is off. Its state is kept in build/run; FRESH=1 make run forgets it.\n`);
  return code;
}

function machine(image: Image, disk: string, port: number, kvm: boolean): string[] {
  return [
    ...['-name', 'greengate', ...smallMachine('pc'), '-vga', 'std'],
    ...['-drive', `file=${disk},if=virtio,format=raw`, '-device', 'virtio-rng-pci'],
    // GREEN holds nobody but the forwarded port: nothing that QEMU offers there leads outside.
    ...['-netdev', `user,id=green,net=192.168.51.0/24,restrict=on,hostfwd=tcp:127.0.0.1:${port}-192.168.51.254:445`],
    ...['-device', 'virtio-net-pci,netdev=green,mac=52:54:00:51:00:01'],
    ...['-netdev', 'user,id=red,ipv6=off', '-device', 'virtio-net-pci,netdev=red,mac=52:54:00:09:00:01'],
    // Emulated, GRUB takes as long as the kernel.
    ...(kvm ? [] : directKernel(image)),
  ];
}

/** The serial line is the console menu: in the terminal, when there is one. Ctrl-C goes to the box; Ctrl-A X ends QEMU. */
function console_(terminal: boolean): string[] {
  return terminal
    ? ['-chardev', `stdio,id=console,mux=on,signal=off,logfile=${log}`, '-serial', 'chardev:console', '-mon', 'console']
    : ['-serial', `file:${log}`, '-monitor', 'none'];
}

type Shown = { port: number; kept: boolean; kvm: boolean; terminal: boolean };

function box({ port, kept, kvm, terminal }: Shown): string {
  const lines = [
    `Greengate   https://127.0.0.1:${port}/   (ready in about ${kvm ? 'ten seconds' : 'a minute: no KVM here'})`,
    kept
      ? 'Log in      as before; FRESH=1 make run starts anew'
      : `Log in      with the set-up code that the console shows${terminal ? ' below' : ''}`,
    `Stop        ${terminal ? 'menu item 8, or Ctrl-A then X' : `Ctrl-C, or kill ${process.pid}`}`,
    ...(terminal ? [] : [`Console     ${log}`]),
  ];
  const width = Math.max(...lines.map((line) => line.length));
  const edge = `+${'-'.repeat(width + 2)}+`;
  return ['', edge, ...lines.map((line) => `| ${line.padEnd(width)} |`), edge, '', ''].join('\n');
}

/** Runs a program to its end and gives its exit code. Being told to stop, it is told too. */
function child(program: string, args: string[]): Promise<number> {
  return new Promise((done, fail) => {
    const running = spawn(program, args, { stdio: 'inherit' });
    const pass = (signal: NodeJS.Signals) => running.kill(signal);
    process
      .on('SIGTERM', pass)
      .on('SIGHUP', pass)
      .on('SIGINT', () => {});
    running.once('error', fail);
    running.once('exit', (code) => {
      process.removeAllListeners('SIGTERM').removeAllListeners('SIGHUP').removeAllListeners('SIGINT');
      done(code ?? 1);
    });
  });
}
