import { compile } from '../compile/compile.ts';
import { applianceFacts } from '../plan/facts.ts';
import { readPolicyFile } from './files.ts';
import { DONE, read, type Verb } from './verb.ts';

/** Prints what a policy becomes in the kernel, on any machine. */
export const print: Verb = {
  usage: 'print FILE',
  text: 'print the nft text of a policy file; any machine',
  run: async (args, io) => {
    const { words } = read(args, {}, [1, 1]);
    const policy = await readPolicyFile(io, words[0] ?? '');
    io.out(compile(policy, applianceFacts(true, io.now())).files['ruleset.nft'] ?? '');
    return DONE;
  },
};
