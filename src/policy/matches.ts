import { hasPort, mergeRanges, type PortRange, parsePorts } from './ports.ts';
import { ICMP, ICMP6, type IcmpType, parseIcmpType, protocolNumber, TCP, UDP } from './protocols.ts';
import type { Service } from './schema.ts';

/**
 * One thing a service matches. `from`: ports of the sender. `types` null: every ICMP type; `invert`: every type but these. `icmp` is
 * written with ICMP's numbers and means ICMPv6 in IPv6. `except`: every IP protocol but these.
 */
export type Match =
  | { protocol: 'any' }
  | { protocol: 'tcp' | 'udp'; ports: PortRange[]; from?: PortRange[] }
  | { protocol: 'icmp' | 'icmpv6'; types: IcmpType[] | null; invert: boolean }
  | { protocol: 'number'; number: number }
  | { protocol: 'except'; numbers: number[] };

/** What one service matches. */
export const serviceMatches = (service: Service): Match[] => {
  const { protocol } = service;
  if (protocol === 'tcp&udp') return [ported('tcp', service), ported('udp', service)];
  const number = protocolNumber(protocol) ?? 255;
  if (service.invertProtocol) return [{ protocol: 'except', numbers: [number] }];
  if (protocol === 'tcp' || protocol === 'udp') return [ported(protocol, service)];
  if (protocol === 'icmp' || protocol === 'icmpv6') {
    const types = service.icmpType === '' ? null : [parseIcmpType(service.icmpType)];
    return [{ protocol, types, invert: false }];
  }
  return [wholeProtocol(number)];
};

/** The same matches as few: one for all TCP ports, one for all UDP ports, one for each kind of ICMP. */
export const mergeMatches = (matches: Match[]): Match[] => {
  if (matches.some(({ protocol }) => protocol === 'any')) return [anything];
  const excepts = mergeExcepts(exceptsOf(matches));
  if (excepts.some((numbers) => numbers.length === 0)) return [anything];
  const rest = matches.filter((match) => excepts.length === 0 || excepts.every((numbers) => leavesOut(numbers, match)));
  const numbers = [...new Set(rest.flatMap((match) => (match.protocol === 'number' ? [match.number] : [])))];
  const both = mergeTypes('icmp', rest);
  return [
    ...(['tcp', 'udp'] as const).flatMap((protocol) => mergePorts(protocol, rest)),
    ...both,
    ...(both.some(isWhole) ? [] : mergeTypes('icmpv6', rest)),
    ...numbers.map((number): Match => ({ protocol: 'number', number })),
    ...excepts.map((numbers): Match => ({ protocol: 'except', numbers })),
  ];
};

/** Everything that these matches do not match. `canInvert` must hold. */
export const invertMatches = (matches: Match[]): Match[] => {
  const merged = mergeMatches(matches);
  if (merged.some(({ protocol }) => protocol === 'any')) return [];
  const parts = merged.flatMap(remainder);
  const mentioned = merged.filter(({ protocol }) => protocol !== 'except').map(numberOf);
  const numbers = exceptsOf(merged).at(-1);
  if (numbers === undefined) return [...parts, { protocol: 'except', numbers: [...new Set(mentioned)] }];
  const [four, six] = [ICMP, ICMP6].map((number) => mentioned.includes(number));
  return [
    ...parts,
    ...numbers
      .filter((number) => !mentioned.includes(number) && !(number === ICMP6 && four))
      // What is left of ICMPv6 stands in a part of its own: here ICMP is that of IPv4 alone.
      .map((number): Match => (number === ICMP && six ? { protocol: 'number', number } : wholeProtocol(number))),
  ];
};

/**
 * Can everything but these matches be said? Not where types of ICMP, which count in both families, stand beside something of ICMPv6
 * alone: what is left would be other types in IPv4 than in IPv6.
 */
export const canInvert = (matches: Match[]): boolean => {
  const merged = mergeMatches(matches);
  if (!merged.some((match) => match.protocol === 'icmp' && !isWhole(match))) return true;
  return (
    !merged.some(({ protocol }) => protocol === 'icmpv6') &&
    exceptsOf(merged).every((numbers) => numbers.includes(ICMP))
  );
};

/** Only what comes from these ports of the sender: TCP and UDP; everything else has none and is left out. */
export const fromPorts = (matches: Match[], from: PortRange[]): Match[] =>
  matches.flatMap((match): Match[] => {
    if (match.protocol === 'tcp' || match.protocol === 'udp') return [{ ...match, from }];
    const whole = (['tcp', 'udp'] as const).filter(
      (protocol) =>
        match.protocol === 'any' ||
        (match.protocol === 'except' && !match.numbers.includes(protocol === 'tcp' ? TCP : UDP)),
    );
    return whole.map((protocol) => ({ protocol, ports: allPorts, from }));
  });

/** The ports that are in none of the ranges. */
export const otherPorts = (ranges: PortRange[]): PortRange[] => {
  const found: PortRange[] = [];
  let next = 0;
  for (const [from, to] of ranges) {
    if (from > next) found.push([next, from - 1]);
    next = to + 1;
  }
  return next <= 65535 ? [...found, [next, 65535]] : found;
};

/** Does the port match the ranges? A protocol as a whole is matched whatever the port. */
export const inPorts = (ranges: PortRange[], port: number | undefined): boolean =>
  isAllPorts(ranges) || (port !== undefined && hasPort(ranges, port));

/** Ranges that leave no port out. */
export const isAllPorts = ([first]: PortRange[]): boolean =>
  first !== undefined && first[0] === 0 && first[1] === 65535;

const anything: Match = { protocol: 'any' };
const allPorts: PortRange[] = [[0, 65535]];

const ported = (protocol: 'tcp' | 'udp', service: Service): Match => {
  const ports = parsePorts(service.ports) ?? [];
  return { protocol, ports: service.invertPorts ? otherPorts(ports) : ports };
};

const wholeProtocol = (number: number): Match => {
  if (number === TCP || number === UDP) return { protocol: number === TCP ? 'tcp' : 'udp', ports: allPorts };
  if (number === ICMP || number === ICMP6)
    return { protocol: number === ICMP ? 'icmp' : 'icmpv6', types: null, invert: false };
  return { protocol: 'number', number };
};

const exceptsOf = (matches: Match[]): number[][] =>
  matches.flatMap((match) => (match.protocol === 'except' ? [match.numbers] : []));

/**
 * Several “everything but …” as few: together they leave out what each leaves out. In IPv6 ICMP's number is ICMPv6, so that “but ICMP” and
 * “but ICMPv6” leave ICMPv6 out there and nothing in IPv4: that takes both.
 */
const mergeExcepts = ([first, ...others]: number[][]): number[][] => {
  if (first === undefined) return [];
  const all = [first, ...others];
  const common = [...new Set(first)].filter((number) => others.every((numbers) => numbers.includes(number)));
  const isOut = (numbers: number[]) => numbers.includes(ICMP) || numbers.includes(ICMP6);
  return all.every(isOut) && !isOut(common)
    ? [
        [...common, ICMP],
        [...common, ICMP6],
      ]
    : [common];
};

/** Does “everything but these protocols” leave out some of what a match matches? ICMP is in both families, ICMPv6 in one. */
const leavesOut = (numbers: number[], match: Match): boolean =>
  match.protocol === 'icmp' || match.protocol === 'icmpv6'
    ? numbers.includes(ICMP) || numbers.includes(ICMP6)
    : numbers.includes(numberOf(match));

const isWhole = (match: Match): boolean => 'types' in match && match.types === null;

const numberOf = (match: Match): number => {
  if (match.protocol === 'number') return match.number;
  return { tcp: TCP, udp: UDP, icmp: ICMP, icmpv6: ICMP6, any: -1, except: -1 }[match.protocol];
};

const mergePorts = (protocol: 'tcp' | 'udp', matches: Match[]): Match[] => {
  const ranges = matches.flatMap((match) => (match.protocol === protocol && !match.from ? match.ports : []));
  const apart = matches.filter((match) => match.protocol === protocol && match.from !== undefined);
  return ranges.length === 0 ? apart : [{ protocol, ports: mergeRanges(ranges) }, ...apart];
};

const mergeTypes = (protocol: 'icmp' | 'icmpv6', matches: Match[]): Match[] => {
  const found = matches.flatMap((match) => (match.protocol === protocol ? [match] : []));
  if (found.length <= 1) return found;
  if (found.some(({ types }) => types === null)) return [{ protocol, types: null, invert: false }];
  const [inverted, plain] = [found.filter((one) => one.invert), found.filter((one) => !one.invert)];
  const types = plain.flatMap((one) => one.types ?? []);
  return [...(types.length === 0 ? [] : [{ protocol, types, invert: false }]), ...inverted];
};

/** What a match leaves of its own protocol. */
const remainder = (match: Match): Match[] => {
  if (match.protocol === 'tcp' || match.protocol === 'udp') {
    const ports = otherPorts(match.ports);
    return ports.length === 0 ? [] : [{ protocol: match.protocol, ports }];
  }
  if (match.protocol === 'icmp' || match.protocol === 'icmpv6')
    return match.types === null ? [] : [{ ...match, invert: !match.invert }];
  return [];
};
