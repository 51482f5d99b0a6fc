import { readPolicyFile } from './files.ts';
import { DONE, json, problemLines, REFUSED, Refused, read, type Verb } from './verb.ts';

/** Checks a policy file, on any machine. The problems are JSON unless text is asked for: scripts have read them so from the start. */
export const check: Verb = {
  usage: 'check FILE [--text]',
  text: 'print the problems of a policy file as JSON, or a line each; any machine',
  run: async (args, io) => {
    const { flags, words } = read(args, { text: { type: 'boolean' } }, [1, 1]);
    try {
      await readPolicyFile(io, words[0] ?? '');
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      io.out(flags.text ? problemLines(error.problems) : json(error.problems));
      return REFUSED;
    }
    if (!flags.text) io.out(json([]));
    return DONE;
  },
};
