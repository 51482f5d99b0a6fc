import { type Box, isWithin, meet, overlap, without } from './boxes.ts';

/** What became of a question about boxes: yes; no, with packets that show it; or nobody knows, for finding out would take too long. */
export type Proof = 'yes' | 'unknown' | { box: Box };

/** Something that packets come to in turn. Those in its boxes are settled by it, or it is where the question fails. */
export type Layer<T> = { boxes: Box[]; does: 'settles' | 'fails'; of: T };

/**
 * Is every packet of these boxes settled by one of the layers, before it comes to one that fails and before they end? At most `budget.left` pieces
 * are looked at. `used` gets the layers that it takes.
 */
export const allSettled = <T>(
  boxes: Box[],
  layers: Layer<T>[],
  budget: { left: number },
  used = new Set<T>(),
): Proof => {
  for (const box of boxes) {
    const proof = isSettled(box, layers, budget, used);
    if (proof !== 'yes') return proof;
  }
  return 'yes';
};

const isSettled = <T>(box: Box, layers: Layer<T>[], budget: { left: number }, used: Set<T>): Proof => {
  budget.left -= 1;
  if (budget.left < 0) return 'unknown';
  const meeting = layers.filter(({ boxes }) => boxes.some((one) => meet(box, one)));
  const end = meeting.findIndex(({ does }) => does === 'fails');
  const settling = end < 0 ? meeting : meeting.slice(0, end);
  const whole = settling.find(({ boxes }) => boxes.some((one) => isWithin(box, one)));
  if (whole !== undefined) {
    used.add(whole.of);
    return 'yes';
  }
  const [first] = settling;
  const cut = (first ?? meeting[end])?.boxes.find((one) => meet(box, one));
  if (cut === undefined) return { box };
  if (first === undefined) return { box: overlap(box, cut) ?? box };
  used.add(first.of);
  for (const rest of without(box, cut)) {
    const proof = isSettled(rest, meeting, budget, used);
    if (proof !== 'yes') return proof;
  }
  return 'yes';
};
