import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runFolder } from '../../test/appliance/lib/process.ts';
import { Road } from '../../test/lab/lib/road.ts';
import { type Expanded, exactPolicy, expanded } from './exact.ts';
import { median } from './measure.ts';
import { kernelMemory } from './memory.ts';
import type { Table } from './table.ts';
import { loadGreengate } from './ways.ts';

const SIZES = [10, 100, 1000, 10_000, 100_000];
const ROUNDS = 5;

/** From a policy to its enforcement, beside `nft -f` of a bare hash map of the same size: exact hosts, a rule each or by groups. Medians. */
export function loadTable(only: string[]): Table {
  const rows = [
    ['expanded rules', 'given as', 'parse ms', 'compile ms', 'load ms', 'bare map ms', 'load / bare map', 'kernel MB'],
  ];
  for (const size of SIZES.filter((one) => only.length === 0 || only.includes(String(one))))
    for (const by of ['single', 'groups'] as const) {
      if (by === 'groups' && size < 1000) continue;
      const road = new Road(`load${size}`);
      const rules = expanded(size);
      const rounds = size > 10_000 ? 3 : ROUNDS;
      const times = loadGreengate(road, exactPolicy(rules, by), rounds);
      const bare = bareMapTime(road, rules, rounds);
      road.close();
      rows.push([
        String(size),
        by === 'single' ? `${size} rules` : `${size / 100} rules`,
        ...[times.parse, times.compile, times.load, bare].map((time) => time.toFixed(1)),
        (times.load / bare).toFixed(2),
        kernelMemory(times.text).toFixed(1),
      ]);
    }
  return { title: 'Loading exact hosts, as the agent does it', rows, notes: [] };
}

function bareMapTime(road: Road, rules: Expanded[], rounds: number): number {
  const file = bareMap(rules);
  const times = Array.from({ length: rounds }, () => {
    const began = performance.now();
    road.sh(['nft', '-f', file]);
    return performance.now() - began;
  });
  return median(times);
}

/** A file for `nft -f` with the least that could judge so many exact hosts: a table, and a hash map that no chain uses. */
export function bareMap(rules: Expanded[]): string {
  const elements = rules.map(({ from, to, port }) => `${from} . ${to} . tcp . ${port} : accept`);
  const text = [
    'add table ip bench',
    'delete table ip bench',
    'table ip bench {',
    '  map verdicts {',
    '    type ipv4_addr . ipv4_addr . inet_proto . inet_service : verdict',
    `    elements = { ${elements.join(', ')} }`,
    '  }',
    '}',
    '',
  ];
  const file = join(runFolder(), 'bare.nft');
  writeFileSync(file, text.join('\n'));
  return file;
}
