import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '../src/compile/compile.ts';
import { loadRuleset } from '../src/machine/nft.ts';
import { applianceFacts } from '../src/plan/facts.ts';
import { defaultPolicy } from '../src/policy/defaults.ts';
import { parsePolicy } from '../src/policy/parse.ts';
import type { Policy } from '../src/policy/schema.ts';

/**
 * `make bench`: how long from a policy to its enforcement, beside `nft -f` on a bare hash map of the same size in the same
 * run. Interleaved, medians of five. Runs in a network namespace of its own. Prints a table and writes build/bench.txt.
 */
const top = join(import.meta.dirname, '..');
const ROUNDS = 5;

if (process.argv[2] === 'inside') await measure();
else
  execFileSync('unshare', ['-n', process.execPath, '--no-warnings', import.meta.filename, 'inside'], {
    stdio: 'inherit',
  });

async function measure(): Promise<void> {
  const rows = [['rules', 'parse ms', 'compile ms', 'load ms', 'bare map ms', 'load / bare map']];
  for (const count of [10, 100, 1000, 10_000]) rows.push(await row(count));
  const text = `${rows.map((cells) => cells.map((cell) => cell.padStart(16)).join('')).join('\n')}\n`;
  process.stdout.write(text);
  mkdirSync(join(top, 'build'), { recursive: true });
  writeFileSync(join(top, 'build/bench.txt'), text);
}

async function row(count: number): Promise<string[]> {
  const policy = policyOf(count);
  const times = { parse: [] as number[], compile: [] as number[], load: [] as number[], bare: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    times.parse.push(await timed(async () => void parsePolicy(policy)));
    let plan = compile(defaultPolicy(), applianceFacts(true, 1_795_420_000));
    times.compile.push(
      await timed(async () => {
        plan = compile(policy, { ...applianceFacts(true, 1_795_420_000), generation: round });
      }),
    );
    times.load.push(await timed(async () => void (await loadRuleset(plan))));
    times.bare.push(await timed(async () => void execFileSync('nft', ['-f', '-'], { input: bareMap(count) })));
  }
  const [load, bare] = [median(times.load), median(times.bare)];
  return [
    String(count),
    ...[median(times.parse), median(times.compile), load, bare].map((time) => time.toFixed(1)),
    (load / bare).toFixed(2),
  ];
}

/** Exact hosts, one rule each: what the least clever administrator would write. */
function policyOf(count: number): Policy {
  const rules = Array.from({ length: count }, (_, index) => ({
    id: `r${index + 1}`,
    source: { kind: 'typed', value: `192.168.51.${(index % 250) + 1}` },
    destination: { kind: 'typed', value: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}` },
    service: { kind: 'service', name: 'SMTP' },
    action: 'accept',
  }));
  const parsed = parsePolicy({ schema: 1, settings: { enabled: true, adminMac: '02:00:00:00:05:0a' }, rules });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems[0]));
  return parsed.value;
}

function bareMap(count: number): string {
  const elements = policyOf(count).rules.map(({ source, destination }) => {
    const [from, to] = [source, destination].map((side) => ('value' in side ? side.value : ''));
    return `${from} . ${to} . tcp . 25 : accept`;
  });
  return [
    'add table ip bench',
    'delete table ip bench',
    'table ip bench {',
    '  map verdicts {',
    '    type ipv4_addr . ipv4_addr . inet_proto . inet_service : verdict',
    `    elements = { ${elements.join(', ')} }`,
    '  }',
    '}',
    '',
  ].join('\n');
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
