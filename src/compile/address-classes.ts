import { ipNumber, ipText, ipv4Text, isIp, isIpv4, type Network } from '../policy/address.ts';
import type { Hosts } from '../policy/resolve.ts';

/** An address as a number of its family: IPv4 a number, IPv6 a bigint. */
export type Value = number | bigint;

/** From and to, both included, of one family. */
export type Span = { from: Value; to: Value };

/** Addresses of one class are on the same sides. `sidesIn` tells which by their places in the list, some perhaps twice. */
export type AddressClasses = { classOf: (address: string) => number; sidesIn: (index: number) => number[] };

/**
 * Divides all addresses by the sides that name them: every host that is named by itself is a class, and so is each piece of the line that the
 * ends of the networks cut. What is no address is of class 0, and on no side. `names`: the addresses of DNS names.
 */
export const addressClasses = (
  sides: (Hosts | null)[],
  names?: ReadonlyMap<string, readonly string[]>,
): AddressClasses => {
  const { hosts, wide } = namedBy(sides, names);
  const [four, six] = [lineOf(wide[4]), lineOf(wide[6])];
  const starts = { 4: 1, 6: 1 + four.count, host: 1 + four.count + six.count };
  const listed = [...hosts.entries()];
  const places = new Map(listed.map(([value], index) => [value, starts.host + index]));
  const pieceOf = (value: Value): number =>
    typeof value === 'number' ? starts[4] + four.pieceOf(value) : starts[6] + six.pieceOf(value);
  return {
    classOf: (address) => {
      const value = addressValue(address);
      return value === null ? 0 : (places.get(value) ?? pieceOf(value));
    },
    sidesIn: (index) => {
      if (index === 0) return [];
      if (index < starts[6]) return four.sidesIn(index - starts[4]);
      if (index < starts.host) return six.sidesIn(index - starts[6]);
      const [value, own] = listed[index - starts.host] as [Value, number[]];
      return [...own, ...(typeof value === 'number' ? four.sidesOf(value) : six.sidesOf(value))];
    },
  };
};

type Wide = Span & { side: number };

const namedBy = (sides: (Hosts | null)[], names?: ReadonlyMap<string, readonly string[]>) => {
  const hosts = new Map<Value, number[]>();
  const wide: { 4: Wide[]; 6: Wide[] } = { 4: [], 6: [] };
  const single = (value: Value, side: number): void => {
    const list = hosts.get(value);
    if (list === undefined) hosts.set(value, [side]);
    else list.push(side);
  };
  for (const [side, host] of sides.entries()) {
    if (host === null || host.any) continue;
    for (const network of host.networks) {
      const span = spanOfNetwork(network);
      if (span.from === span.to) single(span.from, side);
      else wide[network.family].push({ ...span, side });
    }
    for (const name of host.names)
      for (const address of names?.get(name) ?? []) {
        const value = addressValue(address);
        if (value !== null) single(value, side);
      }
  }
  return { hosts, wide };
};

/** The line of one family, cut where a network begins and behind its end. */
const lineOf = (wide: Wide[]) => {
  const cuts = cutsOf(wide.flatMap(({ from, to }) => [from, typeof to === 'number' ? to + 1 : to + 1n]));
  const pieceOf = (value: Value): number => cutBefore(cuts, value) + 1;
  const sidesOf = (value: Value): number[] =>
    wide.filter(({ from, to }) => from <= value && value <= to).map(({ side }) => side);
  return {
    count: cuts.length + 1,
    pieceOf,
    sidesOf,
    sidesIn: (piece: number): number[] => (piece === 0 ? [] : sidesOf(cuts[piece - 1] as Value)),
  };
};

/** In order, each once. */
export const cutsOf = <T extends Value>(values: T[]): T[] =>
  [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

/** The place of the last cut at or before a value; -1: there is none. */
export const cutBefore = (cuts: readonly Value[], value: Value): number => {
  let [low, high] = [0, cuts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cuts[middle] as Value) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
};

/** First and last address of a network. */
export const spanOfNetwork = ({ family, address, bits }: Network): Span => {
  if (family === 4) {
    const from = dottedValue(address) ?? 0;
    return { from, to: from + 2 ** (32 - bits) - 1 };
  }
  const from = ipNumber(address);
  return { from, to: from + (1n << BigInt(128 - bits)) - 1n };
};

/** Null: it is no address. */
export const addressValue = (text: string): Value | null => {
  const dotted = dottedValue(text);
  if (dotted !== null) return dotted;
  return isIp(text) && !isIpv4(text) ? ipNumber(text) : null;
};

const dottedValue = (text: string): number | null => {
  let [value, part, digits, dots] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit >= 0 && digit <= 9) {
      part = part * 10 + digit;
      digits += 1;
      if (digits > 3 || part > 255) return null;
    } else if (digit === -2 && digits > 0) {
      value = value * 256 + part;
      [part, digits, dots] = [0, 0, dots + 1];
    } else return null;
  }
  return dots === 3 && digits > 0 ? value * 256 + part : null;
};

/** The address of a value. */
export const valueText = (value: Value): string => (typeof value === 'number' ? ipv4Text(value) : ipText(6, value));
