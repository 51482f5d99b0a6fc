import { spawn } from 'node:child_process';

/** A program the builder started and that failed: `message` names the program and carries the end of its stderr. */
export class ProgramError extends Error {
  readonly exitCode: number;
  constructor(program: string, exitCode: number, stderr: string) {
    super(`${program} failed with exit code ${exitCode}: ${stderr.trim().slice(-1500) || '(it said nothing)'}`);
    this.name = 'ProgramError';
    this.exitCode = exitCode;
  }
}

export type RunOptions = {
  cwd?: string;
  env?: Record<string, string>;
  /** Text given to the program's standard input; without it the input is empty. */
  input?: string | Buffer;
  /** Exit codes besides 0 that mean success. */
  accept?: number[];
};

/** Runs a program and gives its standard output as bytes; a non-zero exit throws `ProgramError`. No shell is involved. */
export function runBytes(program: string, args: string[], options: RunOptions = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', (error) => reject(new ProgramError(program, 127, error.message)));
    child.on('close', (code) => {
      const exitCode = code ?? 128;
      if (exitCode === 0 || options.accept?.includes(exitCode)) resolve(Buffer.concat(out));
      else
        reject(
          new ProgramError(program, exitCode, `${Buffer.concat(out).toString().slice(-800)}\n${Buffer.concat(err)}`),
        );
    });
    if (options.input !== undefined) {
      child.stdin?.on('error', () => {});
      child.stdin?.end(options.input);
    }
  });
}

/** As `runBytes`, with the output as text. */
export async function run(program: string, args: string[], options: RunOptions = {}): Promise<string> {
  return (await runBytes(program, args, options)).toString();
}

/** Runs `from | to`; fails when either side fails. Each side is a program and its arguments. */
export function pipe(from: [string, ...string[]], to: [string, ...string[]], cwd?: string): Promise<void> {
  const [producer, ...producerArgs] = from;
  const [consumer, ...consumerArgs] = to;
  const left = spawn(producer, producerArgs, { stdio: ['ignore', 'pipe', 'pipe'], ...(cwd ? { cwd } : {}) });
  const right = spawn(consumer, consumerArgs, { stdio: ['pipe', 'ignore', 'pipe'], ...(cwd ? { cwd } : {}) });
  right.stdin.on('error', () => {});
  left.stdout.pipe(right.stdin);
  return Promise.all([ended(producer, left), ended(consumer, right)]).then(() => {});
}

/** True when a program of this name can be started from PATH. */
export async function hasProgram(name: string): Promise<boolean> {
  return run('sh', ['-c', 'command -v "$1"', 'sh', name]).then(
    () => true,
    () => false,
  );
}

/** Runs `work` on each item, `width` at a time, and gives the results in the items' order. */
export async function inParallel<T, R>(items: T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as T);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}

function ended(name: string, child: ReturnType<typeof spawn>): Promise<void> {
  return new Promise((resolve, reject) => {
    let err = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      err += chunk;
    });
    child.on('error', (error) => reject(new ProgramError(name, 127, error.message)));
    child.on('close', (code) => (code === 0 ? resolve() : reject(new ProgramError(name, code ?? 128, err))));
  });
}
