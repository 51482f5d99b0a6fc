import { readFileSync } from 'node:fs';
import type { Counters } from '../../../src/agent/ports.ts';
import { compileRuleset } from '../../../src/compile/ruleset.ts';
import { loadRuleset } from '../../../src/machine/nft.ts';
import { run } from '../../../src/machine/run.ts';
import { applianceFacts } from '../../../src/plan/facts.ts';
import { counters, declarations, type Owned, printChains, printRemoval, printSwitch } from '../../../src/plan/nft.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { parsePolicy } from '../../../src/policy/parse.ts';

/**
 * Runs in the router: `reloader.ts COUNT agent|onefile POLICY …` loads the policies by turns, COUNT times, as the agent does, or all three
 * transactions of a load as one file. Prints what the counters that went had counted, by origin, as JSON.
 */
const [count = '0', way, ...files] = process.argv.slice(2);
const plans = files.map((file, index): Plan => {
  const parsed = parsePolicy(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems.slice(0, 3)));
  const facts = { ...applianceFacts(true, Math.floor(Date.now() / 1000)), generation: index + 1 };
  return { generation: facts.generation, ruleset: compileRuleset(parsed.value, facts), files: {} };
});

const gone: Record<string, number> = {};
for (let load = 0; load < Number(count); load += 1) {
  const plan = plans[load % plans.length] as Plan;
  if (way === 'onefile') await loadAsOneFile(plan);
  else await loadRuleset(plan, { leaving });
}
process.stdout.write(`${JSON.stringify(gone)}\n`);

async function leaving(counted: Counters): Promise<void> {
  for (const [origin, { packets }] of Object.entries(counted)) gone[origin] = (gone[origin] ?? 0) + packets;
}

async function loadAsOneFile({ ruleset, generation }: Plan): Promise<void> {
  const listed = JSON.parse(await run('nft', ['-j', '-t', 'list', 'table', 'ip', 'filter'])) as {
    nftables: Partial<Record<Owned['kind'], { name: string }>>[];
  };
  const used = counters(ruleset);
  const old = listed.nftables.flatMap((one): Owned[] =>
    (['chain', 'set', 'map', 'counter'] as const).flatMap((kind) => {
      const name = one[kind]?.name;
      const owned = kind === 'counter' ? !used.includes(name ?? '') : /^g\d+_/.test(name ?? '');
      return name !== undefined && owned ? [{ kind, family: 'ip', name }] : [];
    }),
  );
  const newest = Math.max(0, ...old.map(({ name }) => Number(/^g(\d+)_/.exec(name)?.[1] ?? 0)));
  const tag = `g${newest + 1}`;
  const text = [
    declarations(ruleset),
    printChains(ruleset, tag),
    printSwitch(ruleset, tag, generation),
    printRemoval(old),
  ];
  await run('nft', ['-f', '-'], { input: text.join('\n'), timeoutSeconds: 120 });
}
