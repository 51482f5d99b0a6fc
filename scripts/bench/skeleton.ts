import { compileRuleset } from '../../src/compile/ruleset.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import { printFull } from '../../src/plan/nft.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { numbered } from '../../test/lab/lib/packets.ts';
import { makeTrain, Road } from '../../test/lab/lib/road.ts';
import { exactPolicy, expanded } from './exact.ts';
import { compare, verify, type Way } from './measure.ts';
import type { Table } from './table.ts';
import { loadNone } from './ways.ts';

const PASSES = 100;
const PACKETS = 20_000;

/**
 * What the lines cost through which every new packet goes: a policy of one rule, each line that its packets pass taken out alone, and what
 * is faster then, in nanoseconds.
 */
export function skeletonTable(): Table {
  const rules = expanded(1);
  const parsed = parsePolicy(exactPolicy(rules, 'single'));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const text = printFull(compileRuleset(parsed.value, applianceFacts(true, Math.floor(Date.now() / 1000))), 1);
  const rows = [['line left out', 'ns a packet', 'when quiet', 'saved ns', 'ratio']];
  const train = makeTrain('skeleton', numbered(Array.from({ length: PACKETS }, () => rules[0] as (typeof rules)[0])));
  const ways: Way[] = [];
  const add = (name: string, load: (road: Road) => void): void => {
    const road = new Road('skeleton');
    load(road);
    const way = { name, road };
    ways.push(way);
  };
  const nft = (body: string) => (road: Road) => void road.sh(['nft', '-f', '-'], body);
  add('(nothing)', nft(text));
  add('(nothing, again)', nft(text));
  add('(no rules at all)', loadNone);
  for (const [name, body] of variants(text)) add(name, nft(body));
  const trip = () => ({ train, accepts: () => true });
  verify(ways, trip);
  const costs = compare(ways, trip, PASSES);
  const whole = costs.get('(nothing)')?.quiet ?? 0;
  for (const [name, { nanoseconds, quiet, ratio }] of costs)
    rows.push([name, nanoseconds.toFixed(0), quiet.toFixed(0), (whole - quiet).toFixed(0), ratio.toFixed(3)]);
  return { title: 'The skeleton: what each line costs a new packet', rows, notes: [] };
}

/** The chains that a forwarded packet goes through; what they jump to is left standing. */
const PATH = /^ {2}chain (FORWARD|CUSTOMFORWARD|BOT_FORWARD|g0_forward|g0_rule_r1) \{\n([^}]*)^ {2}\}/gm;

function variants(text: string): [string, string][] {
  const without = (from: string, { line, at }: { line: string; at: number }) =>
    from.slice(0, at) + from.slice(at + line.length + 1);
  const lines = [...text.matchAll(PATH)].flatMap(({ 1: chain = '', 2: body = '', index }) =>
    body
      .split('\n')
      .filter((line) => line !== '' && !/(goto|jump) \w+$|^\s+(counter .*)?accept$/.test(line))
      .map((line) => ({ chain, line, at: text.indexOf(line, index) })),
  );
  return [
    ['(an empty chain at the hook)', EMPTY],
    ['(all of them)', lines.reduceRight(without, text)],
    ...lines.map((one): [string, string] => [`${one.chain}: ${one.line.trim()}`, without(text, one)]),
  ];
}

const EMPTY = `table ip nat {
  chain POSTROUTING {
    type nat hook postrouting priority 100; policy accept;
    oifname "red" masquerade
  }
}
table ip filter {
  chain FORWARD {
    type filter hook forward priority 0; policy accept;
  }
}
`;
