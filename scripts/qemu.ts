import { spawn } from 'node:child_process';
import { createServer } from 'node:net';

/**
 * How QEMU can run here: KVM when a real start with it works (`/dev/kvm` may exist and still not), else emulation. The
 * size of the translation buffer keeps QEMU's own memory within bounds.
 */
export const accelerator = async (): Promise<{ kvm: boolean; args: string[] }> =>
  (await kvmStarts())
    ? { kvm: true, args: ['-accel', 'kvm', '-cpu', 'host'] }
    : { kvm: false, args: ['-accel', 'tcg,thread=multi,tb-size=256', '-cpu', 'max'] };

/** The size of machine that the box must do with, and no device that is not asked for. */
export const smallMachine = (model: 'pc' | 'q35'): string[] => [
  ...['-machine', model, '-smp', '2', '-m', '512'],
  ...['-nodefaults', '-display', 'none'],
];

/** Starts an image's kernel without a boot loader. */
export const directKernel = (image: { vmlinuz: string; initramfs: string; append: string }): string[] => [
  ...['-kernel', image.vmlinuz, '-initrd', image.initramfs, '-append', image.append],
];

/** A TCP port on 127.0.0.1 that nobody listens on: the first free of `wanted`, else any. */
export const freePort = async (wanted: number[]): Promise<number> => {
  for (const port of [...wanted, 0]) {
    const found = await listenOnce(port);
    if (found !== null) return found;
  }
  throw new Error('No free TCP port on 127.0.0.1.');
};

/** Lets an empty machine run for a moment and asks it to end. */
const kvmStarts = (): Promise<boolean> =>
  new Promise((done) => {
    const args = ['-accel', 'kvm', '-cpu', 'host', '-m', '16', '-nodefaults', '-display', 'none', '-monitor', 'stdio'];
    const child = spawn('qemu-system-x86_64', args, { stdio: ['pipe', 'ignore', 'ignore'] });
    const quit = setTimeout(() => child.stdin.write('quit\n'), 700);
    const limit = setTimeout(() => child.kill('SIGKILL'), 5000);
    child.stdin.on('error', () => {});
    child.once('error', () => done(false));
    child.once('exit', (code) => {
      clearTimeout(quit);
      clearTimeout(limit);
      done(code === 0);
    });
  });

const listenOnce = (port: number): Promise<number | null> =>
  new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(null));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const found = typeof address === 'object' && address !== null ? address.port : null;
      server.close(() => done(found));
    });
  });
