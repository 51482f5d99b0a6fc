import type { Hosts } from '../policy/resolve.ts';
import { addressClasses } from './address-classes.ts';
import { type Bits, bitsOf, keptSets, memo, noBits, setBit } from './bits.ts';

/** The sides that a host is on, and those that some MAC, which is not known here, could still turn. */
export type On = { on: Bits; open: Bits };

/**
 * Which of some sides (sources or destinations, by their place in a list) hold a host. `null` in the list is a side that no host is on;
 * `names`: the addresses of DNS names. Answers are kept, and not to be written to.
 */
export const hostBits = (
  sides: (Hosts | null)[],
  names?: ReadonlyMap<string, readonly string[]>,
): ((address: string, mac: string | null) => On) => {
  const size = sides.length;
  const of = (test: (side: Hosts) => boolean): Bits =>
    bitsOf(
      size,
      sides.flatMap((side, index) => (side !== null && test(side) ? [index] : [])),
    );
  const any = of((side) => side.any);
  const inverted = of((side) => !side.any && side.invert);
  const carded = of((side) => !side.any && side.macs.length > 0);
  const none = noBits(size);
  const { classOf, sidesIn } = addressClasses(sides, names);
  const macs = sidesByMac(sides);
  const cards = new Map([...macs.keys()].map((mac, index) => [mac, index + 2]));
  const byCard = [...macs.values()];
  const count = macs.size + 2;
  const kept = memo(keptSets(size), (key: number): On => {
    const card = key % count;
    const named = noBits(size);
    for (const side of sidesIn((key - card) / count)) setBit(named, side);
    for (const side of byCard[card - 2] ?? []) setBit(named, side);
    const open = card === UNKNOWN ? named.map((word, at) => ~word & (carded[at] as number)) : none;
    const on = named.map(
      (word, at) => ((word ^ (inverted[at] as number)) | (any[at] as number)) & ~(open[at] as number),
    );
    return { on, open };
  });
  return (address, mac) => kept(classOf(address) * count + (mac === null ? UNKNOWN : (cards.get(mac) ?? STRANGER)));
};

/** MACs that are not known, and those that no side names; from 2 on each has its own number. */
const [UNKNOWN, STRANGER] = [0, 1];

const sidesByMac = (sides: (Hosts | null)[]): Map<string, number[]> => {
  const found = new Map<string, number[]>();
  for (const [index, side] of sides.entries())
    for (const mac of side?.any === false ? side.macs : []) {
      const list = found.get(mac);
      if (list === undefined) found.set(mac, [index]);
      else list.push(index);
    }
  return found;
};
