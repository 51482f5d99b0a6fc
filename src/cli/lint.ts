import { lintOf } from '../compile/lint.ts';
import { readPolicyFile } from './files.ts';
import { DONE, json, plain, Refused, read, type Verb } from './verb.ts';

/** What somebody should look at in a policy file, on any machine, or in the policy in force. */
export const lint: Verb = {
  usage: 'lint [FILE] [--text]',
  text: 'rules that never decide, contradict each other or open too much, as JSON; with a policy file on any machine',
  run: async (args, io) => {
    const { flags, words } = read(args, { text: { type: 'boolean' } }, [0, 1]);
    const [file] = words;
    const findings =
      file === undefined
        ? (await io.agent('policy.lint', { wait: 50_000 })).findings
        : lintOf(await readPolicyFile(io, file), { now: io.now() });
    if (findings === null) throw new Refused('It takes longer, or the policy has just changed. Ask again.');
    if (!flags.text) io.out(json(findings));
    for (const { number, group, sentence } of flags.text ? findings : [])
      io.out(plain(`${number === null ? (group?.name ?? '') : `rule ${number}`}: ${sentence}`).concat('\n'));
    return DONE;
  },
};
