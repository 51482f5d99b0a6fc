import { resolve } from 'node:path';
import { type Imported, importFiles } from '../import/import.ts';
import type { ReportLine } from '../import/lines.ts';
import { readOld } from '../import-read/read.ts';
import { Unreadable } from '../import-read/tar.ts';
import { defaultPolicy } from '../policy/defaults.ts';
import { DONE, json, plain, Refused, read, UsageError, type Verb } from './verb.ts';

/** Old files of BOT or IPCop 2 as a policy on stdout; what became of each line on stderr. Any machine. */
export const importOld: Verb = {
  usage: 'import DIR|FILE [--advanced=as-written|as-ran] [--green=as-written]',
  text: 'turn the files of BOT or IPCop 2 (a folder, tar or tar.gz) into a policy; any machine',
  run: async (args, io) => {
    const { flags, words } = read(args, { advanced: { type: 'string' }, green: { type: 'string' } }, [1, 1]);
    const advanced = answer(flags.advanced, ['closed', 'as-written', 'as-ran'] as const);
    const green = answer(flags.green, ['closed', 'as-written'] as const);
    try {
      const { files, skipped } = await readOld(resolve(io.cwd, words[0] ?? ''));
      const imported = importFiles(files, { base: defaultPolicy(), advanced, green });
      io.out(json(imported.policy));
      io.err(reportText(imported, skipped));
    } catch (error) {
      if (error instanceof Unreadable) throw new Refused(error.message);
      throw error;
    }
    return DONE;
  },
};

const answer = <T extends string>(given: string | undefined, known: readonly [T, ...T[]]): T => {
  const found = given === undefined ? known[0] : known.find((one) => one === given);
  if (found === undefined) throw new UsageError(`“${given}” is no answer: ${known.join(', ')}.`);
  return found;
};

const reportText = ({ report, questions }: Imported, skipped: string[]): string => {
  const counts = new Map<string, number>();
  for (const { outcome } of report) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [
    ...report.map(lineText),
    ...skipped.map((path) => `${path}: not read: no file of the firewall.`),
    ...questions.map(({ id, text, answer: taken }) => `Question --${id}: ${text} Taken: ${taken}.`),
    `${report.length} lines: ${[...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ')}.`,
  ]
    .map((line) => `${plain(line)}\n`)
    .join('');
};

const lineText = ({ file, line, text, outcome, why, review }: ReportLine): string =>
  `${file}:${line}: ${outcome}${review ? ' (check it)' : ''}${why === '' ? '' : `: ${why}`} | ${text}`;
