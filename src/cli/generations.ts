import { savedSentence } from './apply.ts';
import { columns, DONE, json, localTime, plain, read, UsageError, type Verb } from './verb.ts';

/** What was in force, the newest first. */
export const generations: Verb = {
  usage: 'generations',
  text: 'what was in force, newest first: who, when and what',
  run: async (args, io) => {
    const { flags } = read(args, {}, [0, 0]);
    const { generations: found } = await io.agent('generations.list', {});
    const rows = found.map(({ number, time, user, what, damaged, inForce }) =>
      damaged
        ? [String(number), '', '', '', 'damaged: it cannot be read']
        : [String(number), inForce ? 'in force' : '', localTime(time), user, what],
    );
    io.out(flags.json ? json(found) : columns(rows));
    return DONE;
  },
};

/** Puts one of them in force again, as one change, after saying what it changes. */
export const restore: Verb = {
  usage: 'restore NUMBER [--dry-run]',
  text: 'put a generation in force again, after saying what changes; --dry-run only says it',
  run: async (args, io) => {
    const { flags, words } = read(args, { 'dry-run': { type: 'boolean' } }, [1, 1]);
    const [word = ''] = words;
    if (!/^[1-9]\d{0,8}$/.test(word)) throw new UsageError(`“${word}” is no number of a generation.`);
    const number = Number(word);
    const { differences, revision } = await io.agent('generations.diff', { number });
    const say = (sentence: string, more: object) =>
      io.out(
        flags.json ? json({ changes: differences, ...more }) : `${[...differences, sentence].map(plain).join('\n')}\n`,
      );
    if (differences.length === 0) say('Nothing changes.', { revision, cut: 0 });
    else if (flags['dry-run']) say('Nothing was changed.', { revision });
    else {
      const saved = await io.agent('generations.restore', { number, revision });
      say(savedSentence(saved), saved);
    }
    return DONE;
  },
};
