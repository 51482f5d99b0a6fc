import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sleep } from '../../test/appliance/lib/process.ts';
import { makeTopology } from '../../test/appliance/lib/topology.ts';
import { LabBox } from '../../test/lab/lib/box.ts';
import { exactPolicy, expanded } from './exact.ts';
import { bareMap } from './load.ts';
import { median, timed } from './measure.ts';
import type { Table } from './table.ts';

const RULES = 10_000;
const ROUNDS = 7;

/**
 * From the verb to enforced: the real agent in a namespace, its store on disk, 10 000 exact rules; until the agent has answered, so that also
 * what it does after the switch of the rules is in it. Beside `nft -f` alone of the smallest hash map that could judge as much, in turns.
 */
export async function verbTable(): Promise<Table> {
  const box = new LabBox(makeTopology());
  await box.boot(['agent']);
  const code = readFileSync(join(box.folder, 'run/setup-code'), 'utf8').trim();
  await box.call('setup.finish', {
    password: 'correct horse battery',
    code,
    timezone: 'UTC',
    block: false,
    visitor: '10.51.0.1',
  });
  const rules = expanded(RULES);
  const policies = { single: exactPolicy(rules, 'single'), groups: exactPolicy(rules, 'groups') };
  const rows = [['10 000 expanded rules', 'verb', 'ms', 'bare map ms', 'verb / bare map']];
  for (const [name, value] of Object.entries(policies)) {
    const toggle = (round: number) =>
      box.call('policy.edit', { edit: { do: 'toggleRule', id: 'r1', enabled: round % 2 === 1 } });
    const replace = () => box.call('policy.edit', { edit: { do: 'replace', value } });
    await replace();
    for (const [verb, call] of Object.entries({ 'one rule switched': toggle, 'the whole policy replaced': replace })) {
      const times: { verb: number[]; bare: number[] } = { verb: [], bare: [] };
      for (let round = 0; round < ROUNDS; round += 1) {
        times.verb.push((await timed(() => call(round))).milliseconds);
        await sleep(300);
        times.bare.push((await timed(async () => box.sh(['nft', '-f', bareMap(rules)]))).milliseconds);
      }
      const [took, bare] = [median(times.verb), median(times.bare)];
      rows.push([
        name === 'single' ? 'one by one' : 'by groups',
        verb,
        took.toFixed(0),
        bare.toFixed(0),
        (took / bare).toFixed(2),
      ]);
    }
  }
  return { title: 'From the verb in a running agent to enforced', rows, notes: [] };
}
