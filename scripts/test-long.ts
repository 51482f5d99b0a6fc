import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { agreeCase } from '../test/compile/lib/agree-case.ts';
import { flowCase, limitCase } from '../test/compile/lib/flow-case.ts';
import { CASES_PER_ROUND, fuzzCase } from '../test/fuzz/lib/fuzz.ts';

/**
 * `make test-long`: suites of random cases, far more of them than `make test` has time for. Each case has a seed and appends one line of
 * JSON to build/results/<suite>.jsonl. The next run goes on where the last one stopped, as long as the sources are the same.
 *
 *   N=5000      so many cases of each suite instead of its own number
 *   SUITE=agree this suite only (agree, limits, flows, fuzz, kernel, reload)
 *   SEED=123    one case, its failure in full; nothing is recorded
 */
type Suite = {
  name: string;
  about: string;
  /** How many cases are enough. */
  cases: number;
  /** The folders whose contents the results depend on. */
  sources: string[];
  /** One case: null, or how it failed. */
  run: (seed: number) => Promise<string | null> | string | null;
};

const suites: Suite[] = [
  {
    name: 'agree',
    about: 'policies and packets, 1000 pairs a case: reference = judge = printed text',
    cases: 1000,
    sources: ['src/policy', 'src/plan', 'src/compile', 'test/compile/lib'],
    run: agreeCase,
  },
  {
    name: 'limits',
    about: 'limits that are spent by and by: reference = printed text',
    cases: 300,
    sources: ['src/policy', 'src/plan', 'src/compile', 'test/compile/lib'],
    run: limitCase,
  },
  {
    name: 'flows',
    about: 'running flows at later moments: reference = printed text',
    cases: 300,
    sources: ['src/policy', 'src/plan', 'src/compile', 'test/compile/lib'],
    run: flowCase,
  },
  {
    name: 'fuzz',
    about: `hostile requests, bytes, files and log lines, ${CASES_PER_ROUND} a case: borne by web, API, agent, import and logs`,
    cases: 500_000 / CASES_PER_ROUND,
    sources: ['src', 'test/fuzz/lib', 'test/web', 'test/agent'],
    run: fuzzCase,
  },
  {
    name: 'kernel',
    about: '52 policies and 20 000 real packets a case: reference = the kernel',
    cases: 10,
    sources: ['src/policy', 'src/plan', 'src/compile', 'src/machine', 'test/compile/lib', 'test/lab/lib'],
    run: (seed) => byAva('test/lab/agree.test.ts', { SEED: String(seed) }),
  },
  {
    name: 'reload',
    about: '300 loads of 1 000 rules and 20 of 10 000 under load: nothing leaks, nothing is lost',
    cases: 1,
    sources: ['src/policy', 'src/plan', 'src/compile', 'src/machine', 'test/lab/lib'],
    run: () => byAva('test/lab/reload.test.ts', { GREENGATE_RELOADS: '300' }),
  },
];

type Result = { case: number; seed: number; sources: string; ok: boolean; milliseconds: number; failure?: string };

const top = join(import.meta.dirname, '..');
const results = join(top, 'build/results');

if (isMainThread) await main();
else serve();

async function main(): Promise<void> {
  const { N, SUITE, SEED } = process.env;
  const chosen = suites.filter(({ name }) => SUITE === undefined || SUITE === '' || SUITE === name);
  if (chosen.length === 0) throw new Error(`There is no suite ${SUITE}: ${suites.map(({ name }) => name).join(', ')}`);
  let failed = 0;
  for (const suite of chosen) {
    if (SEED !== undefined && SEED !== '') failed += await repeat(suite, whole('SEED', SEED));
    else failed += await runSuite(suite, N === undefined || N === '' ? suite.cases : whole('N', N));
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

/** One case again. */
async function repeat(suite: Suite, seed: number): Promise<number> {
  const failure = await suite.run(seed);
  process.stdout.write(failure === null ? `${suite.name}: seed ${seed} passed\n` : `${suite.name}: ${failure}\n`);
  return failure === null ? 0 : 1;
}

/** Runs what is missing of a suite; gives the number of cases that failed, those of earlier runs included. */
async function runSuite(suite: Suite, count: number): Promise<number> {
  const file = join(results, `${suite.name}.jsonl`);
  const sources = fingerprint(suite.sources);
  const earlier = read(file).filter((one) => one.sources === sources);
  const base = earlier[0] === undefined ? Math.floor(Math.random() * 0x3fffffff) : earlier[0].seed - earlier[0].case;
  const done = new Set(earlier.map((one) => one.case));
  const missing = Array.from({ length: count }, (_, index) => index).filter((index) => !done.has(index));
  process.stdout.write(`${suite.name} (${suite.about}): ${done.size} of ${count} cases done, seeds from ${base}\n`);
  mkdirSync(results, { recursive: true });
  let failed = earlier.filter(({ ok }) => !ok).length;
  let ended = done.size;
  await spread(suite, missing, base, (result) => {
    appendFileSync(file, `${JSON.stringify({ ...result, sources })}\n`);
    ended += 1;
    if (!result.ok) {
      failed += 1;
      process.stdout.write(
        `FAILED, case ${result.case}: ${result.failure}\n  again: make test-long SUITE=${suite.name} SEED=${result.seed}\n`,
      );
    }
    if (ended % 50 === 0) process.stdout.write(`${suite.name}: ${ended} of ${count} cases, ${failed} failed\n`);
  });
  process.stdout.write(`${suite.name}: ${ended} cases, ${failed} failed; ${file}\n`);
  return failed;
}

/** Gives the cases to one worker for each processor. */
async function spread(
  suite: Suite,
  missing: number[],
  base: number,
  ended: (result: Omit<Result, 'sources'>) => void,
): Promise<void> {
  const queue = [...missing];
  const worker = () =>
    new Promise<void>((done, fail) => {
      const thread = new Worker(import.meta.filename, { workerData: suite.name });
      const next = () => {
        const index = queue.shift();
        if (index === undefined) void thread.terminate().then(() => done());
        else thread.postMessage({ case: index, seed: base + index });
      };
      thread.on('error', fail);
      thread.on('message', (result: Omit<Result, 'sources'>) => {
        ended(result);
        next();
      });
      next();
    });
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), missing.length) }, worker));
}

/** A worker: takes cases, answers with results. */
function serve(): void {
  const suite = suites.find(({ name }) => name === workerData);
  parentPort?.on('message', async (wanted: { case: number; seed: number }) => {
    const began = performance.now();
    let failure: string | null;
    try {
      failure = (await suite?.run(wanted.seed)) ?? null;
    } catch (error) {
      failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    const milliseconds = Math.round(performance.now() - began);
    parentPort?.postMessage({
      ...wanted,
      ok: failure === null,
      milliseconds,
      ...(failure === null ? {} : { failure }),
    });
  });
}

/** The lines of earlier runs. One that was torn by a power cut is left out: its case is run again. */
function read(file: string): Result[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line): Result[] => {
      try {
        return [JSON.parse(line) as Result];
      } catch {
        return [];
      }
    });
}

/** A test file that takes what is wanted from the environment. */
function byAva(file: string, env: Record<string, string>): Promise<string | null> {
  return new Promise((done) => {
    const argv = ['--no-warnings', 'node_modules/ava/entrypoints/cli.mjs', file];
    const options = { cwd: top, env: { ...process.env, ...env }, maxBuffer: 64 << 20 };
    execFile(process.execPath, argv, options, (error, output) =>
      done(error === null ? null : `${JSON.stringify(env)}: ${output}`),
    );
  });
}

/** A short hash of all files below some folders: results of other sources prove nothing about these. */
function fingerprint(folders: string[]): string {
  const hash = createHash('sha256');
  for (const folder of folders)
    for (const name of readdirSync(join(top, folder), { recursive: true }).map(String).sort()) {
      const path = join(top, folder, name);
      if (statSync(path).isFile()) hash.update(`${folder}/${name}\0`).update(readFileSync(path));
    }
  return hash.digest('hex').slice(0, 12);
}

function whole(name: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new Error(`${name} is not a number: ${text}`);
  return Number(text);
}
