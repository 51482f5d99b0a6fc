import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parsePolicy } from '../policy/parse.ts';
import type { Policy } from '../policy/schema.ts';
import { type Io, Refused } from './verb.ts';

/** Reads a JSON file, or stdin when it is called `-`. */
export const readJsonFile = async (io: Io, file: string): Promise<unknown> => {
  const path = file === '-' ? 'standard input' : resolve(io.cwd, file);
  try {
    return JSON.parse(file === '-' ? await io.stdin() : await readFile(path, 'utf8'));
  } catch (error) {
    throw refused(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** Reads and checks a policy file. */
export const readPolicyFile = async (io: Io, file: string): Promise<Policy> => {
  const parsed = parsePolicy(await readJsonFile(io, file));
  if (!parsed.ok) throw new Refused('This is no policy that Greengate could load.', parsed.problems);
  return parsed.value;
};

const refused = (message: string): Refused => new Refused(message, [{ place: '', owner: '', message }]);
