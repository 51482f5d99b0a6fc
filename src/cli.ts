import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { compile } from './compile/compile.ts';
import { applianceFacts } from './plan/facts.ts';
import { defaultPolicy } from './policy/defaults.ts';
import { parsePolicy } from './policy/parse.ts';
import type { Policy } from './policy/schema.ts';

/** The command line: one verb, one function. Problems go to stdout as JSON, complaints about usage to stderr. */
const verbs: Record<string, { usage: string; run: (args: string[]) => number }> = {
  check: { usage: 'check POLICY.json   print problems as JSON; exit 1 if there are any', run: check },
  print: { usage: 'print POLICY.json   print the nft text of a policy', run: print },
  plan: { usage: 'plan DIR [PLUGINS]  write the plan files of the default policy', run: plan },
};

const [verb = 'help', ...args] = process.argv.slice(2);
process.exitCode = run(verb, args);

function run(name: string, rest: string[]): number {
  const found = verbs[name];
  if (found === undefined) return usage(name === 'help' || name === '--help' ? 0 : 2);
  return found.run(rest);
}

function usage(code: number): number {
  const lines = Object.values(verbs).map((one) => `  greengate ${one.usage}`);
  (code === 0 ? process.stdout : process.stderr).write(`Usage:\n${lines.join('\n')}\n`);
  return code;
}

function check(files: string[]): number {
  const read = readPolicy(files);
  process.stdout.write(`${JSON.stringify(read.problems, null, 2)}\n`);
  return read.problems.length === 0 ? 0 : 1;
}

function print(files: string[]): number {
  const { policy, problems } = readPolicy(files);
  if (policy === null) {
    process.stderr.write(`${JSON.stringify(problems, null, 2)}\n`);
    return 1;
  }
  process.stdout.write(compile(policy, applianceFacts(true)).files['ruleset.nft'] ?? '');
  return 0;
}

function plan([directory, plugins]: string[]): number {
  if (directory === undefined) return usage(2);
  mkdirSync(directory, { recursive: true });
  const facts = applianceFacts(false, plugins);
  for (const [name, content] of Object.entries(compile(defaultPolicy(), facts).files)) {
    writeFileSync(resolve(directory, name), content);
  }
  return 0;
}

type Read = { policy: Policy | null; problems: { place: string; owner: string; message: string }[] };

/** A path is taken from where the user stands: `npm run` changes the directory and leaves the old one in INIT_CWD. */
function readPolicy([file]: string[]): Read {
  if (file === undefined) return fault('Name a policy file.');
  const path = resolve(process.env.INIT_CWD ?? '.', file);
  let input: unknown;
  try {
    input = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return fault(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = parsePolicy(input);
  return parsed.ok ? { policy: parsed.value, problems: [] } : { policy: null, problems: parsed.problems };
}

const fault = (message: string): Read => ({ policy: null, problems: [{ place: '', owner: '', message }] });
