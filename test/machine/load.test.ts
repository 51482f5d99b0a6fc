import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { type Counters, LoadError } from '../../src/agent/ports.ts';
import { compile } from '../../src/compile/compile.ts';
import { loadRuleset, look } from '../../src/machine/nft.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { Policy } from '../../src/policy/schema.ts';
import { handbook } from '../lib/handbook.ts';

/**
 * The real nft in a namespace of its own, which needs no root. `fates` says what becomes of the next calls that change something: `fine`,
 * `before` and `after` (killed before or after it committed), `refused`.
 */
const folder = await mkdtemp(join(tmpdir(), 'greengate-load-'));
const holder = spawn('unshare', ['-rn', 'sh', '-c', 'echo there; exec sleep 1000']);
await once(holder.stdout, 'data');
const inside = ['--preserve-credentials', '-U', '-n', '-t', String(holder.pid)];
await writeFile(
  join(folder, 'nft'),
  `#!/bin/sh
nft='nsenter ${inside.join(' ')} /usr/sbin/nft'
[ "$1" = -f ] || exec $nft "$@"
fate=$(head -n 1 ${folder}/fates)
sed -i 1d ${folder}/fates
case $fate in
before) cat >/dev/null; kill -9 $$ ;;
after) $nft "$@"; kill -9 $$ ;;
refused) echo 'add rule ip filter nowhere accept' | $nft "$@" ;;
*) exec $nft "$@" ;;
esac
`,
);
await chmod(join(folder, 'nft'), 0o755);
process.env.GREENGATE_TOOLS = folder;
const fates = (...list: string[]) => writeFile(join(folder, 'fates'), list.map((one) => `${one}\n`).join(''));
test.beforeEach(() => fates());
test.after.always(async () => {
  holder.kill();
  await rm(folder, { recursive: true });
});

const nft = (...args: string[]) => execFileSync('nsenter', [...inside, '/usr/sbin/nft', ...args], { encoding: 'utf8' });
const planOf = (generation: number, change: (policy: Policy) => Policy = (policy) => policy): Plan =>
  compile(change(handbook()), { ...applianceFacts(true, 1_795_420_000), generation });
const open = (policy: Policy): Policy => ({ ...policy, settings: { ...policy.settings, enabled: false } });
const without =
  (id: string) =>
  (policy: Policy): Policy => ({
    ...policy,
    rules: policy.rules.filter((rule) => rule.id !== id),
  });
/** How many generations have chains in the kernel. */
const generations = () => new Set([...nft('list', 'chains').matchAll(/chain (g\d+)_/g)].map(([, tag]) => tag)).size;

test.serial('a load, and one over it: one generation is there', async (t) => {
  t.deepEqual(await loadRuleset(planOf(1)), { removed: true });
  t.deepEqual(await loadRuleset(planOf(2)), { removed: true });
  t.deepEqual([(await look()).generation, (await look()).bot, generations()], [2, 'enabled', 1]);
});

test.serial('only a fault that nft names is a refusal; the kernel then judges as before', async (t) => {
  for (const [fate, at] of [
    [['refused'], 'staging'],
    [['fine', 'refused'], 'switch'],
  ] as const) {
    await fates(...fate);
    await t.throwsAsync(loadRuleset(planOf(3)), { instanceOf: LoadError }, at);
    t.deepEqual([(await look()).generation, generations()], [2, 1], at);
  }
});

test.serial('killed, nft may have switched or not: that is no refusal', async (t) => {
  await fates('fine', 'before');
  t.false((await t.throwsAsync(loadRuleset(planOf(3)))) instanceof LoadError);
  t.deepEqual([(await look()).generation, generations()], [2, 1]);
  await fates('fine', 'after');
  t.false((await t.throwsAsync(loadRuleset(planOf(3, open)))) instanceof LoadError);
  t.deepEqual([(await look()).generation, (await look()).bot], [3, 'disabled'], 'the box is open');
  await loadRuleset(planOf(2));
  t.deepEqual([(await look()).generation, (await look()).bot, generations()], [2, 'enabled', 1]);
  await fates('fine', 'after');
  t.false((await t.throwsAsync(loadRuleset(planOf(3)))) instanceof LoadError);
  await loadRuleset(planOf(2));
  t.deepEqual([(await look()).generation, generations()], [2, 1]);
});

test.serial('a removal that fails is no failed load, and the next one removes', async (t) => {
  await fates('fine', 'fine', 'before');
  t.deepEqual(await loadRuleset(planOf(3)), { removed: false });
  t.deepEqual([(await look()).generation, generations()], [3, 2]);
  t.deepEqual(await loadRuleset(planOf(4)), { removed: true });
  t.deepEqual([(await look()).generation, generations()], [4, 1]);
});

test.serial('what a counter has counted is told before it goes, whatever becomes of the removal', async (t) => {
  for (const fate of ['fine', 'before', 'after']) {
    await loadRuleset(planOf(5));
    nft('flush', 'chain', 'ip', 'filter', chainOf('r2'));
    nft('delete', 'counter', 'ip', 'filter', 'rule_r2');
    nft('add', 'counter', 'ip', 'filter', 'rule_r2', 'packets', '6', 'bytes', '600');
    await fates('fine', 'fine', fate);
    let told: Counters = {};
    const there: boolean[] = [];
    const { removed } = await loadRuleset(planOf(6, without('r2')), {
      leaving: async (counters) => {
        told = counters;
        there.push('r2' in (await look()).counters);
      },
    });
    t.deepEqual(told.r2, { packets: 6, bytes: 600 }, fate);
    t.deepEqual(there, [true], 'it is still there then');
    t.is(removed, fate === 'fine', fate);
    t.is('r2' in (await look()).counters, fate === 'before', fate);
  }
});

const chainOf = (id: string) => new RegExp(`chain (g\\d+_rule_${id}) `).exec(nft('list', 'chains'))?.[1] ?? '';
