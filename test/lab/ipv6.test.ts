import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { compile } from '../../src/compile/compile.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import { defaultPolicy } from '../../src/policy/defaults.ts';
import type { Edit } from '../../src/policy/edit.ts';
import type { Host } from '../appliance/lib/host.ts';
import { endAll, NODE, start, TOP } from '../appliance/lib/process.ts';
import { makeTopology, type Topology } from '../appliance/lib/topology.ts';
import { ADMIN_MAC, edited } from '../lib/handbook.ts';
import { LabBox } from './lib/box.ts';

/**
 * The appliance does not forward IPv6 yet; the compiler already speaks it. Here the same policy is loaded with IPv6
 * switched on, between two networks that have both families, and judged by packets.
 */
const SERVER = 'fd09::2';
let box: LabBox;
let mail: Host;
let boss: Host;
let other: Host;
let red: Host;

test.before(async () => {
  const topology = makeTopology();
  box = new LabBox(topology);
  red = topology.red({ address: '10.9.0.2' });
  start(
    [...red.space.enter, NODE, '--no-warnings', join(TOP, 'test/appliance/lib/servers.ts')],
    join(TOP, 'build/logs/ipv6-servers.log'),
  );
  [mail, boss, other] = hosts(topology);
  await box.boot([]);
  box.sh(['ip', 'link', 'set', 'red', 'up']);
  // The box's own scripts leave RED without IPv6.
  for (const setting of ['red/disable_ipv6=0', 'all/forwarding=1']) {
    const [key, value] = setting.split('=');
    box.sh(['sh', '-c', `echo ${value} > /proc/sys/net/ipv6/conf/${key}`]);
  }
  box.sh(['ip', '-6', 'addr', 'replace', 'fd51::254/64', 'dev', 'green', 'nodad']);
  box.sh(['ip', '-6', 'addr', 'replace', 'fd09::50/64', 'dev', 'red', 'nodad']);
  red.space.ip('-6', 'route', 'add', 'fd51::/64', 'via', 'fd09::50');
  for (const host of [mail, boss, other]) host.space.ip('-6', 'route', 'add', 'default', 'via', 'fd51::254');
  load([]);
  await red.eventually(['tcp', SERVER, 110], 20);
  await other.eventually(['tcp', SERVER, 110], 20);
});

test.after.always(() => endAll());

test.serial('with rules each host reaches what it may over IPv6, and nothing else', async (t) => {
  load(rules);
  await mail.succeeds('tcp', SERVER, 110);
  await mail.fails('tcp', SERVER, 25);
  await boss.succeeds('tcp', SERVER, 25);
  await boss.fails('tcp', SERVER, 110);
  await other.fails('tcp', SERVER, 110);
  await other.fails('ping', SERVER);
  await mail.succeeds('ping', SERVER);
  t.pass();
});

test.serial('the box answers ping and neighbour discovery on GREEN, and RED opens nothing', async (t) => {
  await other.succeeds('ping', 'fd51::254');
  await red.fails('ping', 'fd09::50');
  await red.fails('ping', 'fd51::254');
  t.is(await red.fails('tcp', 'fd09::50', 53), 'no answer');
  t.is(await red.fails('tcp', 'fd51::25', 80), 'no answer');
});

test.serial('a flushed CUSTOMFORWARD opens, so the refusals came from the rules', async (t) => {
  box.sh(['nft', 'flush', 'chain', 'ip6', 'filter', 'CUSTOMFORWARD']);
  await other.succeeds('tcp', SERVER, 110);
  t.pass();
});

const rule = (source: object, service: string): Edit => ({
  do: 'saveRule',
  value: { source, destination: { kind: 'any' }, service: { kind: 'service', name: service }, action: 'accept' },
});

const rules: Edit[] = [
  rule({ kind: 'typed', value: 'fd51::25' }, 'POP3'),
  rule({ kind: 'typed', value: 'fd51::25/128' }, 'Ping'),
  rule({ kind: 'typed', value: '02:00:00:00:05:23' }, 'SMTP'),
  { do: 'section', section: 'settings', value: { enabled: true, adminMac: ADMIN_MAC } },
];

/** Compiles with IPv6 switched on and loads it as boot does. */
function load(edits: Edit[]): void {
  const { files } = compile(edited(defaultPolicy(), edits), {
    ...applianceFacts(true, Math.floor(Date.now() / 1000)),
    ipv6: true,
  });
  const file = join(box.folder, 'run/ipv6.nft');
  writeFileSync(file, `flush ruleset\n${files['ruleset.nft'] ?? ''}`);
  box.sh(['nft', '-f', file]);
}

function hosts(topology: Topology): [Host, Host, Host] {
  return [
    topology.green({ address: '192.168.51.25' }),
    topology.green({ address: '192.168.51.35' }),
    topology.green({ address: '192.168.51.70' }),
  ];
}
