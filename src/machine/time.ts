import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TimeState } from '../agent/api.ts';
import { chronySocket } from '../plan/chrony.ts';
import { run } from './run.ts';

type Directories = { run: string; lib: string };

/** What chronyd knows, asked by its Unix socket; `running: false` when it does not answer. */
export const timeState = async ({ run: folder, lib }: Directories): Promise<Omit<TimeState, 'time'>> => {
  const earliest = await buildDate(lib);
  const ask = (what: string) =>
    run('chronyc', ['-h', chronySocket(folder), '-c', '-n', what], { timeoutSeconds: 5 }).catch(() => null);
  const [tracking, sources] = [await ask('tracking'), await ask('sources')];
  if (tracking === null) return { ...unknown, earliest };
  return { ...parseTracking(tracking), sources: parseSources(sources ?? ''), running: true, earliest };
};

/** Sets the clock: `sh/clock set` keeps it for the next start, too. `time` is seconds since the epoch. */
export const setClock = async ({ lib }: Pick<Directories, 'lib'>, time: number): Promise<void> => {
  await run(join(lib, 'sh/clock'), ['set', String(time)]);
};

/** `chronyc -c tracking`: one line of 14 fields; the reference, the stratum and the leap status count here. */
export const parseTracking = (csv: string): Pick<TimeState, 'state' | 'source' | 'stratum' | 'offset'> => {
  const fields = csv.trim().split(',');
  const [id = '', source = '', stratum = '', , offset = ''] = fields;
  if (fields.length < 14 || fields[13] === 'Not synchronised') return { ...notSynchronised };
  if (id === LOCAL) return { ...notSynchronised, state: 'by hand' };
  const numbers = { stratum: Number(stratum), offset: Math.abs(Number(offset)) };
  // A name with a comma in it moves the fields.
  if (!Object.values(numbers).every(Number.isFinite)) return { ...notSynchronised };
  return { state: 'synchronised', source, ...numbers };
};

/** `chronyc -c sources`: a line for each server whose name was found. */
export const parseSources = (csv: string): TimeState['sources'] =>
  csv.split('\n').flatMap((line) => {
    const [mode, mark = '', address = '', stratum, , reach, , offset] = line.split(',');
    if (mode !== '^' || ![stratum, offset].every((text) => Number.isFinite(Number(text ?? Number.NaN)))) return [];
    const answers = reach !== '0';
    const word = answers ? (words[mark] ?? 'not used yet') : 'no answer';
    return [{ address, word, stratum: Number(stratum), offset: answers ? Number(offset) : null }];
  });

/** chrony's reference of its own clock, 127.127.1.1: somebody set it, nobody confirmed it. */
const LOCAL = '7F7F0101';

const notSynchronised = { state: 'not synchronised', source: '', stratum: 0, offset: 0 } as const;
const unknown = { ...notSynchronised, running: false, sources: [] };

const words: Record<string, string> = {
  '*': 'followed',
  '+': 'agrees',
  '-': 'agrees, not needed',
  x: 'disagrees with the others',
  '~': 'too unsteady',
};

const buildDate = async (lib: string): Promise<number> => {
  const about = JSON.parse(await readFile(join(lib, 'build.json'), 'utf8').catch(() => '{}')) as { date?: number };
  return about.date ?? 0;
};
