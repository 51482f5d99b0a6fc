import { readFileSync } from 'node:fs';
import { type Numbered, numbered } from '../../test/lab/lib/packets.ts';
import { makeTrain, Road } from '../../test/lab/lib/road.ts';
import { office, officePackets, officeVerdicts } from '../../test/lib/office.ts';
import { type Cost, compare, type Trip, verify, type Way } from './measure.ts';
import { kernelMemory } from './memory.ts';
import { send } from './send.ts';
import type { Table } from './table.ts';
import { kernelRules, loadGreengate, loadNone, logOf } from './ways.ts';

const MIXES = [0, 10, 50, 90];
const PASSES = 30;
const PACKETS = 20_000;

/** The office policy of test/lib/office.ts by the share of rules with source Any: random new packets, all of them and the accepted ones alone. */
export function officeTable(only: string[]): Table {
  const table: Table = {
    title: 'Office policy: random new packets, throughput in relation to no rules (ns a packet)',
    rows: [
      [
        'source Any',
        'no rules',
        'again',
        'greengate',
        'accepted',
        'no rules, accepted only',
        'greengate, accepted only',
      ],
    ],
    notes: [],
  };
  table.rows[0]?.push('kernel rules', 'kernel MB', 'compile ms (first)', 'load ms', 'lines logged');
  for (const any of MIXES.filter((one) => only.length === 0 || only.includes(String(one)))) table.rows.push(row(any));
  return table;
}

function row(any: number): string[] {
  const one = office(any);
  const packets = officePackets(one, PACKETS);
  const verdicts = officeVerdicts(one, packets);
  const isAccepted = (number: number) => verdicts[number] === 'accept';
  const accepted = numbered(packets.filter((_, index) => isAccepted(index)));
  const all = makeTrain('office', numbered(packets));
  const good = makeTrain('office-accepted', accepted);
  const ways = ['no rules', 'again', 'greengate'].map((name): Way => ({ name, road: new Road(`office${any}`) }));
  for (const { name, road } of ways) if (name !== 'greengate') loadNone(road);
  const times = loadGreengate(ways[2]?.road as Road, one.policy, 5);
  const whole = ({ name }: Way): Trip => ({
    train: all,
    accepts: (number) => name !== 'greengate' || isAccepted(number),
  });
  verify(ways, whole);
  const box = ways[2]?.road as Road;
  wearOut(box, numbered(packets.filter((_, index) => !isAccepted(index))));
  const logged = linesOf(box);
  const mixed = compare(ways, whole, PASSES);
  const more = linesOf(box) - logged;
  const only = compare(ways, () => ({ train: good, accepts: () => true }), PASSES);
  const rules = kernelRules(box);
  for (const { road } of ways) road.close();
  return [
    `${any} %`,
    ...ways.map(({ name }) => cell(mixed.get(name))),
    `${((100 * accepted.length) / packets.length).toFixed(0)} %`,
    cell(only.get('no rules')),
    cell(only.get('greengate')),
    String(rules),
    kernelMemory(times.text).toFixed(1),
    `${times.compile.toFixed(0)} (${times.first.toFixed(0)})`,
    times.load.toFixed(0),
    String(more),
  ];
}

/** Logging is limited for each sender; here all of them are denied so much that only what the limit gives anew is logged. */
function wearOut(road: Road, denied: Numbered[]): void {
  const train = makeTrain('office-denied', denied);
  for (let sent = 0; sent < BURST * DESKS; sent += denied.length)
    send([{ road, train, first: 0, count: denied.length }], { bursts: 1, warm: 0 });
}

/** Twice what the limit allows at once, for each desk. */
const BURST = 240;
const DESKS = 950;

const linesOf = (road: Road): number => readFileSync(logOf(road), 'latin1').split('\n').length - 1;

/** A ratio that was not steady is marked. */
export const cell = (cost: Cost | undefined): string =>
  cost === undefined
    ? '-'
    : `${cost.ratio.toFixed(3)}${cost.spread > 0.05 ? '~' : ' '} (${cost.nanoseconds.toFixed(0)})`;
