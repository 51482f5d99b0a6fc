import test from 'ava';
import { agreeCase, PAIRS_PER_CASE } from './lib/agree-case.ts';

/**
 * The policy engine is exact: on random policies and packets aimed at their edges the judge, and the printed nft text as the kernel runs
 * it, decide as a naive loop over the policy does (`lib/reference.ts`). `SEED=… ava test/compile/agree.test.ts` repeats one case;
 * `make test-long` goes through many more.
 */
const PAIRS = 20_000;
const given = process.env.SEED;
const first = given === undefined ? Math.floor(Math.random() * 0x7fffffff) : Number(given);
const cases = given === undefined ? PAIRS / PAIRS_PER_CASE : 1;

/** What must have decided packets, and how often at least, in 20 000 pairs: what never happens proves nothing. */
const wanted: Record<string, number> = {
  ...{ accept: 2000, drop: 2000, reject: 2000, input: 2000, forward: 2000, IPv4: 2000, IPv6: 2000 },
  ...{ admin: 50, block: 500, default: 2000, rule: 5000, 'late rule': 50, logged: 2000, 'log-only passed': 200 },
  ...{ 'protocol 1': 1000, 'protocol 6': 2000, 'protocol 17': 2000, 'protocol 58': 500, 'protocol other': 500 },
  ...{ 'source any': 500, 'source group': 500, 'source MAC': 50, 'source inverted': 200, 'source ports': 100 },
  ...{ 'destination any': 500, 'destination group': 500, 'destination inverted': 200, 'destination DNS name': 30 },
  ...{ 'service any': 500, 'service group': 500, 'service inverted': 500 },
  ...{
    'linear form': 1000,
    'exact form': 300,
    'large form': 200,
    'indexed form': 2000,
    'chain forward_note': 100,
    'chain forward_ifnote': 100,
  },
  ...{ 'chain forward_iftake': 20, 'chain forward_once': 200, 'chain forward_r': 500, 'chain gate_r': 500 },
  ...{ frame: 100, expiry: 100, 'limit not used up': 50, 'limit on the log': 50 },
};

test('judge, explain and printed text decide every packet as the reference does', (t) => {
  t.timeout(1_200_000);
  const counts = new Map<string, number>();
  t.log(`seeds ${first} to ${first + cases - 1}`);
  for (let index = 0; index < cases; index += 1) {
    const failure = agreeCase(first + index, (what) => counts.set(what, (counts.get(what) ?? 0) + 1));
    if (failure !== null) return t.fail(failure);
  }
  if (given === undefined)
    for (const [what, least] of Object.entries(wanted))
      t.true(
        (counts.get(what) ?? 0) >= least,
        `${what}: ${counts.get(what) ?? 0} packets, at least ${least} are needed`,
      );
  return t.pass();
});
