import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { ipNumber, type Network, networksOf } from '../../../src/policy/address.ts';
import { FOREVER, intervalsOfRules } from '../../../src/policy/frames.ts';
import type { Match } from '../../../src/policy/matches.ts';
import { resolveDestination, resolveMatches, resolveSource } from '../../../src/policy/resolve.ts';
import type { Rule } from '../../../src/policy/schema.ts';
import type { Setting } from './policies.ts';
import type { Packet } from './reference.ts';

/** A packet, the moment it comes (seconds since the epoch), and the 16-bit words behind its IP header where it has no ports. */
export type Shot = { packet: Packet; at: number; words: [number, number] | null };

/** What is drawn for one packet; `aim` makes one of it that suits a policy. */
export type Draw = {
  rule: number;
  sender: number;
  receiver: number;
  service: number;
  sport: number;
  mac: number;
  time: number;
  /** Which parts are taken from another rule instead, and which. */
  stray: number;
  other: number;
};

const nat = fc.nat(0xffff);
export const draws: fc.Arbitrary<Draw> = fc.record({
  ...{ rule: nat, sender: nat, receiver: nat, service: nat, sport: nat, mac: nat, time: nat },
  stray: fc.nat(63),
  other: nat,
});

/**
 * Aims at a policy: most packets fit one rule, on the edges of its networks, ranges, ports and times, and one beyond them; each part strays
 * to another rule now and then. How rules are taken apart here decides only where is aimed.
 */
export const aimAt = (setting: Setting): ((draw: Draw) => Shot) => {
  const targets = targetsOf(setting);
  const { times, macs } = targets;
  return (draw) => {
    const own = pick(targets.rules, draw.rule);
    const other = pick(targets.rules, draw.other);
    const part = (bit: number) => ((draw.stray >> bit) % 4 === 3 ? other : own);
    const to = pick(part(0).receivers, draw.receiver);
    const sender = pick(part(2).senders, draw.sender);
    const service = pick(part(4).services, draw.service);
    const v6 = to === 'greengate' ? (sender.from ?? '').includes(':') : to.includes(':');
    const fits = sender.from !== undefined && sender.from.includes(':') === v6;
    const from = fits
      ? (sender.from ?? '')
      : v6
        ? `fd51::${(draw.sender % 254) + 1}`
        : `192.168.51.${(draw.sender % 254) + 1}`;
    const mac = sender.mac ?? pick([...macs, STRANGER, STRANGER, STRANGER, null], draw.mac);
    const sport = pick(own.sports, draw.sport);
    return {
      packet: { from, mac, to, ...serviceOf(service, v6, sport) },
      at: pick(times, draw.time % 3 === 0 ? draw.time : 0),
      words: draw.other % 5 === 0 ? null : [draw.other, 'port' in service ? (service.port ?? 0) : draw.sport],
    };
  };
};

const STRANGER = '02:67:67:00:00:01';

const pick = <T>(list: readonly T[], number: number): T => list[number % list.length] as T;

type Sender = { from?: string; mac?: string };
type Service = Pick<Packet, 'protocol' | 'port' | 'type' | 'code'>;
type Target = { senders: Sender[]; receivers: string[]; services: Service[]; sports: number[] };

const targetsOf = (setting: Setting): { rules: Target[]; times: number[]; macs: string[] } => {
  const { policy, known, laidOut, names } = setting;
  const rules = policy.rules.map((rule): Target => {
    const from = resolveSource(policy, rule.source, known);
    const matches = resolveMatches(policy, rule);
    return {
      senders: sendersOf(from.networks, from.macs),
      receivers: receiversOf(setting, rule),
      services: [...matches.flatMap(servicesOf), ...(matches.length === 0 ? everything : [])],
      sports: [40_000, ...matches.flatMap((match) => ('from' in match ? (match.from ?? []).flatMap(portEdges) : []))],
    };
  });
  const { settings, ssh, proxy } = policy;
  const guests = [...policy.blocks.map(({ host }) => host), settings.adminMac, ...settings.moreAdmins];
  const boxPorts = [settings.uiPort, ssh.port, proxy.port, 53, 123].flatMap((port) => tcpUdp([port, port]));
  for (const guest of guests) {
    const senders = sendersOf(networksOf(guest), guest.length === 17 && networksOf(guest).length === 0 ? [guest] : []);
    rules.push({ senders, receivers: ['greengate', '10.9.0.2', 'fd09::2'], services: boxPorts, sports: [40_000] });
  }
  const intervals = intervalsOfRules(policy.network.timezone, laidOut);
  const edges = policy.rules.flatMap((rule) => (intervals(rule) ?? []).flat());
  const near = edges
    .filter((edge) => Math.abs(edge - laidOut) < 3 * 86_400 || Math.abs(edge - laidOut) > 399 * 86_400)
    .slice(0, 12);
  const untils = policy.blocks.flatMap(({ until }) => (until === null ? [] : [until]));
  const times = [...new Set([...near, ...untils].flatMap((edge) => [edge - 1, edge, edge + 1]))].filter(
    (at) => at >= 0 && at < FOREVER,
  );
  return {
    rules,
    times: [laidOut, ...thin(times, 4)],
    macs: ['02:00:00:00:05:0a', '02:00:00:00:05:0b', '02:00:00:00:05:0c', '02:00:00:00:05:0d'],
  };

  function receiversOf({ known: all }: Setting, { destination }: Rule): string[] {
    if (destination.kind === 'greengate') return ['greengate'];
    const to = resolveDestination(policy, destination, all);
    const found = [...to.networks.flatMap(addressEdges), ...to.names.flatMap((name) => names.get(name) ?? [])];
    return found.length === 0 || to.any ? ['10.9.0.2', 'fd09::2', '203.0.113.9', '2001:db8::1'] : found;
  }
};

/** Not more than so many, from all over the list. */
const thin = <T>(list: T[], most: number): T[] =>
  list.length <= most
    ? list
    : Array.from({ length: most }, (_, index) => list[Math.floor((index * list.length) / most)] as T);

const sendersOf = (networks: Network[], macs: string[]): Sender[] => {
  const found: Sender[] = [
    ...networks.flatMap(addressEdges).map((from) => ({ from })),
    ...macs.map((mac) => ({ mac })),
  ];
  return found.length === 0 ? [{ from: '192.168.51.77' }, { from: 'fd51::77' }, {}] : found;
};

/** The first and last address of a network, and the ones beyond. */
const addressEdges = ({ family, address, bits }: Network): string[] => {
  const width = family === 4 ? 32 : 128;
  const first = ipNumber(address);
  const end = first + (1n << BigInt(width - bits)) - 1n;
  return [...new Set([first, end, first - 1n, end + 1n])]
    .filter((number) => number >= 0n && number < 1n << BigInt(width))
    .map((number) => addressText(number, width / 8));
};

const addressText = (number: bigint, bytes: number): string =>
  ipaddr
    .fromByteArray(
      Array.from({ length: bytes }, (_, index) => Number((number >> BigInt(8 * (bytes - 1 - index))) & 255n)),
    )
    .toString();

const portEdges = ([from, to]: [number, number]): number[] =>
  [from, to, from - 1, to + 1].filter((port) => port >= 0 && port <= 65535);

const tcpUdp = (range: [number, number]): Service[] =>
  [6, 17].flatMap((protocol) => portEdges(range).map((port) => ({ protocol, port })));

const icmps = (protocol: number, types: number[]): Service[] =>
  types.flatMap((type) => [0, 1, 4, 13].map((code) => ({ protocol, type, code })));

const everything: Service[] = [
  ...tcpUdp([25, 80]),
  ...icmps(1, [8, 0, 3, 5]),
  ...[47, 50, 89, 132, 0, 255, 2].map((protocol) => ({ protocol })),
];

const servicesOf = (match: Match): Service[] => {
  switch (match.protocol) {
    case 'tcp':
    case 'udp':
      return match.ports.flatMap(portEdges).map((port) => ({ protocol: match.protocol === 'tcp' ? 6 : 17, port }));
    case 'icmp':
    case 'icmpv6': {
      const types = match.types === null ? [0, 3, 8, 128] : match.types.map(({ type }) => type);
      return icmps(match.protocol === 'icmp' ? 1 : 58, [...types, ...types.map((type) => (type + 1) % 256), 128, 1]);
    }
    case 'number':
      return [{ protocol: match.number }, { protocol: (match.number + 1) % 256 }];
    default:
      return everything;
  }
};

/** ICMP is ICMPv6 in IPv6, and its types have other numbers there. Of the other family's ICMP nothing is sent. */
const serviceOf = (
  { protocol, port, type, code }: Service,
  v6: boolean,
  sport: number,
): Service & { sport?: number } => {
  const icmp = protocol === 1 || protocol === 58;
  const number = icmp ? (v6 ? 58 : 1) : protocol;
  if (number === 6 || number === 17) return { protocol: number, port: port ?? 80, sport };
  if (!icmp) return { protocol: number };
  const there =
    v6 && protocol === 1
      ? new Map([
          [8, 128],
          [0, 129],
          [3, 1],
          [11, 3],
          [12, 4],
        ]).get(type ?? 8)
      : undefined;
  return { protocol: number, type: there ?? type ?? 8, code: code ?? 0 };
};
