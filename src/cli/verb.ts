import { parseArgs } from 'node:util';
import type { Agent } from '../agent/client.ts';
import type { Problem } from '../policy/problem.ts';

/** Everything outside the command line's own code. `cwd` is where the user stands; `now` seconds since the epoch. */
export type Io = {
  out: (text: string) => void;
  err: (text: string) => void;
  stdin: () => Promise<string>;
  cwd: string;
  now: () => number;
  /** The agent on this box, as root. */
  agent: Agent;
  /** Folder of the box's logs. */
  logs: string;
  /** Ends `--follow`. */
  signal: AbortSignal;
};

/** One verb. `usage` is its line in the help, the words after `greengate`; a verb without `text` is not shown. */
export type Verb = { usage: string; text?: string; run: (args: string[], io: Io) => Promise<number> };

/** What a command ends with: done, refused with problems, or not understood. */
export const DONE = 0;
export const REFUSED = 1;
export const USAGE = 2;

/** The command was not understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** It was understood, and cannot be done: `problems` say why, one line each. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly problems: Problem[];

  constructor(message: string, problems: Problem[] = []) {
    super(message);
    this.problems = problems;
  }
}

type Flags = Record<string, { type: 'boolean' | 'string'; short?: string }>;
type Values<F extends Flags> = { [K in keyof F]?: F[K]['type'] extends 'string' ? string : boolean };

/** Reads the words after a verb: flags, and between `least` and `most` others. */
export const read = <F extends Flags>(
  args: string[],
  flags: F,
  [least, most]: [number, number],
): { flags: Values<F> & { json?: boolean }; words: string[] } => {
  let parsed: { values: object; positionals: string[] };
  try {
    parsed = parseArgs({ args, options: { json: { type: 'boolean' }, ...flags }, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0]);
  }
  const words = parsed.positionals;
  if (words.length < least) throw new UsageError('Something is missing.');
  if (words.length > most) throw new UsageError(`“${words[most]}” is too much.`);
  return { flags: parsed.values as Values<F> & { json?: boolean }, words };
};

/** `place: message`, one problem a line; those of no place only say their message. */
export const problemLines = (problems: Problem[]): string =>
  problems.map(({ place, message }) => `${place === '' ? '' : `${place}: `}${plain(message)}\n`).join('');

/** Text that a terminal shows and does not obey: names and URLs come from others. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd');

/** Rows in columns, two spaces between; the last column may be of any width. */
export const columns = (rows: string[][]): string => {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => (row[index] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, index) => (index === row.length - 1 ? plain(cell) : plain(cell).padEnd(widths[index] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
};

/** `2026-11-22 20:47:54`, in the box's time zone. Seconds since the epoch in. */
export const localTime = (seconds: number): string => {
  const date = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
};

/** As JSON with an end of line, for `--json`. */
export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
