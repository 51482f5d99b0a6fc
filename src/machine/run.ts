import { ExecaError, execa } from 'execa';

export type RunOptions = { input?: string; timeoutSeconds?: number };

/**
 * Runs a program with an argument array, never a shell, and returns its stdout. Found on a fixed path, since
 * `node_modules/.bin` holds an unrelated `nft`. Throws `RunError` on a non-zero exit or when the time is over.
 */
export const run = async (program: string, args: string[], options: RunOptions = {}): Promise<string> => {
  try {
    const { stdout } = await execa(program, args, {
      env: { PATH: searchPath(), LC_ALL: 'C', ...ownEnvironment() },
      extendEnv: false,
      input: options.input ?? '',
      timeout: (options.timeoutSeconds ?? 60) * 1000,
      maxBuffer: 256 * 1024 * 1024,
      stripFinalNewline: false,
    });
    return stdout;
  } catch (error) {
    throw error instanceof ExecaError ? new RunError(error) : error;
  }
};

/** Runs a program and says whether it ended with 0. */
export const succeeds = async (program: string, args: string[], options: RunOptions = {}): Promise<boolean> => {
  try {
    await run(program, args, options);
    return true;
  } catch (error) {
    if (error instanceof RunError) return false;
    throw error;
  }
};

/** A program that failed: its command line, exit code (null when killed or not found) and what it said. */
export class RunError extends Error {
  override readonly name = 'RunError';
  readonly exitCode: number | null;
  readonly stderr: string;

  constructor(cause: ExecaError) {
    const stderr = typeof cause.stderr === 'string' ? cause.stderr : '';
    super([cause.shortMessage, stderr.trim().slice(0, 2000)].filter(Boolean).join(': '));
    this.exitCode = cause.exitCode ?? null;
    this.stderr = stderr;
  }
}

/** `GREENGATE_TOOLS`: a folder with programs that a lab has and its machine has not. */
const searchPath = (): string => [process.env.GREENGATE_TOOLS ?? [], SYSTEM_PATH].flat().join(':');

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Where the box's folders are: nothing else of our environment reaches a program. */
const ownEnvironment = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) =>
      key.startsWith('GREENGATE_') && value !== undefined ? [[key, value]] : [],
    ),
  );
