import { typesIn } from '../plan/nft-rules.ts';
import { contains, ipNumber, ipText, ipv4Text, type Network, networksOf } from '../policy/address.ts';
import { greenNetwork } from '../policy/builtin.ts';
import type { Match } from '../policy/matches.ts';
import { ICMP, ICMP6, TCP, UDP } from '../policy/protocols.ts';
import { type Hosts, resolveDestination, resolveMatches, resolveSource } from '../policy/resolve.ts';
import type { Policy, Rule } from '../policy/schema.ts';
import type { Packet, World } from './judge.ts';

/** A rule taken apart, for looking where rules may meet. `to` null: the box itself. */
export type Parts = { rule: Rule; from: Hosts; to: Hosts | null; service: Match[] };

export const partsOf = (policy: Policy, rule: Rule, world: World): Parts => ({
  rule,
  from: resolveSource(policy, rule.source, world),
  to: rule.destination.kind === 'greengate' ? null : resolveDestination(policy, rule.destination, world),
  service: resolveMatches(policy, rule),
});

/** Representative packets, by side. Every packet behaves like the combination of one of each side, for the rules they were made of. */
export type Points = { sources: Source[]; destinations: string[]; services: Service[]; names: Map<string, string[]> };
export type Source = Pick<Packet, 'from' | 'mac'>;
export type Service = Pick<Packet, 'protocol' | 'port' | 'sport' | 'type' | 'code'>;

/**
 * Cuts what these rules speak of into pieces inside which no rule makes a difference, and takes one packet of each: the first address of
 * every network and the one behind its last, the same with ports, every MAC, every DNS name by an address that stands for it.
 */
export const pointsOf = (policy: Policy, parts: Parts[]): Points => {
  const names = standIns(parts.flatMap(({ to }) => to?.names ?? []));
  const outside = parts.flatMap(({ to }) => to?.networks ?? []);
  return {
    sources: sourcesOf(policy, parts),
    destinations: [
      ...(parts.some(({ to }) => to === null) ? ['greengate'] : []),
      ...(parts.some(({ to }) => to !== null)
        ? [free(outside, '203.0.113.1'), ...edges(outside), ...new Set([...names.values()].flat())]
        : []),
    ],
    services: servicesOf(parts.flatMap(({ service }) => service)),
    names,
  };
};

/** A MAC that no rule speaks of: the one of somebody else. */
const STRANGER = '02:67:67:00:00:01';

const sourcesOf = (policy: Policy, parts: Parts[]): Source[] => {
  const networks = parts.flatMap(({ from }) => from.networks);
  const macs = [...new Set(parts.flatMap(({ from }) => from.macs))];
  const [green] = networksOf(greenNetwork(policy));
  const plain = free(
    networks,
    green === undefined ? '192.168.51.250' : ipv4Text(Number(ipNumber(green.address)) + 250),
    green,
  );
  // Beyond GREEN and what rules name nobody sends.
  const real = (address: string) =>
    (green !== undefined && contains(green, address)) || networks.some((one) => contains(one, address));
  return [
    { from: plain, mac: STRANGER },
    ...edges(networks)
      .filter(real)
      .map((from) => ({ from, mac: STRANGER })),
    ...macs.map((mac) => ({ from: plain, mac })),
  ];
};

/** An address that is in none of the networks: `wanted`, or one before it; if there is none, `wanted` all the same. */
export const free = (networks: Network[], wanted: string, inside?: Network): string => {
  const start = Number(ipNumber(wanted));
  for (let number = start; number > start - 250; number -= 1) {
    const address = ipv4Text(number);
    const taken =
      networks.some((one) => contains(one, address)) || (inside !== undefined && !contains(inside, address));
    if (!taken) return address;
  }
  return wanted;
};

/** The first address of each network and the one behind its last: each piece of the line between edges has one of them. */
const edges = (networks: Network[]): string[] => {
  const found = networks.flatMap(({ family, address, bits }) => {
    const width = family === 4 ? 32 : 128;
    const behind = ipNumber(address) + (1n << BigInt(width - bits));
    return behind < 1n << BigInt(width) ? [address, ipText(family, behind)] : [address];
  });
  return [...new Set(found)];
};

/** An address for each DNS name, which all the names above it have as well. */
const standIns = (names: string[]): Map<string, string[]> => {
  const all = [...new Set(names)];
  const addressOf = new Map(all.map((name, index) => [name, `198.18.${index >> 8}.${index & 255}`]));
  return new Map(
    all.map((name) => [
      name,
      all.filter((other) => other === name || other.endsWith(`.${name}`)).map((other) => addressOf.get(other) ?? ''),
    ]),
  );
};

/** One packet of each piece that these matches cut the services into. `sports`: ports of the sender; by default one of each piece, too. */
export const servicesOf = (matches: Match[], family: 4 | 6 = 4, sports = senderPorts(matches)): Service[] => {
  const ported = (protocol: number, word: 'tcp' | 'udp') =>
    cuts(
      matches.flatMap((match) => (match.protocol === word ? match.ports : [])),
      9,
    ).flatMap((port) => sports.map((sport) => ({ protocol, port, ...(sport === null ? {} : { sport }) })));
  const types = matches.flatMap((match) =>
    match.protocol === 'icmp' || match.protocol === 'icmpv6' ? (typesIn(family === 4 ? 'ip' : 'ip6', match) ?? []) : [],
  );
  const numbers = matches.flatMap((match) =>
    match.protocol === 'number' ? [match.number] : match.protocol === 'except' ? match.numbers : [],
  );
  const icmp = family === 4 ? ICMP : ICMP6;
  const other = new Set(numbers.filter((number) => ![TCP, UDP, ICMP, icmp].includes(number)));
  return [
    ...ported(TCP, 'tcp'),
    ...ported(UDP, 'udp'),
    ...[
      {
        type: unused(
          42,
          types.map(({ type }) => type),
        ),
        code: 0,
      },
      ...types,
    ].flatMap(({ type, code }) => [
      { protocol: icmp, type, code: code ?? 0 },
      {
        protocol: icmp,
        type,
        code: unused(
          200,
          types.map((one) => one.code ?? 0),
        ),
      },
    ]),
    ...[...other, unused(253, numbers)].map((protocol) => ({ protocol })),
  ];
};

/** One that nobody speaks of: this one, or another near it. */
const unused = (wanted: number, used: readonly number[]): number =>
  used.includes(wanted) ? unused(wanted - 1, used) : wanted;

const cuts = (ranges: [number, number][], plain: number): number[] => [
  ...new Set([plain, 0, ...ranges.flatMap(([from, to]) => (to < 65_535 ? [from, to + 1] : [from]))]),
];

const senderPorts = (matches: Match[]): (number | null)[] =>
  cuts(
    matches.flatMap((match) => ('from' in match ? (match.from ?? []) : [])),
    50_000,
  );
