import fc from 'fast-check';
import { mismatches } from './agree.ts';
import { aimAt, draws } from './aim.ts';
import { settingsOf } from './policies.ts';

/** Random policies in one case, and the packets that are aimed at each. */
const POLICIES = 20;
const PACKETS = 50;
export const PAIRS_PER_CASE = POLICIES * PACKETS;

/**
 * Random policies and packets from one seed, each held against the reference. Null, or where they differ: the smallest policy and packet
 * found in a while. `seen` is told what the packets were decided by.
 */
export const agreeCase = (seed: number, seen: (what: string) => void = () => {}): string | null => {
  const property = fc.property(
    settingsOf,
    fc.array(draws, { minLength: PACKETS, maxLength: PACKETS, size: 'max' }),
    (setting, list) => {
      const [first] = mismatches(setting, list.map(aimAt(setting)), seen);
      if (first === undefined) return;
      const { who, shot, expected, found } = first;
      const { policy, known, laidOut, names } = setting;
      const around = JSON.stringify({ policy, known, laidOut, names: [...names] });
      throw new Error(`${JSON.stringify(shot)}\nthe reference: ${expected}\n${who}: ${found}\nin ${around}`);
    },
  );
  const plain = fc.check(property, { seed, numRuns: POLICIES, endOnFailure: true });
  if (!plain.failed) return null;
  const shrunk = fc.check(property, { seed, numRuns: POLICIES, interruptAfterTimeLimit: SHRINKING });
  const error: unknown = (shrunk.failed ? shrunk : plain).errorInstance;
  return `seed ${seed}: ${error instanceof Error ? error.message : String(error)}`;
};

/** Milliseconds in which a smaller policy is looked for that fails, too. */
const SHRINKING = 20_000;
