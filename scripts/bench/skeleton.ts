import { compileRuleset } from '../../src/compile/ruleset.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import { printFull } from '../../src/plan/nft.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { exactPolicy, expanded } from './exact.ts';
import { compare, verify, type Way } from './measure.ts';
import { numbered } from './packets.ts';
import { makeTrain, Road } from './road.ts';
import type { Table } from './table.ts';
import { loadNone } from './ways.ts';

const ROUNDS = 31;
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
    verify(way, train, () => true);
    ways.push(way);
  };
  const nft = (body: string) => (road: Road) => void road.sh(['nft', '-f', '-'], body);
  add('(nothing)', nft(text));
  add('(nothing, again)', nft(text));
  add('(no rules at all)', loadNone);
  for (const [name, body] of variants(text)) add(name, nft(body));
  const costs = compare(ways, () => ({ train, arriving: PACKETS }), ROUNDS);
  const whole = costs.get('(nothing)')?.quiet ?? 0;
  for (const [name, { nanoseconds, quiet, ratio }] of costs)
    rows.push([name, nanoseconds.toFixed(0), quiet.toFixed(0), (whole - quiet).toFixed(0), ratio.toFixed(3)]);
  return { title: 'The skeleton: what each line costs a new packet', rows, notes: [] };
}

/** The chains that a forwarded packet goes through; what they jump to is left standing. */
const PATH = /^ {2}chain (FORWARD|CUSTOMFORWARD|BOT_FORWARD|g0_forward|g0_rule_r1) \{\n([^}]*)^ {2}\}/gm;

function variants(text: string): [string, string][] {
  const found: [string, string][] = [];
  for (const { 1: chain, 2: body = '', index } of text.matchAll(PATH))
    for (const line of body
      .split('\n')
      .filter((one) => one !== '' && !/(goto|jump) \w+$|^\s+(counter .*)?accept$/.test(one))) {
      const at = text.indexOf(line, index);
      found.push([`${chain}: ${line.trim()}`, text.slice(0, at) + text.slice(at + line.length + 1)]);
    }
  return found;
}
