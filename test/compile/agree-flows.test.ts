import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import type { Mismatch } from './lib/agree.ts';
import { aimAt, draws, type Shot } from './lib/aim.ts';
import { flowMismatches } from './lib/flows.ts';
import { limited, limitMismatches } from './lib/limits.ts';
import { type Setting, settingsOf } from './lib/policies.ts';

/** What one packet does not show: limits that are spent by and by, and flows that outlive the moment at which they began. */
const seed = process.env.SEED === undefined ? Math.floor(Math.random() * 0x7fffffff) : Number(process.env.SEED);
const PACKETS = 60;
const several = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.array(arbitrary, { minLength: PACKETS, maxLength: PACKETS, size: 'max' });

type Find = (setting: Setting, shots: Shot[], numbers: number[], seen: (what: string) => void) => Generator<Mismatch>;

const agrees = (t: ExecutionContext, find: Find, wanted: Record<string, number>): void => {
  t.timeout(1_200_000);
  t.log(`seed ${seed}`);
  const counts = new Map<string, number>();
  const seen = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  fc.assert(
    fc.property(settingsOf, several(draws), several(fc.nat(3000)), (setting, list, numbers) => {
      const [first] = find(setting, list.map(aimAt(setting)), numbers, seen);
      if (first !== undefined) throw new Error(JSON.stringify(first));
    }),
    { seed, numRuns: 60, interruptAfterTimeLimit: 600_000 },
  );
  for (const [what, least] of Object.entries(wanted))
    t.true((counts.get(what) ?? 0) >= least, `${what}: ${counts.get(what) ?? 0}, at least ${least} are needed`);
};

test('limits are spent as the reference spends them', (t) => {
  const find: Find = (setting, shots, gaps, seen) => limitMismatches(limited(setting), shots, gaps, seen);
  agrees(t, find, { 'within a limit': 300, 'beyond a limit': 300 });
});

test('flows pass while their rule holds, and no longer', (t) => {
  const find: Find = (setting, shots, picks, seen) => {
    const times = [...new Set(shots.map(({ at }) => at))];
    const moments = picks.map((number) => times[number % times.length] as number);
    return flowMismatches(setting, shots, moments, seen);
  };
  agrees(t, find, { 'sent, accept': 200, 'sent, drop': 10, 'answered, accept': 200, 'answered, drop': 10 });
});
