import type { Policy } from '../policy/schema.ts';
import { type Box, holdsCell, meet } from './boxes.ts';
import { allSettled, type Layer, type Proof } from './cover.ts';
import type { Packet } from './judge.ts';
import { limitsAction, type Step, stepsOf, type World } from './model.ts';
import { type Space, spaceOf } from './rule-space.ts';

/** One family's packets, and what each step says of them, by its place in the list. */
export type Look = { space: Space; layers: Layer<Step>[]; above: Map<Step, Layer<Step>[]> };

/** What is asked about the order of a policy's rules. `gone`: steps that count as taken away, `never` those of them that never decide; `left`: what proofs may still cost. */
export type Ask = {
  policy: Policy;
  steps: Step[];
  places: Map<Step, number>;
  looks: Look[];
  gone: Set<Step>;
  never: Set<Step>;
  random: (below: number) => number;
  left: { left: number };
};

/** A packet of one family. */
export type Cell = { look: Look; cell: readonly number[] };

/** Rules that are off or over, and hosts blocked for a time, are left out. `probes`: what else is to be told apart. */
export const askOf = (policy: Policy, world: World, probes: Step[] = []): Ask => {
  const isOver = ({ from }: Step) =>
    from.kind === 'rule' && from.rule.expires !== null && from.rule.expires <= world.now;
  const steps = stepsOf(policy, world).filter((step) => step.enabled && step.from.kind !== 'block' && !isOver(step));
  const looks = ([4, 6] as const).flatMap((family): Look[] => {
    const space = spaceOf(family, policy, [...steps, ...probes], world);
    if (space === null) return [];
    return [
      { space, layers: steps.map((of) => ({ of, boxes: space.boxesOf(of), does: 'settles' })), above: new Map() },
    ];
  });
  return {
    policy,
    steps,
    places: new Map(steps.map((step, index) => [step, index])),
    looks,
    gone: new Set(),
    never: new Set(),
    random: randomOf(),
    left: { left: TOTAL },
  };
};

/** Pieces that are looked at for one proof, and for all proofs of one policy. */
const EACH = 3000;
const TOTAL = 300_000;

/** Packets that are tried before a proof is. */
export const TRIES = 40;

/** The same numbers every time. */
const randomOf = (seed = 1): Ask['random'] => {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

/** A proof for one step takes its share of what is left for the policy. */
export const prove = ({ left }: Ask, boxes: Box[], layers: Layer<Step>[], used: Set<Step>): Proof => {
  const share = Math.min(EACH, left.left);
  const budget = { left: share };
  const proof = allSettled(boxes, layers, budget, used);
  left.left -= share - Math.max(budget.left, 0);
  return proof;
};

/** Is the packet in one of the boxes? */
export const holding =
  (cell: readonly number[]) =>
  ({ boxes }: { boxes: Box[] }): boolean =>
    boxes.some((box) => holdsCell(box, cell));

/** The packets that a step matches. */
export const boxesIn = ({ places }: Ask, look: Look, step: Step): Box[] =>
  look.layers[places.get(step) ?? -1]?.boxes ?? [];

/** The steps above that meet this one, and decide whatever they match whenever it would. */
export const layersBefore = (ask: Ask, look: Look, step: Step): Layer<Step>[] => {
  const kept =
    look.above.get(step) ??
    look.layers
      .slice(0, ask.places.get(step))
      .filter((one) => one.of.action !== 'log' && !ask.gone.has(one.of) && holdsWhenever(one.of, step))
      .filter(meeting(boxesIn(ask, look, step)));
  look.above.set(step, kept);
  return kept.filter(({ of }) => !ask.gone.has(of));
};

/** Has it a packet in common with these boxes? */
export const meeting =
  (own: Box[]) =>
  ({ boxes }: { boxes: Box[] }): boolean =>
    boxes.some((box) => own.some((one) => meet(box, one)));

/** Is one in force whenever the other is, and without a count? */
export const holdsWhenever = (one: Step, other: Step): boolean => {
  if (limitsAction(one.limit)) return false;
  if (one.from.kind !== 'rule' || other.from.kind !== 'rule') return true;
  // What it names is not known now: it stands for everything until it is.
  const { source, destination } = one.from.rule;
  if ((one.source.any && source.kind !== 'any') || (one.destination?.any && destination.kind !== 'any')) return false;
  const [{ frame, expires }, of] = [one.from.rule, other.from.rule];
  return (
    (frame === null || JSON.stringify(frame) === JSON.stringify(of.frame)) &&
    (expires === null || (of.expires !== null && of.expires <= expires))
  );
};

/** One of these packets, as it would come. */
export const witnessOf = (cells: Cell[]): Packet | null => {
  for (const { look, cell } of cells) {
    const packet = look.space.packetOf(cell);
    if (packet !== null) return packet;
  }
  return null;
};
