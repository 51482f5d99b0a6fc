import fc from 'fast-check';
import type { Mismatch } from './agree.ts';
import { aimAt, draws, type Shot } from './aim.ts';
import { flowMismatches } from './flows.ts';
import { limited, limitMismatches } from './limits.ts';
import { type Setting, settingsOf } from './policies.ts';

type Seen = (what: string) => void;

/** Limits that are spent by and by, on random policies from one seed: null, or where reference and printed text differ. */
export const limitCase = (seed: number, seen: Seen = () => {}): string | null =>
  search(seed, (setting, shots, gaps) => limitMismatches(limited(setting), shots, gaps, seen));

/** Flows that outlive the moment at which they began, in the same way. */
export const flowCase = (seed: number, seen: Seen = () => {}): string | null =>
  search(seed, (setting, shots, picks) => {
    const times = [...new Set(shots.map(({ at }) => at))];
    const moments = picks.map((number) => times[number % times.length] as number);
    return flowMismatches(setting, shots, moments, seen);
  });

const POLICIES = 20;
const PACKETS = 60;
const several = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.array(arbitrary, { minLength: PACKETS, maxLength: PACKETS, size: 'max' });

const search = (
  seed: number,
  find: (setting: Setting, shots: Shot[], numbers: number[]) => Generator<Mismatch>,
): string | null => {
  const property = fc.property(settingsOf, several(draws), several(fc.nat(3000)), (setting, list, numbers) => {
    const [first] = find(setting, list.map(aimAt(setting)), numbers);
    if (first !== undefined)
      throw new Error(`${JSON.stringify(first)}\nin ${JSON.stringify({ ...setting, names: [...setting.names] })}`);
  });
  const { failed, errorInstance } = fc.check(property, { seed, numRuns: POLICIES, endOnFailure: true });
  return failed ? `seed ${seed}: ${errorInstance instanceof Error ? errorInstance.message : errorInstance}` : null;
};
