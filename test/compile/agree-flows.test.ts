import test, { type ExecutionContext } from 'ava';
import { flowCase, limitCase } from './lib/flow-case.ts';

/**
 * What one packet does not show: limits that are spent by and by, and flows that outlive the moment at which they began. `SEED=…` before ava
 * repeats a case; `make test-long` goes through many more.
 */
const given = process.env.SEED;
const first = given === undefined ? Math.floor(Math.random() * 0x3fffffff) : Number(given);
const CASES = given === undefined ? 3 : 1;

type Case = (seed: number, seen: (what: string) => void) => string | null;

const agrees = (t: ExecutionContext, one: Case, wanted: Record<string, number>): void => {
  t.timeout(1_200_000);
  t.log(`seeds ${first} to ${first + CASES - 1}`);
  const counts = new Map<string, number>();
  for (let index = 0; index < CASES; index += 1) {
    const failure = one(first + index, (what) => counts.set(what, (counts.get(what) ?? 0) + 1));
    if (failure !== null) {
      t.fail(failure);
      return;
    }
  }
  if (given === undefined)
    for (const [what, least] of Object.entries(wanted))
      t.true((counts.get(what) ?? 0) >= least, `${what}: ${counts.get(what) ?? 0}, at least ${least} are needed`);
  t.pass();
};

test('limits are spent as the reference spends them', (t) => {
  agrees(t, limitCase, { 'within a limit': 200, 'beyond a limit': 80 });
});

test('flows pass while their rule holds, and no longer', (t) => {
  agrees(t, flowCase, { 'sent, accept': 100, 'sent, drop': 5, 'answered, accept': 100, 'answered, drop': 5 });
});
