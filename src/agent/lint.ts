import { setImmediate as breathe } from 'node:timers/promises';
import { type Finding, lintSteps } from '../compile/lint.ts';
import type { World } from '../compile/model.ts';
import type { Policy } from '../policy/schema.ts';
import type { Box } from './box.ts';

/**
 * The findings about a policy, worked out once for as long as they hold: until a rule ends, or RED gets another address. The agent answers others
 * meanwhile. Null when it is not done after `wait` milliseconds (it goes on, and is ready later), or when a newer policy is looked at instead.
 */
export const findingsOf = async (
  box: Pick<Box, 'generation'>,
  world: World,
  wait: number,
): Promise<Finding[] | null> => {
  const { policy } = box.generation;
  const red = JSON.stringify(world.red);
  const kept = looks.get(box);
  const look = kept !== undefined && isGood(kept, policy, red, world) ? kept : begin(box, policy, red, world);
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), wait).unref());
  return Promise.race([look.findings, late]);
};

/** A policy that is not in force, and words that are the same only for the same one. */
export type Draft = { key: string; policy: Policy };

/** What a draft's findings add to those of the policy in force, or change in them; null when that is not known after `wait` milliseconds. */
export const addedFindings = async (
  box: Pick<Box, 'generation'>,
  draft: Draft,
  world: World,
  wait: number,
): Promise<Finding[] | null> => {
  const kept = drafts.get(box);
  const red = JSON.stringify(world.red);
  const good =
    kept?.key === draft.key && kept.before === box.generation.policy && isGood(kept, kept.policy, red, world);
  const look = good ? kept : { ...began(draft.policy, red, world), key: draft.key, before: box.generation.policy };
  if (!good) {
    drafts.set(box, look);
    look.findings = inPieces(lintSteps(draft.policy, world), () => drafts.get(box) === look);
  }
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), wait).unref());
  const [after, before] = await Promise.all([Promise.race([look.findings, late]), findingsOf(box, world, wait)]);
  if (after === null || before === null) return null;
  const known = new Set(before.map(signOf));
  return after.filter((one) => !known.has(signOf(one)));
};

/** What makes a finding another one. Numbers move with every rule that comes or goes, and a packet is only one of many. */
const signOf = ({ kind, id, group, by }: Finding): string =>
  JSON.stringify([kind, id, group, by.map((one) => one.id).sort()]);

type Look = { policy: Policy; red: string; from: number; until: number; findings: Promise<Finding[] | null> };

/** Only the newest question counts: whoever saves ten times in a row asks for one answer. */
const looks = new WeakMap<object, Look>();
const drafts = new WeakMap<object, Look & { key: string; before: Policy }>();

const isGood = (kept: Look, policy: Policy, red: string, { now }: World): boolean =>
  kept.policy === policy && kept.red === red && kept.from <= now && now < kept.until;

const begin = (box: object, policy: Policy, red: string, world: World): Look => {
  const look = began(policy, red, world);
  looks.set(box, look);
  look.findings = inPieces(lintSteps(policy, world), () => looks.get(box) === look);
  return look;
};

const began = (policy: Policy, red: string, { now }: World): Look => {
  const ends = policy.rules.flatMap(({ expires }) => (expires !== null && expires > now ? [expires] : []));
  return {
    policy,
    red,
    from: now,
    until: Math.min(...ends, Number.POSITIVE_INFINITY),
    findings: Promise.resolve(null),
  };
};

/** Runs the steps while they are wanted, and lets others have their turn every so many milliseconds. */
const inPieces = async <T>(steps: Generator<void, T>, wanted: () => boolean, piece = 20): Promise<T | null> => {
  while (wanted()) {
    const end = performance.now() + piece;
    do {
      const { done, value } = steps.next();
      if (done) return value;
    } while (performance.now() < end);
    await breathe();
  }
  return null;
};
