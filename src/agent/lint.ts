import { setImmediate as breathe } from 'node:timers/promises';
import { type Finding, lintSteps } from '../compile/lint.ts';
import type { World } from '../compile/model.ts';
import type { Policy } from '../policy/schema.ts';

/**
 * The findings about a policy, worked out once for as long as they hold: until a rule ends, or RED gets another address. The agent goes on
 * answering others meanwhile.
 */
export const findingsOf = (policy: Policy, world: World): Promise<Finding[]> => {
  const last = kept.get(policy);
  const red = JSON.stringify(world.red);
  if (last !== undefined && last.red === red && last.from <= world.now && world.now < last.until) return last.findings;
  const ends = policy.rules.flatMap(({ expires }) => (expires !== null && expires > world.now ? [expires] : []));
  const findings = inPieces(lintSteps(policy, world));
  kept.set(policy, { red, from: world.now, until: Math.min(...ends, Number.POSITIVE_INFINITY), findings });
  findings.catch(() => kept.delete(policy));
  return findings;
};

/** Policies are values: what is known of one stays true. */
const kept = new WeakMap<Policy, { red: string; from: number; until: number; findings: Promise<Finding[]> }>();

/** Runs the steps, and lets others have their turn after so many milliseconds. */
const inPieces = async <T>(steps: Generator<void, T>, piece = 20): Promise<T> => {
  for (;;) {
    const end = performance.now() + piece;
    do {
      const { done, value } = steps.next();
      if (done) return value;
    } while (performance.now() < end);
    await breathe();
  }
};
