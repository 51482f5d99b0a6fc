import { typesIn } from '../plan/nft-rules.ts';
import { isIpv4 } from '../policy/address.ts';
import { inPorts, type Match } from '../policy/matches.ts';
import { hasPort, type PortRange } from '../policy/ports.ts';
import { ICMP, ICMP6, TCP, UDP } from '../policy/protocols.ts';
import { cutBefore, cutsOf } from './address-classes.ts';
import { type Bits, bitsOf, keptSets, memo, noBits, setBit } from './bits.ts';
import type { Packet } from './judge.ts';

/** For some services, by their place in a list: which of them a packet belongs to. */
export const serviceBits = (services: Match[][]): ((packet: Packet) => Bits) => {
  const alike = new Map<string, { service: Match[]; indexes: number[] }>();
  for (const [index, service] of services.entries()) {
    const key = JSON.stringify(service);
    const kept = alike.get(key);
    if (kept === undefined) alike.set(key, { service, indexes: [index] });
    else kept.indexes.push(index);
  }
  const keyOf = keysOf(services);
  const most = keptSets(services.length);
  const kept = new Map<number, Bits>();
  return (packet) => {
    const key = keyOf(packet);
    const found = kept.get(key);
    if (found !== undefined) return found;
    const bits = noBits(services.length);
    for (const { service, indexes } of alike.values())
      if (service.some((match) => serves(match, packet))) for (const index of indexes) setBit(bits, index);
    if (kept.size >= most) kept.clear();
    kept.set(key, bits);
    return bits;
  };
};

/** For some lists of the sender's ports, by their place: which of them a packet comes from. Null is any port and protocol. */
export const senderBits = (lists: (PortRange[] | null)[]): ((packet: Packet) => Bits) => {
  const wanted = lists.flatMap((ports, index) => (ports === null ? [] : [{ ports, index }]));
  const free = bitsOf(
    lists.length,
    lists.flatMap((ports, index) => (ports === null ? [index] : [])),
  );
  if (wanted.length === 0) return () => free;
  const cuts = cutsOf(wanted.flatMap(({ ports }) => edges(ports)));
  const from = memo(keptSets(lists.length), (piece: number) => {
    const bits = free.slice();
    for (const { ports, index } of wanted) if (piece >= 0 && hasPort(ports, cuts[piece] as number)) setBit(bits, index);
    return bits;
  });
  return ({ protocol, sport }) =>
    (protocol === TCP || protocol === UDP) && sport !== undefined ? from(cutBefore(cuts, sport)) : free;
};

/** Packets with the same key belong to the same services. */
const keysOf = (services: Match[][]): ((packet: Packet) => number) => {
  const cuts = cutsOf(services.flat().flatMap((match) => ('ports' in match ? edges(match.ports) : [])));
  return ({ from, protocol, port, type, code }) => {
    const detail =
      protocol === TCP || protocol === UDP
        ? port === undefined
          ? 0
          : cutBefore(cuts, port) + 2
        : protocol === ICMP || protocol === ICMP6
          ? ((type ?? -1) + 1) * 257 + (code ?? -1) + 1
          : 0;
    return (detail * 256 + protocol) * 2 + (isV6(from) ? 1 : 0);
  };
};

/** Where ranges begin, and behind their ends. */
const edges = (ports: PortRange[]): number[] => ports.flatMap(([from, to]) => [from, to + 1]);

const isV6 = (address: string): boolean => address.includes(':');

/** Does a packet belong to it? Ports of the sender are not looked at. */
export const serves = (match: Match, { from, protocol, port, type, code }: Omit<Packet, 'mac' | 'to'>): boolean => {
  const v4 = isIpv4(from);
  switch (match.protocol) {
    case 'any':
      return true;
    case 'tcp':
    case 'udp':
      return protocol === (match.protocol === 'tcp' ? TCP : UDP) && inPorts(match.ports, port);
    case 'number':
      return protocol === match.number;
    case 'except':
      return !match.numbers.some((number) => protocol === (number === ICMP && !v4 ? ICMP6 : number));
    default: {
      if (protocol !== (v4 ? ICMP : ICMP6) || (match.protocol === 'icmpv6' && v4)) return false;
      const types = typesIn(v4 ? 'ip' : 'ip6', match);
      if (types === null) return true;
      const among = types.some((one) => one.type === type && (one.code === null || one.code === code));
      return among !== match.invert;
    }
  }
};
