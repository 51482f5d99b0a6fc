import { type Bits, hasBit } from './bits.ts';

/** A set of packets: those whose class on every axis is in that axis' set. No axis is empty. */
export type Box = readonly Bits[];

/** Do two boxes have a packet in common? */
export const meet = (one: Box, other: Box): boolean => one.every((bits, axis) => shares(bits, other[axis] as Bits));

/** Is every packet of one box in the other, too? */
export const isWithin = (one: Box, other: Box): boolean =>
  one.every((bits, axis) => isSubset(bits, other[axis] as Bits));

/** What two boxes have in common; null: nothing. */
export const overlap = (one: Box, other: Box): Box | null =>
  meet(one, other) ? one.map((bits, axis) => and(bits, other[axis] as Bits)) : null;

/** What a box leaves when another one is cut out of it: boxes that have nothing in common. */
export const without = (box: Box, cut: Box): Box[] => {
  const found: Box[] = [];
  let rest = box;
  for (const [axis, bits] of box.entries()) {
    const other = cut[axis] as Bits;
    if (isSubset(bits, other)) continue;
    found.push(
      rest.with(
        axis,
        bits.map((word, at) => word & ~(other[at] as number)),
      ),
    );
    rest = rest.with(axis, and(bits, other));
  }
  return found;
};

/** A packet of a box, as a class on each axis: the wanted one where the box has it, else the first. */
export const cellOf = (box: Box, wanted: readonly number[]): number[] =>
  box.map((bits, axis) => (hasBit(bits, wanted[axis] as number) ? (wanted[axis] as number) : firstBit(bits)));

/** A packet of a box that `random` chooses; it gives whole numbers from 0 to one below what it is asked for. */
export const someOf = (box: Box, random: (below: number) => number): number[] =>
  box.map((bits) => {
    const words = bits.length;
    for (let at = random(words), tried = 0; tried < words; at = (at + 1) % words, tried += 1) {
      const word = bits[at] as number;
      if (word !== 0) return at * 32 + someBit(word, random(32));
    }
    return firstBit(bits);
  });

/** Is the packet in the box? */
export const holdsCell = (box: Box, cell: readonly number[]): boolean =>
  box.every((bits, axis) => hasBit(bits, cell[axis] as number));

const shares = (one: Bits, other: Bits): boolean => {
  if (one === other) return true;
  for (let at = 0; at < one.length; at += 1) if (((one[at] as number) & (other[at] as number)) !== 0) return true;
  return false;
};

const isSubset = (one: Bits, other: Bits): boolean => {
  if (one === other) return true;
  for (let at = 0; at < one.length; at += 1) if (((one[at] as number) & ~(other[at] as number)) !== 0) return false;
  return true;
};

const and = (one: Bits, other: Bits): Bits =>
  one === other ? one : one.map((word, at) => word & (other[at] as number));

const firstBit = (bits: Bits): number => {
  const at = bits.findIndex((word) => word !== 0);
  const word = bits[at] ?? 0;
  return at * 32 + 31 - Math.clz32(word & -word);
};

/** The first bit at or behind a place in a word, going round. */
const someBit = (word: number, from: number): number => {
  const behind = word & (-1 << from);
  const left = behind === 0 ? word : behind;
  return 31 - Math.clz32(left & -left);
};
