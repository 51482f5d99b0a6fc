import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/**
 * Breaks the product, one line at a time, as test/mutants.json lists it, and sees that the named test turns red. A mutant
 * that survives is a test that cannot fail. Works on copies under build/mutants; the checkout is not touched.
 * With arguments only the mutants whose sentence contains one of the words.
 */
type Mutant = {
  /** What is broken, in one sentence. */
  sentence: string;
  file: string;
  /** Text that stands in the file exactly once, and what it becomes. */
  find: string;
  replace: string;
  /** The test file that must notice, and optionally the title (ava's --match). */
  test: string;
  match?: string;
};

const top = join(import.meta.dirname, '..');
const words = process.argv.slice(2);
const mutants = (JSON.parse(readFileSync(join(top, 'test/mutants.json'), 'utf8')) as Mutant[]).filter(
  ({ sentence }) => words.length === 0 || words.some((word) => sentence.includes(word)),
);

const survivors: string[] = [];
const groups = new Set<number>();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    for (const group of groups) endGroup(group);
    process.exit(1);
  });
const queue = [...mutants.entries()];
// Lab tests build networks of their own and may stand side by side.
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
process.stdout.write(`${mutants.length - survivors.length} caught, ${survivors.length} survived\n`);
process.exitCode = survivors.length === 0 && mutants.length > 0 ? 0 : 1;

async function worker(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [number, mutant] = next;
    const folder = join(top, 'build/mutants', `${process.pid}-${number}`);
    const verdict = await judge(mutant, folder);
    rmSync(folder, { recursive: true, force: true });
    if (verdict !== 'caught') survivors.push(mutant.sentence);
    process.stdout.write(`${verdict}: ${mutant.sentence} (${mutant.test})\n`);
  }
}

async function judge(mutant: Mutant, folder: string): Promise<string> {
  copyTree(folder);
  const path = join(folder, mutant.file);
  if (!existsSync(path)) return `SURVIVED, there is no ${mutant.file}`;
  const text = readFileSync(path, 'utf8');
  const places = text.split(mutant.find).length - 1;
  if (places !== 1) return `SURVIVED, since its text stands ${places} times in ${mutant.file}`;
  writeFileSync(
    path,
    text.replace(mutant.find, () => mutant.replace),
  );
  const { code, output } = await runTest(mutant, folder);
  if (code === 0) return 'SURVIVED';
  // A file that no longer parses, or a pattern that matches no test, is no proof.
  return /^not ok \d+ - /m.test(output) && !/SyntaxError|No tests found|Couldn.t find any/.test(output)
    ? 'caught'
    : `SURVIVED, the test did not run:\n${output.slice(-1500)}`;
}

function copyTree(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of ['src', 'test', 'rootfs', 'image', 'scripts', 'package.json', 'tsconfig.json', 'ava.config.js']) {
    if (existsSync(join(top, name)))
      cpSync(join(top, name), join(folder, name), { recursive: true, verbatimSymlinks: true });
  }
  symlinkSync(join(top, 'node_modules'), join(folder, 'node_modules'));
}

function runTest({ test, match }: Mutant, folder: string): Promise<{ code: number; output: string }> {
  const args = ['--no-warnings', 'node_modules/ava/entrypoints/cli.mjs', '--tap', '--fail-fast', '--timeout=5m'];
  const child = spawn(process.execPath, [...args, ...(match === undefined ? [] : ['--match', match]), test], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: a mutant may never end, and ava leaves the worker behind that it gave up on.
    detached: true,
  });
  groups.add(child.pid ?? 0);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      output += part;
    });
  }
  return new Promise((done) =>
    child.once('exit', (code) => {
      endGroup(child.pid ?? 0);
      child.once('close', () => done({ code: code ?? 1, output }));
    }),
  );
}

function endGroup(group: number): void {
  groups.delete(group);
  try {
    if (group > 0) process.kill(-group, 'SIGKILL');
  } catch {
    // Nobody is left.
  }
}
