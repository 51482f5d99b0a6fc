import { numbered, type Tuple } from '../../test/lab/lib/packets.ts';
import { makeTrain, Road, type Train } from '../../test/lab/lib/road.ts';
import { randomOf } from '../../test/lib/office.ts';
import { type Expanded, exactPolicy, expanded } from './exact.ts';
import { type Cost, compare, type Trip, verify, type Way } from './measure.ts';
import { cell } from './office.ts';
import type { Table } from './table.ts';
import { loadGreengate, loadIpset, loadIptables, loadNftLinear, loadNone } from './ways.ts';

const SIZES = [10, 100, 1000, 10_000];
const PACKETS = 20_000;
const PASSES = 30;

/** Exact hosts: what a new packet costs by the number of expanded rules, when the last one matches and when a random one does. */
export function hostsTable(only: string[]): Table {
  const table: Table = {
    title: 'Exact hosts: throughput of new packets in relation to no rules (ns a packet)',
    rows: [['expanded rules', 'matching', ...WAYS.map(({ name }) => name)]],
    notes: [],
  };
  for (const size of SIZES.filter((one) => only.length === 0 || only.includes(String(one)))) {
    const rules = expanded(size);
    const ways = WAYS.map(({ name, load }): Way => {
      const road = new Road(`hosts${size}`);
      load(road, rules);
      return { name, road };
    });
    for (const matching of ['last', 'random'] as const) {
      const costs = costsOf(ways, rules, matching);
      table.rows.push([String(size), matching, ...ways.map(({ name }) => cell(costs.get(name)))]);
    }
    for (const { road } of ways) road.close();
  }
  return table;
}

type Loader = { name: string; load: (road: Road, rules: Expanded[]) => void; steps: number };

/** `steps`: how many packets, at most, are sent times the number of rules that each has to pass. */
const WAYS: Loader[] = [
  { name: 'no rules', load: loadNone, steps: Infinity },
  { name: 'no rules again', load: loadNone, steps: Infinity },
  { name: 'greengate', load: (road, rules) => void loadGreengate(road, exactPolicy(rules, 'single')), steps: Infinity },
  {
    name: 'greengate, groups',
    load: (road, rules) => void loadGreengate(road, exactPolicy(rules, 'groups')),
    steps: Infinity,
  },
  { name: 'iptables-legacy', load: (road, rules) => loadIptables(road, rules, 'legacy'), steps: 15e6 },
  { name: 'iptables-nft', load: (road, rules) => loadIptables(road, rules, 'nft'), steps: 3e6 },
  { name: 'nft linear', load: loadNftLinear, steps: 8e6 },
  { name: 'ipset', load: loadIpset, steps: Infinity },
];

function costsOf(ways: Way[], rules: Expanded[], matching: 'last' | 'random'): Map<string, Cost> {
  const random = randomOf(rules.length);
  const last = rules.at(-1) as Tuple;
  const tuples = Array.from({ length: PACKETS }, () =>
    matching === 'last' ? last : (rules[random(rules.length)] as Tuple),
  );
  const trains = new Map<number, Train>();
  const tripOf = ({ name }: Way): Trip => {
    const steps = WAYS.find((one) => one.name === name)?.steps ?? 0;
    const count = Math.min(PACKETS, Math.floor(steps / rules.length));
    const train = trains.get(count) ?? makeTrain(`exact-${count}`, numbered(tuples.slice(0, count)));
    trains.set(count, train);
    return { train, accepts: () => true };
  };
  verify(ways, tripOf);
  const foreign = makeTrain('strangers', numbered(strangers(rules, random)));
  verify(ways, ({ name }) => ({ train: foreign, accepts: () => name.startsWith('no rules') }));
  return compare(ways, tripOf, PASSES);
}

/** Packets that no rule speaks of, each with one part of its own. */
function strangers(rules: Expanded[], random: (below: number) => number): Tuple[] {
  return Array.from({ length: 300 }, (_, index) => {
    const rule = rules[random(rules.length)] as Tuple;
    return { ...rule, ...[{ from: '10.51.3.1' }, { to: '198.19.0.1' }, { port: 26 }, { protocol: 17 }][index % 4] };
  });
}
