import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runFolder } from '../../test/appliance/lib/process.ts';
import { type Expanded, exactPolicy, expanded } from './exact.ts';
import { median } from './measure.ts';
import { Road } from './road.ts';
import type { Table } from './table.ts';
import { loadGreengate } from './ways.ts';

const SIZES = [10, 100, 1000, 10_000];
const ROUNDS = 5;

/** From a policy to its enforcement, beside `nft -f` of a bare hash map of the same size: exact hosts, a rule each. Medians. */
export function loadTable(only: string[]): Table {
  const rows = [['expanded rules', 'parse ms', 'compile ms', 'load ms', 'bare map ms', 'load / bare map', 'kernel MB']];
  for (const size of SIZES.filter((one) => only.length === 0 || only.includes(String(one)))) {
    const road = new Road(`load${size}`);
    const rules = expanded(size);
    const times = loadGreengate(road, exactPolicy(rules, 'single'), ROUNDS);
    const bare = bareMapTime(road, rules);
    road.close();
    rows.push([
      String(size),
      ...[times.parse, times.compile, times.load, bare].map((time) => time.toFixed(1)),
      (times.load / bare).toFixed(2),
      times.megabytes.toFixed(1),
    ]);
  }
  return { title: 'Loading exact hosts, as the agent does it', rows, notes: [] };
}

/** The time of `nft -f` for the least that could judge so many exact hosts, milliseconds. */
export function bareMapTime(road: Road, rules: Expanded[]): number {
  const file = join(runFolder(), 'bare.nft');
  writeFileSync(file, bareMap(rules));
  const times = Array.from({ length: ROUNDS }, () => {
    const began = performance.now();
    road.sh(['nft', '-f', file]);
    return performance.now() - began;
  });
  return median(times);
}

const bareMap = (rules: Expanded[]): string => {
  const elements = rules.map(({ from, to, port }) => `${from} . ${to} . tcp . ${port} : accept`);
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
};
