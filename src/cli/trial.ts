import { DONE, json, read, type Verb } from './verb.ts';

/** Keeps the change that is on trial; root needs not come back from outside, for it is at the box. */
export const keep: Verb = verbOf('keep', 'keep the change that is on trial', 'The change is kept.');

/** Undoes it. */
export const undo: Verb = verbOf('undo', 'undo the change that is on trial', 'The change was undone.');

function verbOf(name: 'keep' | 'undo', text: string, said: string): Verb {
  return {
    usage: name,
    text,
    run: async (args, io) => {
      const { flags } = read(args, {}, [0, 0]);
      const answer = await io.agent(`trial.${name}`, {});
      io.out(flags.json ? json(answer) : `${said} Revision ${answer.revision} is in force.\n`);
      return DONE;
    },
  };
}
