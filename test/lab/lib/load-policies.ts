import { createInterface } from 'node:readline';
import { compile } from '../../../src/compile/compile.ts';
import { loadRuleset } from '../../../src/machine/nft.ts';
import { applianceFacts } from '../../../src/plan/facts.ts';

/** Runs inside a namespace: reads lines `{"policy": …, "facts": …}`, loads each as the agent does, and says `loaded` or why not. */
for await (const line of createInterface({ input: process.stdin })) {
  const { policy, facts } = JSON.parse(line);
  try {
    await loadRuleset(compile(policy, { ...applianceFacts(true, facts.now), ...facts }));
    process.stdout.write('loaded\n');
  } catch (error) {
    process.stdout.write(`${JSON.stringify(String(error))}\n`);
  }
}
