import { spawnSync } from 'node:child_process';

/** How a program ended: its exit code (128 and more by a signal or the time limit) and all it said. */
export type Ended = { code: number; said: string };

/** Runs a program to its end, at most 60 s. */
export const end = (argv: string[], options: { env?: Record<string, string>; input?: string } = {}): Ended => {
  const [program = '', ...rest] = argv;
  const { status, stdout, stderr, error } = spawnSync(program, rest, {
    input: options.input ?? '',
    encoding: 'utf8',
    timeout: 60_000,
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  if (error !== undefined && status === null) throw error;
  return { code: status ?? 128, said: `${stdout}${stderr}` };
};
