import type { Network } from '../policy/address.ts';
import { addressValue, cutBefore, cutsOf, type Span, spanOfNetwork, type Value, valueText } from './address-classes.ts';
import { type Bits, noBits, setBit } from './bits.ts';

/** Addresses of one family, divided where a network begins or ends. */
export type AddressLine = {
  /** How many pieces there are. */
  count: number;
  /** The pieces that make up these networks, as numbers below `size`. */
  bitsOf: (networks: Network[], size?: number) => Bits;
  /** The piece that an address is in; the first one, if it is in none. */
  pieceOf: (address: string) => number;
  /** An address of a piece: the first of those wanted that is in it, else one near its beginning. */
  sample: (piece: number, wanted: string[]) => string;
};

/** The whole line, or only the addresses that these networks hold. */
export const addressLine = (family: 4 | 6, networks: Network[], only = false): AddressLine => {
  const spans = networks.filter((network) => network.family === family).map(spanOfNetwork);
  const pieces = only ? piecesOf(spans) : piecesOf([...spans, whole(family)]);
  const starts = pieces.map(({ from }) => from);
  return {
    count: pieces.length,
    bitsOf: (list, size = pieces.length) => {
      const bits = noBits(size);
      for (const network of list) {
        if (network.family !== family) continue;
        const { from, to } = spanOfNetwork(network);
        const before = cutBefore(starts, from);
        const first = before >= 0 && starts[before] === from ? before : before + 1;
        for (let at = first; at < starts.length && (starts[at] as Value) <= to; at += 1) setBit(bits, at);
      }
      return bits;
    },
    pieceOf: (address) => {
      const value = addressValue(address);
      return Math.max(value === null ? 0 : cutBefore(starts, value), 0);
    },
    sample: (piece, wanted) => {
      const { from, to } = pieces[piece] as Span;
      const inside = (address: string) => {
        const value = addressValue(address);
        return value !== null && from <= value && value <= to;
      };
      // The first address of a network is no host.
      return wanted.find(inside) ?? valueText(from < to ? next(from) : from);
    },
  };
};

const piecesOf = (spans: Span[]): Span[] => {
  const cuts = cutsOf(spans.flatMap(({ from, to }) => [from, next(to)]));
  // Every piece is inside all spans that it meets: it is covered when more of them have begun than ended.
  const open = new Map<Value, number>();
  for (const { from, to } of spans) {
    open.set(from, (open.get(from) ?? 0) + 1);
    open.set(next(to), (open.get(next(to)) ?? 0) - 1);
  }
  let depth = 0;
  return cuts.flatMap((from, index) => {
    depth += open.get(from) ?? 0;
    const end = cuts[index + 1];
    return depth > 0 && end !== undefined ? [{ from, to: previous(end) }] : [];
  });
};

const whole = (family: 4 | 6): Span =>
  family === 4 ? { from: 0, to: 2 ** 32 - 1 } : { from: 0n, to: (1n << 128n) - 1n };

const next = (value: Value): Value => (typeof value === 'number' ? value + 1 : value + 1n);
const previous = (value: Value): Value => (typeof value === 'number' ? value - 1 : value - 1n);
