import type { ServicePiece } from '../plan/lookup.ts';
import { typesIn } from '../plan/nft-rules.ts';
import type { Dispatch, Family } from '../plan/ruleset.ts';
import type { Match } from '../policy/matches.ts';
import { ICMP, ICMP6, TCP, UDP } from '../policy/protocols.ts';

/** The pieces of all services, and for each class the dispatches that match its packets, by their place in the list, in order. */
export type ServiceClasses = { pieces: ServicePiece[]; members: number[][] };

/**
 * Divides all packets by service: two services belong to one class when the same rules match them for the same senders and
 * destinations. Source ports are not looked at. Null: there are more combinations than `most`.
 */
export const serviceClasses = (family: Family, list: Dispatch[], most: number): ServiceClasses | null => {
  const classes = new Map<string, number>();
  const members: number[][] = [];
  let size = 0;
  const alike = alikes(list);
  const classOf = (matching: number[]): number => {
    const key = [...new Set(matching.map((index) => alike[index]))].join();
    const kept = classes.get(key);
    if (kept !== undefined) return kept;
    classes.set(key, members.length);
    members.push(matching);
    return members.length - 1;
  };
  const pieces: ServicePiece[] = [];
  for (const protocol of ['tcp', 'udp'] as const)
    for (const { from, to, active } of portPieces(protocol, list)) {
      size += 1 + active.size;
      if (size > most) return null;
      const matching = [...active].sort((a, b) => a - b);
      pieces.push({ kind: 'ports', protocol, from, to, class: classOf(matching) });
    }
  const points = icmpPoints(family, list);
  const numbers = [...otherNumbers(family, list), null];
  if ((points.length + numbers.length) * list.length > most * LOOKS) return null;
  const matchingAll = (point: Point): number[] =>
    list.flatMap(({ service }, index) => (serves(family, service, point) ? [index] : []));
  for (const { type, code } of points) {
    const point = { protocol: icmpNumber(family), type: type ?? -1, code: code ?? -1 };
    pieces.push({ kind: 'icmp', type, code, class: classOf(matchingAll(point)) });
  }
  for (const number of numbers)
    pieces.push({ kind: 'protocol', number, class: classOf(matchingAll({ protocol: number ?? -1 })) });
  return { pieces: joinPorts(pieces), members };
};

/** For each dispatch the first one that differs in nothing but the service. */
const alikes = (list: Dispatch[]): number[] => {
  const sides = new Map<unknown, number>();
  const number = (side: unknown): number => {
    const kept = sides.get(side) ?? sides.size;
    sides.set(side, kept);
    return kept;
  };
  const known = new Map<string, number>();
  return list.map(({ leaf, source, destination, service }, index) => {
    // With source ports the service is asked of each packet.
    const apart = 'from' in service && service.from !== undefined ? index : '';
    const key = `${leaf} ${number(source)} ${number(destination)} ${apart}`;
    const kept = known.get(key) ?? index;
    known.set(key, kept);
    return kept;
  });
};

/** The protocol that `icmp` means in a family. */
export const icmpNumber = (family: Family): number => (family === 'ip' ? ICMP : ICMP6);

type Point = { protocol: number; type?: number; code?: number };

/** Is a packet that is neither TCP nor UDP among those of a match? */
const serves = (family: Family, match: Match, { protocol, type, code }: Point): boolean => {
  switch (match.protocol) {
    case 'any':
      return true;
    case 'number':
      return protocol === match.number;
    case 'except':
      return !match.numbers.some((number) => protocol === (number === ICMP ? icmpNumber(family) : number));
    case 'icmp':
    case 'icmpv6': {
      if (protocol !== icmpNumber(family)) return false;
      const types = typesIn(family, match);
      if (types === null) return true;
      return types.some((one) => one.type === type && (one.code ?? code) === code) !== match.invert;
    }
    default:
      return false;
  }
};

/** So many looks at a dispatch cost about as much as an element. */
const LOOKS = 50;

/** `active`: the dispatches of the moment, in no order; the next piece changes it. */
type PortPiece = { from: number; to: number; active: ReadonlySet<number> };

/** The ports of a protocol, taken apart where a dispatch begins or ends. */
function* portPieces(protocol: 'tcp' | 'udp', list: Dispatch[]): Generator<PortPiece> {
  const opens = new Map<number, number[]>([[0, []]]);
  const closes = new Map<number, number[]>();
  list.forEach(({ service }, index) => {
    for (const [from, to] of portsOf(protocol, service)) {
      add(opens, from, index);
      add(closes, to + 1, index);
    }
  });
  const edges = [...new Set([...opens.keys(), ...closes.keys()])].filter((port) => port <= 65535).sort((a, b) => a - b);
  const active = new Set<number>();
  for (const [index, from] of edges.entries()) {
    for (const one of closes.get(from) ?? []) active.delete(one);
    for (const one of opens.get(from) ?? []) active.add(one);
    yield { from, to: (edges[index + 1] ?? 65536) - 1, active };
  }
}

const portsOf = (protocol: 'tcp' | 'udp', match: Match): [number, number][] => {
  if (match.protocol === protocol) return match.ports;
  const number = protocol === 'tcp' ? TCP : UDP;
  const whole =
    match.protocol === 'any' ||
    (match.protocol === 'number' && match.number === number) ||
    (match.protocol === 'except' && !match.numbers.includes(number));
  return whole ? [[0, 65535]] : [];
};

const add = (map: Map<number, number[]>, key: number, value: number): void => {
  const found = map.get(key);
  if (found === undefined) map.set(key, [value]);
  else found.push(value);
};

/** Every type and code that a match names, the other codes of such a type, and all other types. */
const icmpPoints = (family: Family, list: Dispatch[]): { type: number | null; code: number | null }[] => {
  const codes = new Map<number, Set<number>>();
  for (const { service } of list) {
    if (service.protocol !== 'icmp' && service.protocol !== 'icmpv6') continue;
    for (const { type, code } of typesIn(family, service) ?? []) {
      const known = codes.get(type) ?? new Set();
      codes.set(type, known);
      if (code !== null) known.add(code);
    }
  }
  return [
    ...[...codes].flatMap(([type, known]) => [...[...known].map((code) => ({ type, code })), { type, code: null }]),
    { type: null, code: null },
  ];
};

const otherNumbers = (family: Family, list: Dispatch[]): number[] => {
  const named = list.flatMap(({ service }) =>
    service.protocol === 'number' ? [service.number] : service.protocol === 'except' ? service.numbers : [],
  );
  return [...new Set(named)].filter((number) => ![TCP, UDP, icmpNumber(family)].includes(number));
};

/** Neighbouring ports of one class are one piece. */
const joinPorts = (pieces: ServicePiece[]): ServicePiece[] => {
  const found: ServicePiece[] = [];
  for (const piece of pieces) {
    const last = found.at(-1);
    const joins =
      piece.kind === 'ports' &&
      last?.kind === 'ports' &&
      last.protocol === piece.protocol &&
      last.class === piece.class &&
      last.to + 1 === piece.from;
    if (joins) last.to = piece.to;
    else found.push({ ...piece });
  }
  return found;
};
