import type { Rule } from '../policy/schema.ts';
import { type Box, isWithin, overlap, someOf } from './boxes.ts';
import { allSettled, type Layer } from './cover.ts';
import type { Packet } from './judge.ts';
import {
  type Ask,
  boxesIn,
  type Cell,
  holding,
  holdsWhenever,
  type Look,
  layersBefore,
  meeting,
  prove,
  TRIES,
  witnessOf,
} from './lint-ask.ts';
import type { Step } from './model.ts';

/**
 * What the order of the rules makes of one of them. `never`: others above decide all that it speaks of, `by` together (nobody: it means no
 * packet). `redundant`: without it the same would happen, by those below; nobody: by the default action. `partly`: rules above of the opposite
 * action decide some of what it speaks of, and also what it does not speak of. `packet` is one that shows it.
 */
export type OrderFinding = { kind: 'never' | 'redundant' | 'partly'; step: Step; by: Step[]; packet: Packet | null };

/**
 * What can be proved about the order of the rules, for all times: what holds at times or up to a limit only is not taken to decide for good. Rules
 * for which a proof would take too long are left out. It can be left and taken up again after each rule.
 */
export function* orderFindings(ask: Ask): Generator<void, OrderFinding[]> {
  const found = new Map<Step, OrderFinding>();
  const lives = new Map<Step, Cell[]>();
  const rules = ask.steps.filter(({ from }) => from.kind === 'rule');
  for (const step of rules) {
    yield;
    const life = lifeOf(ask, step);
    if (life === null) continue;
    if (life.never === null) lives.set(step, life.cells);
    else {
      found.set(step, { kind: 'never', step, by: life.never, packet: witnessOf(life.cells) });
      ask.gone.add(step);
      ask.never.add(step);
    }
  }
  for (const [step, cells] of lives) {
    yield;
    const by = superfluous(ask, step, cells);
    if (by === null) continue;
    found.set(step, { kind: 'redundant', step, by, packet: witnessOf(cells) });
    // Two rules that stand in for each other are not both superfluous: the first counts as gone for all others.
    ask.gone.add(step);
  }
  for (const step of lives.keys()) {
    yield;
    const cells = ask.gone.has(step) ? [] : contradictions(ask, step);
    const by = cells.map(({ step: one }) => one);
    if (by.length > 0) found.set(step, { kind: 'partly', step, by, packet: witnessOf(cells) });
  }
  return rules.flatMap((step) => found.get(step) ?? []);
}

/** Some packets that a step decides; or that none are, by which others. Null: it was not found out. */
const lifeOf = (ask: Ask, step: Step): { cells: Cell[]; never: Step[] | null } | null => {
  const cells: Cell[] = [];
  const tried: Cell[] = [];
  const used = new Set<Step>();
  for (const look of ask.looks) {
    const boxes = boxesIn(ask, look, step);
    const before = layersBefore(ask, look, step);
    for (let turn = 0; boxes.length > 0 && turn < TRIES; turn += 1) {
      const cell = someOf(boxes[turn % boxes.length] as Box, ask.random);
      (before.some(holding(cell)) ? tried : cells).push({ look, cell });
    }
  }
  if (cells.length > 0) return { cells, never: null };
  for (const look of ask.looks) {
    const proof = prove(ask, boxesIn(ask, look, step), layersBefore(ask, look, step), used);
    if (proof === 'unknown') return null;
    if (proof !== 'yes') return { cells: [{ look, cell: look.space.cellOf(proof.box) }], never: null };
  }
  const never = fewest(ask, step, used);
  // The clearest packet to show is one that one of them is the first to decide.
  const clear = ({ look, cell }: Cell) => never.includes(layersBefore(ask, look, step).find(holding(cell))?.of as Step);
  return { cells: [...tried.filter(clear), ...tried], never };
};

/** Of the steps that decide all of this one's packets together, those that it takes. */
const fewest = (ask: Ask, step: Step, used: Set<Step>): Step[] => {
  let needed = ask.steps.filter((one) => used.has(one));
  for (const one of needed.length > 30 ? [] : needed.toReversed()) {
    const others = needed.filter((other) => other !== one);
    const enough = ask.looks.every((look) => {
      const layers = look.layers.filter(({ of }) => others.includes(of));
      return allSettled(boxesIn(ask, look, step), layers, { left: 300 }) === 'yes';
    });
    if (enough) needed = others;
  }
  return needed;
};

/** Would the same happen to all its packets without this step? By which others below, then; null: no, or nobody knows. */
const superfluous = (ask: Ask, step: Step, cells: Cell[]): Step[] | null => {
  const { from, limit, action } = step;
  if (from.kind !== 'rule' || limit !== null || action === 'log') return null;
  const { settings } = ask.policy;
  const byDefault = settings.defaultDeny === action && settings.logging === from.rule.log;
  const after = new Map(ask.looks.map((look) => [look, layersAfter(ask, look, from.rule, step)]));
  const refuted = cells.some(({ look, cell }) => {
    const next = after.get(look)?.find(holding(cell));
    return next === undefined ? !byDefault : next.does === 'fails';
  });
  if (refuted) return null;
  const used = new Set<Step>();
  for (const look of ask.looks) {
    const boxes = boxesIn(ask, look, step);
    const end: Layer<Step>[] = byDefault ? [{ boxes, does: 'settles', of: step }] : [];
    const layers = [...layersBefore(ask, look, step), ...(after.get(look) ?? []), ...end];
    if (prove(ask, boxes, layers, used) !== 'yes') return null;
  }
  return ask.steps.slice((ask.places.get(step) ?? 0) + 1).filter((one) => used.has(one));
};

/**
 * What a packet comes to when the step is gone. A rule that might not hold, or that might go as well, but would do the same leaves the question to the
 * next ones: each fix is right by itself, and with others.
 */
const layersAfter = (ask: Ask, look: Look, rule: Rule, step: Step): Layer<Step>[] =>
  look.layers
    .slice((ask.places.get(step) ?? 0) + 1)
    .filter(meeting(boxesIn(ask, look, step)))
    .flatMap((layer): Layer<Step>[] => {
      const { action, limit, from } = layer.of;
      const logs = from.kind === 'rule' && from.rule.log;
      const same = action === step.action && logs === rule.log && (limit === null || !logs);
      if (!same) return [{ ...layer, does: 'fails' }];
      return !ask.gone.has(layer.of) && holdsWhenever(layer.of, step) ? [layer] : [];
    });

/** Up to three steps above of the opposite action that decide part of what this one speaks of, and are no exceptions to it, with a packet each. */
const contradictions = (ask: Ask, step: Step): (Cell & { step: Step })[] => {
  if (step.action === 'log') return [];
  const found = new Map<Step, Cell & { step: Step }>();
  for (const look of ask.looks) {
    const own = boxesIn(ask, look, step);
    const before = layersBefore(ask, look, step);
    const opposite = before.filter(
      ({ of, boxes }) =>
        of.from.kind === 'rule' &&
        (of.action === 'accept') !== (step.action === 'accept') &&
        !boxes.every((box) => own.some((one) => isWithin(box, one))),
    );
    for (const { of, boxes } of opposite.slice(0, 40)) {
      if (found.size === 3 || found.has(of)) continue;
      const cell = firstOf(ask, look, own, boxes, before, of);
      if (cell !== null) found.set(of, { step: of, look, cell });
    }
  }
  return [...found.values()];
};

/** A packet of both that the other one is the first to decide. */
const firstOf = (
  { random }: Ask,
  look: Look,
  own: Box[],
  boxes: Box[],
  before: Layer<Step>[],
  other: Step,
): number[] | null => {
  const both = own.flatMap((one) => boxes.map((box) => overlap(one, box))).filter((box) => box !== null);
  for (let turn = 0; turn < Math.min(6, both.length * 6); turn += 1) {
    const cell = someOf(both[turn % both.length] as Box, random);
    if (before.find(holding(cell))?.of === other && look.space.packetOf(cell) !== null) return cell;
  }
  return null;
};
