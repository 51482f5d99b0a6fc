import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { sleep } from './process.ts';

/** QEMU's control socket. */
export type Qmp = {
  /** A command of QEMU's monitor for people (`savevm x`); throws with what it complains about. */
  monitor(line: string, seconds?: number): Promise<string>;
  execute(command: string, args?: object, seconds?: number): Promise<unknown>;
  close(): void;
};

/** Connects and greets. */
export async function openQmp(path: string): Promise<Qmp> {
  const socket = await reach(path);
  const waiting: ((answer: Reply) => void)[] = [];
  createInterface({ input: socket }).on('line', (line) => {
    const reply = JSON.parse(line) as Reply;
    if ('return' in reply || 'error' in reply) waiting.shift()?.(reply);
  });
  const execute = (command: string, args: object = {}, seconds = 30) =>
    new Promise<unknown>((done, fail) => {
      const limit = setTimeout(() => fail(new Error(`QEMU does not answer ${command}.`)), seconds * 1000);
      waiting.push((reply) => {
        clearTimeout(limit);
        if (reply.error !== undefined) fail(new Error(`QEMU: ${command}: ${reply.error.desc}`));
        else done(reply.return);
      });
      socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    });
  await execute('qmp_capabilities');
  return {
    execute,
    async monitor(line, seconds = 60) {
      const said = String(await execute('human-monitor-command', { 'command-line': line }, seconds));
      if (/^error|^could not|not found/im.test(said)) throw new Error(`QEMU: ${line}: ${said}`);
      return said;
    },
    close: () => socket.destroy(),
  };
}

type Reply = { return?: unknown; error?: { desc: string } };

async function reach(path: string): Promise<Socket> {
  for (let tries = 0; tries < 100; tries++) {
    const socket = await new Promise<Socket | null>((done) => {
      const attempt = connect(path, () => done(attempt));
      attempt.once('error', () => done(null));
    });
    if (socket !== null) {
      socket.on('error', () => {});
      return socket;
    }
    await sleep(100);
  }
  throw new Error(`QEMU's control socket ${path} does not open.`);
}
