import { ipNumber, type Network, printNetwork } from '../policy/address.ts';
import { isAllPorts, type Match } from '../policy/matches.ts';
import { type PortRange, printRange } from '../policy/ports.ts';
import { ICMP, ICMP6, type IcmpType } from '../policy/protocols.ts';
import type { Limit } from '../policy/schema.ts';
import { counterOf } from './nft-names.ts';
import type { Dispatch, Family, Leaf, Side } from './ruleset.ts';

/** The matches of one dispatch as nft text, without a verdict. `among` may give a long list of addresses a name. */
export const printDispatch = (
  { family, source, destination, service }: Dispatch,
  among: (field: string, elements: string[]) => string = (_, elements) => printSet(elements),
): string =>
  [
    printSide(family, 'saddr', source, among),
    printSide(family, 'daddr', destination, among),
    printMatch(family, service),
    // What is in use stays in its set.
    destination.kind === 'name' ? `update @${destination.set} { ${family} daddr }` : '',
  ]
    .filter((part) => part !== '')
    .join(' ');

/**
 * The rules of a leaf chain: counter of the origin, flow mark, log, action. A log may be used up, so that its action is a rule of its own.
 * After a leaf that only logs the next rules go on. `reject`: the chain that rejects.
 */
export const printLeaf = (family: Family, leaf: Leaf, reject: string): string[] => {
  const counted = `counter name "${counterOf(leaf.name)}"${leaf.action === 'accept' ? ` ct mark set ${leaf.mark}` : ''}`;
  const action = leaf.action === 'log' ? [] : [leaf.action === 'reject' ? `goto ${reject}` : leaf.action];
  return leaf.log && !logsAtGate(leaf)
    ? [`${counted} ${printLog(family, leaf)}`, ...action]
    : [[counted, ...action].join(' ')];
};

/** TCP is told by a reset, everything else by ICMP. */
export const printReject = (family: Family): string[] => [
  'meta l4proto tcp reject with tcp reset',
  `reject with ${family === 'ip' ? 'icmp' : 'icmpv6'} admin-prohibited`,
];

/** The rules of the chain before a leaf that holds at times only, or so many times; null: it needs none. */
export const printGate = (family: Family, leaf: Leaf, names: { leaf: string; frame: string }): string[] | null => {
  if (!hasGate(leaf)) return null;
  const time = leaf.frame === null ? '' : `meta time @${names.frame} `;
  const limit = limitsAction(leaf) ? `${printLimit(leaf.limit as Limit)} ` : '';
  return [...(logsAtGate(leaf) ? [`${time}${printLog(family, leaf)}`] : []), `${time}${limit}goto ${names.leaf}`];
};

/** Does the leaf stand behind a condition of the moment? */
export const hasGate = (leaf: Leaf): boolean => leaf.frame !== null || limitsAction(leaf);

const limitsAction = ({ limit }: Leaf): boolean => limit?.for === 'action' || limit?.for === 'both';

/** With a limit on the action alone everything that matches is logged. */
const logsAtGate = ({ log, limit }: Leaf): boolean => log && limit?.for === 'action';

const printLimit = ({ rate, per, burst }: Limit): string => `limit rate ${rate}/${per} burst ${burst} packets`;

/** ICMPv6's number for an ICMP type of the owner's service, null where there is none (RFC 4443). */
export const icmp6Type = (type: number): number | null => icmp6.get(type) ?? null;

/** Limited per source, so that one host cannot hide another's denials; or as the rule says. */
const printLog = (family: Family, { name, action, limit }: Leaf): string =>
  `${limit?.for === 'log' ? printLimit(limit) : `update @log_meter { ${family} saddr limit rate 60/minute burst 120 packets }`} ` +
  `log prefix "GREEN ${action.toUpperCase()} ${name}" group 1`;

const printSide = (
  family: Family,
  direction: 'saddr' | 'daddr',
  side: Side,
  among: (field: string, elements: string[]) => string,
): string => {
  const [field, ether] = [`${family} ${direction}`, `ether ${direction}`];
  const list = (networks: Network[]) => among(field, disjoint(networks).map(printNetwork));
  switch (side.kind) {
    case 'any':
      return '';
    case 'macs':
      return `${ether} ${among(ether, side.macs)}`;
    case 'name':
      return `${field} @${side.set}`;
    case 'networks':
      return `${field} ${list(side.networks)}`;
    case 'except':
      return [
        ...(side.networks.length > 0 ? [`${field} != ${list(side.networks)}`] : []),
        ...(side.macs.length > 0 ? [`${ether} != ${among(ether, side.macs)}`] : []),
      ].join(' ');
  }
};

const printMatch = (family: Family, match: Match): string => {
  switch (match.protocol) {
    case 'any':
      return '';
    case 'tcp':
    case 'udp':
      return printPorts(match);
    case 'icmp':
    case 'icmpv6':
      return printTypes(family, match);
    case 'number':
      return `meta l4proto ${match.number}`;
    case 'except':
      return `meta l4proto != ${printSet(protocolsIn(family, match.numbers))}`;
  }
};

/** ICMP is ICMPv6 there. */
const protocolsIn = (family: Family, numbers: number[]): string[] => [
  ...new Set(numbers.map((number) => String(family === 'ip6' && number === ICMP ? ICMP6 : number))),
];

const printPorts = ({ protocol, ports, from }: Extract<Match, { protocol: 'tcp' | 'udp' }>): string => {
  const field = (name: string, ranges: PortRange[]) =>
    isAllPorts(ranges) ? [] : [`${protocol} ${name} ${printSet(ranges.map(printRange))}`];
  const parts = [...(from === undefined ? [] : field('sport', from)), ...field('dport', ports)];
  return parts.length === 0 ? `meta l4proto ${protocol}` : parts.join(' ');
};

const printTypes = (family: Family, match: Extract<Match, { protocol: 'icmp' | 'icmpv6' }>): string => {
  const word = family === 'ip' ? 'icmp' : 'icmpv6';
  const types = typesIn(family, match);
  if (types === null || types.length === 0) return `meta l4proto ${family === 'ip' ? 'icmp' : 'ipv6-icmp'}`;
  const not = match.invert ? '!= ' : '';
  const whole = [...new Set(types.flatMap(({ type, code }) => (code === null ? [String(type)] : [])))];
  const exact = [...new Set(types.flatMap(({ type, code }) => (code === null ? [] : [`${type} . ${code}`])))];
  const parts = [
    ...(whole.length > 0 ? [`${word} type ${not}${printSet(whole)}`] : []),
    ...(exact.length > 0 ? [`${word} type . ${word} code ${not}{ ${exact.join(', ')} }`] : []),
  ];
  return parts.join(' ');
};

/** The types of a match in a family's own numbers; null: all. ICMP's types without a like in ICMPv6 are left out there. */
export const typesIn = (
  family: Family,
  { protocol, types }: Extract<Match, { protocol: 'icmp' | 'icmpv6' }>,
): IcmpType[] | null => {
  if (types === null || family === 'ip' || protocol === 'icmpv6') return types;
  return types.flatMap(({ type, code }) => {
    const there = icmp6Type(type);
    return there === null || code !== null ? [] : [{ type: there, code: null }];
  });
};

const printSet = (elements: string[]): string =>
  elements.length === 1 ? `${elements[0]}` : `{ ${elements.join(', ')} }`;

/** nft refuses sets whose intervals overlap: networks inside another one are left out. Wider ones come first. */
const disjoint = (networks: Network[]): Network[] => {
  if (networks.length < 2) return networks;
  const ranges = networks.map((network) => {
    const first = ipNumber(network.address);
    return { network, first, last: first + 2n ** BigInt((network.family === 4 ? 32 : 128) - network.bits) - 1n };
  });
  ranges.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : a.network.bits - b.network.bits));
  let covered = -1n;
  const kept = ranges.filter(({ last }) => {
    const within = last <= covered;
    if (!within) covered = last;
    return !within;
  });
  return kept.map(({ network }) => network).sort((a, b) => a.bits - b.bits);
};

const icmp6 = new Map([
  [0, 129],
  [3, 1],
  [8, 128],
  [11, 3],
  [12, 4],
]);
