import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Host } from '../../test/appliance/lib/host.ts';
import { NODE, sleep, start, TOP } from '../../test/appliance/lib/process.ts';
import { BOX_RED, makeTopology, RED_SERVER } from '../../test/appliance/lib/topology.ts';
import { LabBox } from '../../test/lab/lib/box.ts';
import { GREEN } from '../../test/lab/lib/road.ts';
import { type Expanded, exactPolicy, expanded } from './exact.ts';
import { bareMap } from './load.ts';
import { median, timed } from './measure.ts';
import type { Table } from './table.ts';

const RULES = 10_000;
const ROUNDS = 10;

/**
 * From the verb to enforced: the real agent in a namespace, its store on disk, 10 000 exact rules. Enforced: one of the rules is switched off and on,
 * a host knocks where it leads, and the last knock that arrives, or the first, is timed at the far end. Answered: the agent has also removed
 * the rules from before, cut what they let in and written the daemons' files. Beside `nft -f` alone of the smallest hash map that could judge as
 * much, in turns.
 */
export async function verbTable(): Promise<Table> {
  const { box, arrivals } = await laboratory();
  const rules = expanded(RULES);
  const policies = { single: policyOf(rules, 'single'), groups: policyOf(rules, 'groups') };
  const rows = [
    [
      '10 000 expanded rules',
      'verb',
      'enforced ms',
      'answered ms',
      'bare map ms',
      'enforced / bare',
      'answered / bare',
    ],
  ];
  for (const [name, value] of Object.entries(policies)) {
    const off = { ...value, rules: value.rules.map((rule, index) => ({ ...rule, enabled: index > 0 })) };
    const toggle = (on: boolean) => box.call('policy.edit', { edit: { do: 'toggleRule', id: 'r1', enabled: on } });
    const replace = (on: boolean) => box.call('policy.edit', { edit: { do: 'replace', value: on ? value : off } });
    await replace(true);
    await box.call('trial.keep', {});
    for (const [verb, call] of Object.entries({ 'one rule switched': toggle, 'the whole policy replaced': replace })) {
      const times: Record<'enforced' | 'answered' | 'bare', number[]> = { enforced: [], answered: [], bare: [] };
      for (let round = 0; round < ROUNDS; round += 1) {
        const on = round % 2 === 1;
        await sleep(300);
        const began = now();
        times.answered.push((await timed(() => call(on))).milliseconds);
        await sleep(300);
        times.enforced.push(edge(arrivals, began, on) - began);
        await box.call('trial.keep', {});
        times.bare.push((await timed(async () => box.sh(['nft', '-f', bareMap(rules)]))).milliseconds);
      }
      const [enforced, answered, bare] = [median(times.enforced), median(times.answered), median(times.bare)];
      rows.push([
        name === 'single' ? 'one by one' : 'by groups',
        verb,
        ...[enforced, answered, bare].map((time) => time.toFixed(0)),
        ...[enforced, answered].map((time) => (time / bare).toFixed(2)),
      ]);
    }
  }
  return { title: 'From the verb in a running agent to enforced', rows, notes: [] };
}

/** The box with its agent, and one host on each side; `arrivals` grows by the time of each knock that arrives. */
async function laboratory(): Promise<{ box: LabBox; arrivals: number[] }> {
  const topology = makeTopology();
  const box = new LabBox(topology);
  await box.boot(['agent']);
  const code = readFileSync(join(box.folder, 'run/setup-code'), 'utf8').trim();
  await box.call('setup.finish', {
    password: 'correct horse battery',
    code,
    timezone: 'UTC',
    block: false,
    visitor: '10.51.0.1',
  });
  box.keeps = false;
  const [first] = expanded(1);
  if (first === undefined) throw new Error('There is no rule.');
  const [green, red] = [topology.green({}), topology.red({ address: RED_SERVER })];
  green.space.ip('addr', 'add', `${first.from}/${GREEN.bits}`, 'dev', 'eth0');
  green.space.ip('route', 'add', 'default', 'via', GREEN.address, 'onlink', 'dev', 'eth0');
  red.space.ip('addr', 'add', `${first.to}/32`, 'dev', 'lo');
  const arrivals: number[] = [];
  const listener = probe(red, 'listen', first);
  if (listener.stdout !== null)
    createInterface({ input: listener.stdout }).on('line', (line) => arrivals.push(Number(line)));
  probe(green, 'knock', first);
  return { box, arrivals };
}

const probe = ({ space }: Host, what: 'listen' | 'knock', { to, port }: Expanded) =>
  start(
    [...space.enter, NODE, '--no-warnings', join(import.meta.dirname, 'probe.ts'), what, to, String(port)],
    join(TOP, 'build/logs', `bench-${what}.log`),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );

/** The exact policy on a box whose RED leads to the server. */
function policyOf(rules: Expanded[], by: 'single' | 'groups') {
  const policy = exactPolicy(rules, by) as { network: object; rules: object[] };
  const red = { mode: 'static', address: BOX_RED, netmask: '255.255.255.0', gateway: RED_SERVER };
  return { ...policy, network: { ...policy.network, red } };
}

/** Milliseconds of the clock that all processes share. */
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** When the first knock after `began` arrived, or the last one. Throws when the rule made no difference. */
function edge(arrivals: number[], began: number, on: boolean): number {
  const after = arrivals.filter((time) => time > began);
  const found = on ? after[0] : after.at(-1);
  if (found === undefined || (on && arrivals.some((time) => time < began && time > began - 200)))
    throw new Error(`${after.length} knocks arrived after the rule was switched ${on ? 'on' : 'off'}.`);
  return found;
}
