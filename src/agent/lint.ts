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
  const good = kept?.policy === policy && kept.red === red && kept.from <= world.now && world.now < kept.until;
  const look = good ? kept : begin(box, policy, red, world);
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), wait).unref());
  return Promise.race([look.findings, late]);
};

type Look = { policy: Policy; red: string; from: number; until: number; findings: Promise<Finding[] | null> };

/** Only the newest question counts: whoever saves ten times in a row asks for one answer. */
const looks = new WeakMap<object, Look>();

const begin = (box: object, policy: Policy, red: string, world: World): Look => {
  const ends = policy.rules.flatMap(({ expires }) => (expires !== null && expires > world.now ? [expires] : []));
  const until = Math.min(...ends, Number.POSITIVE_INFINITY);
  const look: Look = { policy, red, from: world.now, until, findings: Promise.resolve(null) };
  looks.set(box, look);
  look.findings = inPieces(lintSteps(policy, world), () => looks.get(box) === look);
  return look;
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
