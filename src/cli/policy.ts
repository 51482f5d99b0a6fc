import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DONE, json, read, type Verb } from './verb.ts';

/** The policy in force, as the one JSON file that `apply` takes. */
export const policy: Verb = {
  usage: 'policy [FILE]',
  text: 'print the policy in force, or write it to a file',
  run: async (args, io) => {
    const { words } = read(args, {}, [0, 1]);
    const { policy: found } = await io.agent('policy.get', {});
    const [file] = words;
    if (file === undefined) io.out(json(found));
    else await writeFile(resolve(io.cwd, file), json(found));
    return DONE;
  },
};
