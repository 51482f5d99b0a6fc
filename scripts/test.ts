import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Runs the suites, one after the other, in the order in which a fault is cheapest to find. One line of progress each;
 * what a failing suite said is shown, what a passing one said is in build/logs. The last line sums up.
 */
const top = join(import.meta.dirname, '..');
process.chdir(top);
const node = process.execPath;
const logs = join(top, 'build/logs');

type Outcome = { passed: number; failed: number; skipped: number; output: string };
type Suite = { name: string; about: string; run: () => Promise<Outcome> };

/** Every folder of tests but those that are suites of their own, so that a new one cannot be left out. */
const notPure = ['lab', 'appliance', 'lib'];
const pureRooms = readdirSync('test', { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !notPure.includes(entry.name))
  .map(({ name }) => name)
  .sort();
const suites: Suite[] = [
  { name: 'lint', about: 'types, style, shell scripts', run: lint },
  {
    name: 'pure',
    about: 'rooms one by one',
    run: () => ava(['test/*.test.ts', ...pureRooms.map((room) => `test/${room}/**/*.test.ts`)]),
  },
  {
    name: 'lab',
    about: 'real nft, squid, dnsmasq and agent in network namespaces',
    run: () => ava(['test/lab/**/*.test.ts'], ['--serial', '--concurrency=1']),
  },
  { name: 'image', about: 'building the image', run: () => step([node, '--no-warnings', 'image/build.ts']) },
  {
    name: 'appliance',
    about: 'the image in QEMU, with a browser',
    run: () => ava(['test/appliance/**/*.test.ts'], ['--concurrency=1', '--timeout=20m']),
  },
];

const wanted = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
mkdirSync(logs, { recursive: true });
for (const suite of suites) {
  if (wanted.length > 0 && !wanted.includes(suite.name)) continue;
  process.stdout.write(`${suite.name} (${suite.about}) …\n`);
  const began = Date.now();
  const { passed, failed, skipped, output } = await suite.run();
  if (failed > 0) process.stdout.write(failures(output));
  for (const line of output.split('\n').filter((one) => /# SKIP/.test(one)))
    process.stdout.write(`  skipped: ${line.replace(/^ok \d+ - | # SKIP.*$/g, '')}\n`);
  process.stdout.write(
    `${suite.name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${Math.round((Date.now() - began) / 1000)} s\n`,
  );
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  // Without an image there is nothing to boot.
  if (suite.name === 'image' && failed > 0) break;
}
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

/** Of TAP, the tests that failed with what is said of them; of anything else, all. */
function failures(output: string): string {
  if (!/^not ok /m.test(output)) return output;
  let shown = false;
  const lines = output.split('\n').filter((line) => {
    if (/^(not )?ok \d/.test(line)) shown = line.startsWith('not');
    return shown;
  });
  return `${lines.join('\n')}\n`;
}

/** Types, style, and every shell script by shellcheck, each counted as one test. */
async function lint(): Promise<Outcome> {
  const shell = await shellScripts();
  const parts = [
    await step(['node_modules/.bin/tsc', '--noEmit', '-p', '.']),
    await step(['node_modules/.bin/biome', 'check', '--error-on-warnings', 'src', 'image', 'scripts', 'test']),
    await step(['shellcheck', '-x', '-s', 'sh', ...shell]),
  ];
  return parts.reduce((sum, part) => add(sum, part));
}

/** Every tracked file with a sh shebang, but for those of the box: they have a test of their own. */
async function shellScripts(): Promise<string[]> {
  const { output } = await capture([
    'git',
    'grep',
    '-lE',
    '^#!(/bin/sh|/bin/busybox sh)',
    '--',
    'scripts',
    'image',
    'test',
    '.ci',
  ]);
  return output.split('\n').filter((file) => file !== '' && !file.endsWith('.ts'));
}

/** ava over these files; every test counts. */
async function ava(patterns: string[], options: string[] = []): Promise<Outcome> {
  // A room whose tests were lost must not pass in silence.
  const empty = patterns.filter((pattern) => !hasTests(pattern));
  if (empty.length > 0)
    return { passed: 0, failed: 1, skipped: 0, output: `There is no test in ${empty.join(', ')}\n` };
  const { code, output } = await capture([
    node,
    '--no-warnings',
    'node_modules/ava/entrypoints/cli.mjs',
    '--tap',
    ...options,
    ...patterns,
  ]);
  const count = (pattern: RegExp) => [...output.matchAll(pattern)].length;
  const skipped = count(/^ok \d+ .*# SKIP/gm);
  const failed = count(/^not ok /gm);
  const passed = count(/^ok /gm) - skipped;
  return { passed, skipped, failed: failed === 0 && code !== 0 ? 1 : failed, output };
}

function hasTests(pattern: string): boolean {
  const folder = pattern.replace(/\/[^/]*\*.*$/, '');
  return (
    existsSync(folder) &&
    readdirSync(folder, { recursive: !pattern.startsWith('test/*') }).some((name) => String(name).endsWith('.test.ts'))
  );
}

/** One command that passes or fails as a whole. */
async function step(argv: string[]): Promise<Outcome> {
  const { code, output } = await capture(argv);
  return code === 0 ? { passed: 1, failed: 0, skipped: 0, output } : { passed: 0, failed: 1, skipped: 0, output };
}

function capture(argv: string[]): Promise<{ code: number; output: string }> {
  const [program = '', ...args] = argv;
  const log = createWriteStream(join(logs, 'tests.log'), { flags: 'a' });
  log.on('error', () => {}); // After a run as root the file is root's.
  return new Promise((done) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (part: string) => {
        output += part;
        log.write(part);
      });
    }
    child.once('error', (error) => done({ code: 127, output: `${program}: ${error.message}\n` }));
    // Not `close`: a process that a test left behind may hold the pipes open for ever.
    child.once('exit', (code) => setTimeout(() => done({ code: code ?? 1, output }), 500));
  });
}

function add(one: Outcome, other: Outcome): Outcome {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
    output: one.failed > 0 ? one.output + other.output : other.output,
  };
}
