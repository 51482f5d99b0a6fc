import { type Numbered, numbered } from '../../test/lab/lib/packets.ts';
import { makeTrain, RED, ROUTER_MAC, Road, SERVER_MAC } from '../../test/lab/lib/road.ts';
import { type Office, office } from '../../test/lib/office.ts';
import { type Expanded, exactPolicy, expanded } from './exact.ts';
import { compare, type Way } from './measure.ts';
import { cell } from './office.ts';
import { send } from './send.ts';
import type { Table } from './table.ts';
import { loadGreengate, loadIptables, loadNftLinear, loadNone } from './ways.ts';

const PASSES = 40;
const PACKETS = 20_000;
const FLOWS = 4;
const RULES = 10_000;

/** What a packet costs that belongs to a connection: a few flows of UDP that were answered. */
export function establishedTable(): Table {
  // The last rule lets the flows begin.
  const rules = [...expanded(RULES - 1), { ...(expanded(1)[0] as Expanded), protocol: 17, port: 123 }];
  const opening = numbered(Array.from({ length: FLOWS }, () => rules.at(-1) as Expanded));
  const ways = WAYS.map(({ name, load }): Way => {
    const road = new Road('established');
    load(road, rules);
    establish(road, opening);
    return { name, road };
  });
  const packets = Array.from({ length: PACKETS }, (_, number) => ({
    ...(opening[number % FLOWS] as Numbered),
    number,
  }));
  const train = makeTrain('established', packets);
  const costs = compare(ways, () => ({ train, accepts: () => true }), PASSES, true);
  return {
    title: 'Packets of established connections: throughput in relation to no rules (ns a packet)',
    rows: [ways.map(({ name }) => name), ways.map(({ name }) => cell(costs.get(name)))],
    notes: [],
  };
}

const WAYS: { name: string; load: (road: Road, rules: Expanded[]) => void }[] = [
  { name: 'no rules', load: loadNone },
  { name: 'no rules again', load: loadNone },
  {
    name: `greengate, ${RULES} exact`,
    load: (road, rules) => void loadGreengate(road, exactPolicy(rules, 'single')),
  },
  {
    name: 'greengate, office',
    load: (road, rules) => void loadGreengate(road, withFirst(office(50).policy, rules.at(-1) as Expanded)),
  },
  { name: `iptables-legacy, ${RULES}`, load: (road, rules) => loadIptables(road, rules, 'legacy') },
  { name: `iptables-nft, ${RULES}`, load: (road, rules) => loadIptables(road, rules, 'nft') },
  { name: `nft linear, ${RULES}`, load: loadNftLinear },
];

/** Lets the flows begin, and the server answer them. */
function establish(road: Road, opening: Numbered[]): void {
  const first = makeTrain('opening', opening);
  const answers = opening.map((packet) => ({
    ...packet,
    ...{ mac: SERVER_MAC, from: packet.to, to: RED.address, sport: packet.port, port: packet.sport },
  }));
  const second = makeTrain('answers', answers, ROUTER_MAC.red);
  road.router.ip('neigh', 'replace', opening[0]?.from ?? '', 'lladdr', opening[0]?.mac ?? '', 'dev', 'green');
  send([{ road, train: first, first: 0, count: FLOWS }], { bursts: 1, warm: 0, keep: true });
  send([{ road, space: road.server, train: second, first: 0, count: FLOWS }], { bursts: 1, warm: 0, keep: true });
  const listed = road.sh(['conntrack', '-L', '-p', 'udp']);
  if (/UNREPLIED/.test(listed) || listed.split('\n').length <= FLOWS) throw new Error(`Not established:\n${listed}`);
}

/** The office with one rule more, before all others: it lets the flows begin. */
function withFirst(policy: Office['policy'], { from, to, port }: Expanded): object {
  const rule = {
    id: 'r5000',
    source: { kind: 'typed', value: from },
    destination: { kind: 'typed', value: to },
    service: { kind: 'service', name: 'NTP' },
    action: 'accept',
  };
  if (port !== 123) throw new Error('The flows are not NTP.');
  return { ...policy, rules: [rule, ...policy.rules] };
}
