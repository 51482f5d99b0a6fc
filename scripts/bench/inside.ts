import { readFileSync, writeFileSync } from 'node:fs';
import { compile } from '../../src/compile/compile.ts';
import { loadRuleset } from '../../src/machine/nft.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { median, timed } from './measure.ts';

/**
 * Runs in the router's namespace: `inside.ts POLICY ROUNDS` compiles a policy and loads it ROUNDS times, by the agent's own way, and prints
 * the medians as JSON, in milliseconds. The rules stay, and their text lies beside the policy, `.nft` behind its name.
 */
const [file = '', rounds = '1'] = process.argv.slice(2);
const input = JSON.parse(readFileSync(file, 'utf8'));
const times = { parse: [] as number[], compile: [] as number[], load: [] as number[] };
for (let round = 1; round <= Number(rounds); round += 1) {
  const parsed = await timed(async () => parsePolicy(input));
  times.parse.push(parsed.milliseconds);
  if (!parsed.result.ok) throw new Error(JSON.stringify(parsed.result.problems.slice(0, 3)));
  const policy = parsed.result.value;
  const compiled = await timed(async () =>
    compile(policy, { ...applianceFacts(true, Math.floor(Date.now() / 1000)), generation: round }),
  );
  times.compile.push(compiled.milliseconds);
  times.load.push((await timed(() => loadRuleset(compiled.result))).milliseconds);
  writeFileSync(`${file}.nft`, compiled.result.files['ruleset.nft'] ?? '');
}
const result = {
  first: times.compile[0],
  ...Object.fromEntries(Object.entries(times).map(([key, all]) => [key, median(all)])),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
