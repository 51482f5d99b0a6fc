import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { compile } from '../compile/compile.ts';
import { applianceFacts } from '../plan/facts.ts';
import { defaultPolicy } from '../policy/defaults.ts';
import { DONE, read, type Verb } from './verb.ts';

/** Writes the plan files of the default policy: for the builder of the image. */
export const plan: Verb = {
  usage: 'plan DIR [PLUGINS]',
  run: async (args, io) => {
    const { words } = read(args, {}, [1, 2]);
    const directory = resolve(io.cwd, words[0] ?? '');
    await mkdir(directory, { recursive: true });
    const { files } = compile(defaultPolicy(), applianceFacts(false, io.now(), words[1]));
    for (const [name, content] of Object.entries(files)) await writeFile(resolve(directory, name), content);
    return DONE;
  },
};
