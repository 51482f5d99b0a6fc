import type { Family } from '../plan/ruleset.ts';
import { ipNumber, ipText, type Network } from '../policy/address.ts';

/** Addresses of one family as numbers, both included. */
export type Range = { from: bigint; to: bigint };

/** A range that a rule is about; `position` is the rule's. */
export type Claim = Range & { position: number };

/** The numbers of a network. */
export const rangeOf = ({ family, address, bits }: Network): Range => {
  const from = numberOf(address);
  return { from, to: from + (1n << BigInt((family === 4 ? 32 : 128) - bits)) - 1n };
};

/** In order, with what overlaps or touches made one. */
export const joined = (ranges: Range[]): Range[] => {
  const found: Range[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => compare(a.from, b.from))) {
    const last = found.at(-1);
    if (last === undefined || from > last.to + 1n) found.push({ from, to });
    else if (to > last.to) last.to = to;
  }
  return found;
};

/** Every address of the family that is in none of the ranges. */
export const otherRanges = (family: Family, ranges: Range[]): Range[] => {
  const found: Range[] = [];
  let next = 0n;
  for (const { from, to } of joined(ranges)) {
    if (from > next) found.push({ from: next, to: from - 1n });
    next = to + 1n;
  }
  const end = (1n << (family === 'ip' ? 32n : 128n)) - 1n;
  return next <= end ? [...found, { from: next, to: end }] : found;
};

/**
 * The claims taken apart into disjoint pieces, in order, each with all positions that claim it, lowest first. Null: pieces and positions are
 * more than `most` together.
 */
export const piecesOf = (claims: Claim[], most: number): (Range & { positions: number[] })[] | null => {
  const found: (Range & { positions: number[] })[] = [];
  let size = 0;
  const fits = sweep(claims, (from, to, active) => {
    size += 1 + active.length;
    if (size <= most) found.push({ from, to, positions: [...new Set(active)] });
    return size <= most;
  });
  return fits ? found : null;
};

/** Visits the pieces in order, with the positions that claim each, lowest first; ends when it is told to, and says so. */
const sweep = (claims: Claim[], visit: (from: bigint, to: bigint, active: number[]) => boolean): boolean => {
  const edges = new Map<bigint, { opens: number[]; closes: number[] }>();
  const edge = (at: bigint) => {
    const found = edges.get(at) ?? { opens: [], closes: [] };
    edges.set(at, found);
    return found;
  };
  for (const { from, to, position } of claims) {
    edge(from).opens.push(position);
    edge(to + 1n).closes.push(position);
  }
  const active: number[] = [];
  let start = 0n;
  for (const at of [...edges.keys()].sort(compare)) {
    if (active.length > 0 && !visit(start, at - 1n, active)) return false;
    const { opens, closes } = edge(at);
    for (const position of closes) active.splice(placeOf(active, position), 1);
    for (const position of opens) active.splice(placeOf(active, position), 0, position);
    start = at;
  }
  return true;
};

/** One address? */
export const isSingle = ({ from, to }: Range): boolean => from === to;

/** The pieces by the first position that claims each; neighbours with the same one are joined, but for single addresses: those are hashed. */
export const firstPieces = (claims: Claim[]): Claim[] => {
  const found: Claim[] = [];
  const joins = !claims.every(isSingle);
  sweep(claims, (from, to, [position = 0]) => {
    const last = found.at(-1);
    if (joins && last !== undefined && last.to + 1n === from && last.position === position) last.to = to;
    else found.push({ from, to, position });
    return true;
  });
  return found;
};

/** `10.0.0.1`, or `10.0.0.1-10.0.0.9`. */
export const rangeText = (family: Family, { from, to }: Range): string =>
  from === to ? addressText(family, from) : `${addressText(family, from)}-${addressText(family, to)}`;

/** The address of a number. */
export const addressText = (family: Family, number: bigint): string => {
  const kept = (family === 'ip' ? texts4 : texts6).get(number);
  if (kept !== undefined) return kept;
  const text = ipText(family === 'ip' ? 4 : 6, number);
  keep(family === 'ip' ? texts4 : texts6, number, text);
  return text;
};

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** Where a position stands, or would stand, among those in order. */
const placeOf = (active: number[], position: number): number => {
  let [low, high] = [0, active.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((active[middle] as number) < position) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The same addresses come again in every service's class: reading and writing them is half the work of a compile. */
const numbers = new Map<string, bigint>();
const texts4 = new Map<bigint, string>();
const texts6 = new Map<bigint, string>();

const numberOf = (address: string): bigint => {
  const kept = numbers.get(address);
  if (kept !== undefined) return kept;
  const number = ipNumber(address);
  keep(numbers, address, number);
  return number;
};

const keep = <K, V>(map: Map<K, V>, key: K, value: V): void => {
  if (map.size >= 50_000) map.clear();
  map.set(key, value);
};
