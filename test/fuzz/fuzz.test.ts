import test from 'ava';
import { agentVerbs } from './lib/agent.ts';
import { apiRoutes } from './lib/api.ts';
import { CASES_PER_ROUND, fuzzCase } from './lib/fuzz.ts';
import { pageRoutes } from './lib/pages.ts';

/**
 * Whatever comes over the network is borne: every route of the UI and the API, every verb of the agent on both of its sockets, bytes that are
 * no HTTP, old files to import, and what strangers write into logs and leases. `SEED=… ava test/fuzz/fuzz.test.ts` repeats one round;
 * `make test-long SUITE=fuzz` goes through many more.
 */
const CASES = 20_000;
const given = process.env.SEED;
const first = given === undefined ? Math.floor(Math.random() * 0x7fffffff) : Number(given);
const rounds = given === undefined ? CASES / CASES_PER_ROUND : 1;

/** How often at least in 20 000 cases: what never happens proves nothing. */
const wanted: Record<string, number> = {
  ...{
    form: 600,
    route: 900,
    link: 150,
    api: 1200,
    agent: 1600,
    raw: 250,
    import: 4000,
    upload: 60,
    log: 4000,
    name: 100,
  },
  ...{
    'saved by a form': 15,
    'saved by the API': 40,
    'status 200': 1500,
    'status 303': 150,
    'status 403': 50,
    'status 404': 80,
  },
  ...{
    'status 422': 150,
    'import: read': 1000,
    'import: refused': 1000,
    'import: with rules': 200,
    'upload: taken': 10,
  },
  ...{ 'raw: answered': 150, 'a page with a hostile text': 40, 'names of strangers': 100 },
};

test('twenty thousand hostile cases: none fails, stays, runs or shows as markup', async (t) => {
  t.timeout(1_800_000);
  const counts = new Map<string, number>();
  const count = (what: string) => counts.get(what) ?? 0;
  t.log(`seeds ${first} to ${first + rounds - 1}`);
  const began = process.cpuUsage();
  for (let index = 0; index < rounds; index += 1) {
    const failure = await fuzzCase(first + index, (what) => counts.set(what, count(what) + 1));
    if (failure !== null) return t.fail(failure);
  }
  const { user, system } = process.cpuUsage(began);
  t.log(`${rounds * CASES_PER_ROUND} cases, ${Math.round((user + system) / 1e6)} s of the processor`);
  if (given !== undefined) return t.pass();
  for (const [what, least] of Object.entries(wanted))
    t.true(count(what) >= least, `${what}: ${count(what)}, at least ${least}`);
  for (const { name } of pageRoutes) t.true(count(name) > 0, `no case reached ${name}`);
  for (const name of apiRoutes) t.true(count(name) > 0, `no case reached ${name}`);
  for (const name of agentVerbs) t.true(count(`verb ${name}`) > 0, `no case asked for ${name}`);
  return t.pass();
});
