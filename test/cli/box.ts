import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Lab, readyLab } from '../agent/lab.ts';

const top = join(import.meta.dirname, '../..');

export type Said = { code: number | null; out: string; err: string };

export type Running = { said: () => Said; interrupt: () => Promise<Said> };

/** The command line as a process of its own, against a real agent on its sockets. */
export type CommandLine = {
  lab: Lab;
  /** Where the user stands. */
  folder: string;
  logs: string;
  run: (args: string[], input?: string) => Promise<Said>;
  start: (args: string[]) => Running;
};

/** A box whose set-up is finished, and a shell of root on it. */
export const commandLine = async (t: ExecutionContext, { block = false } = {}): Promise<CommandLine> => {
  const lab = await readyLab(t, { block });
  const folder = await mkdtemp(join(tmpdir(), 'greengate-cli-'));
  const logs = join(folder, 'log');
  mkdirSync(logs);
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const start = (args: string[], input = ''): Running & { end: Promise<Said> } => {
    const { INIT_CWD: _, ...env }: NodeJS.ProcessEnv = {
      ...process.env,
      GREENGATE_RUN: lab.run,
      GREENGATE_LOG: logs,
      TZ: 'UTC',
    };
    const child = spawn(process.execPath, ['--no-warnings', join(top, 'src/cli.ts'), ...args], { cwd: folder, env });
    const said: Said = { code: null, out: '', err: '' };
    child.stdout.on('data', (chunk) => (said.out += chunk));
    child.stderr.on('data', (chunk) => (said.err += chunk));
    child.stdin.end(input);
    const end = new Promise<Said>((resolve) => child.once('close', (code) => resolve({ ...said, code })));
    t.teardown(() => void child.kill('SIGKILL'));
    const interrupt = () => {
      child.kill('SIGINT');
      return end;
    };
    return { said: () => said, interrupt, end };
  };
  return { lab, folder, logs, run: (args, input) => start(args, input).end, start };
};
