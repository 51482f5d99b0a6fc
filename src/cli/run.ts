import { AgentRefusal, AgentSilent } from '../agent/client.ts';
import { DONE, type Io, json, plain, problemLines, REFUSED, Refused, USAGE, UsageError, type Verb } from './verb.ts';

/** Runs one command line and answers its exit code: 0 done, 1 refused (each problem a line, `place: message`), 2 not understood. */
export const runCommand = async (verbs: Record<string, Verb>, args: string[], io: Io): Promise<number> => {
  const [name = 'help', ...rest] = args;
  if (['help', '--help', '-h'].includes(name)) {
    io.out(helpOf(verbs));
    return DONE;
  }
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (verb === undefined) {
    io.err(`There is no “${plain(name)}”.\n${helpOf(verbs)}`);
    return USAGE;
  }
  if (rest.includes('--help')) {
    io.out(`Usage: greengate ${verb.usage} [--json]\n${verb.text ?? ''}\n`);
    return DONE;
  }
  try {
    return await verb.run(rest, io);
  } catch (error) {
    return told(error, verb, rest.includes('--json'), io);
  }
};

const told = (error: unknown, verb: Verb, asJson: boolean, io: Io): number => {
  if (error instanceof UsageError) {
    io.err(`${plain(error.message)}\nUsage: greengate ${verb.usage}\n`);
    return USAGE;
  }
  const { message, problems } = refusalOf(error);
  if (asJson) io.out(json({ error: message, problems }));
  else io.err(problems.length > 0 ? problemLines(problems) : `${plain(message)}\n`);
  return REFUSED;
};

const refusalOf = (error: unknown): Pick<Refused, 'message' | 'problems'> => {
  if (error instanceof Refused || error instanceof AgentRefusal) return error;
  if (error instanceof AgentSilent) {
    const code = (error.cause as NodeJS.ErrnoException | undefined)?.code;
    const why = code === 'EACCES' ? 'this takes root' : 'this is not the box, or the agent is not running';
    return { message: `The agent does not answer: ${why}.`, problems: [] };
  }
  if (typeof (error as NodeJS.ErrnoException).code === 'string')
    return { message: (error as Error).message, problems: [] };
  throw error;
};

/** Of the column of usages. */
const WIDTH = 28;

const helpOf = (verbs: Record<string, Verb>): string => {
  const shown = Object.values(verbs).filter(({ text }) => text !== undefined);
  // A line each where both fit; a long usage has its text below.
  const lines = [...shown, { usage: 'help', text: 'this' }].map(({ usage, text }) =>
    usage.length > WIDTH
      ? `  greengate ${usage}\n${' '.repeat(WIDTH + 14)}${text}`
      : `  greengate ${usage.padEnd(WIDTH)}  ${text}`,
  );
  return [
    'Usage:',
    ...lines,
    '',
    'Every verb of the box takes --json. Exit code: 0 done, 1 refused, 2 not understood.',
    '',
  ].join('\n');
};
