import test from 'ava';
import { forbiddenFlows } from '../../src/agent/flows.ts';
import type { Flow } from '../../src/agent/ports.ts';
import { flowMark } from '../../src/compile/ruleset.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import type { Policy } from '../../src/policy/schema.ts';
import { ADMIN_MAC, readyLab } from './lab.ts';

const flow = (handle: string, more: Partial<Flow>): Flow => ({
  direction: 'forward',
  protocol: 6,
  src: '192.168.51.25',
  dst: '203.0.113.9',
  sport: 40000,
  dport: 110,
  expected: false,
  mark: 0,
  handle,
  ...more,
});

const rule = (id: string, source: unknown, destination: unknown, service: string) => ({
  id,
  source,
  destination,
  service: { kind: 'service', name: service },
  action: 'accept',
});

const policyOf = (...rules: unknown[]): Policy => {
  const parsed = parsePolicy({
    schema: 1,
    settings: { enabled: true, adminMac: ADMIN_MAC },
    network: { green: {} },
    services: [
      { name: 'Mail', protocol: 'tcp', ports: '110' },
      { name: 'Files', protocol: 'tcp', ports: '21' },
    ],
    rules,
    dhcp: {},
    dns: {},
    proxy: {},
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
};

const mac = { kind: 'typed', value: '00:16:3e:00:00:77' };
const host = { kind: 'typed', value: '192.168.51.25' };
const cutOf = (policy: Policy, flows: Flow[], hosts: [string, string][] = []) =>
  forbiddenFlows(policy, flows, new Map(hosts), { now: 1_795_420_000 }).map((one) => one.handle);

test('what no rule allows is cut, what one allows is kept', (t) => {
  const policy = policyOf(rule('r1', host, { kind: 'any' }, 'Mail'));
  const flows = [
    flow('allowed', {}),
    flow('port', { dport: 25 }),
    flow('host', { src: '192.168.51.26' }),
    flow('udp', { protocol: 17 }),
  ];
  t.deepEqual(cutOf(policy, flows), ['port', 'host', 'udp']);
});

test('where a MAC decides, the neighbour table answers; where it does not know, the flow goes', (t) => {
  const policy = policyOf(rule('r1', mac, { kind: 'any' }, 'Mail'));
  t.deepEqual(cutOf(policy, [flow('right', {})], [['192.168.51.25', '00:16:3e:00:00:77']]), []);
  t.deepEqual(cutOf(policy, [flow('wrong', {})], [['192.168.51.25', '00:16:3e:00:00:78']]), ['wrong']);
  t.deepEqual(cutOf(policy, [flow('unknown', {})]), ['unknown']);
  const denied = { ...rule('r1', mac, { kind: 'any' }, 'Mail'), action: 'drop' };
  const rest = policyOf(denied, rule('r2', { kind: 'any' }, { kind: 'any' }, 'Mail'));
  t.deepEqual(cutOf(rest, [flow('other', {})], [['192.168.51.25', '00:16:3e:00:00:78']]), []);
  t.deepEqual(cutOf(rest, [flow('unknown', {})]), ['unknown'], 'it may be the one that the first rule denies');
});

test('the UI is judged like the rest: a wrong Admin MAC cuts the administrator', (t) => {
  const ui = flow('ui', { direction: 'input', dst: '192.168.51.254', dport: 445 });
  t.deepEqual(cutOf(policyOf(), [ui], [['192.168.51.25', ADMIN_MAC]]), []);
  t.deepEqual(cutOf(policyOf(), [ui], [['192.168.51.25', '00:16:3e:00:00:99']]), ['ui']);
});

test('a service of the box is no service outside, and the other way round', (t) => {
  const policy = policyOf(rule('r1', host, { kind: 'greengate' }, 'Mail'));
  const flows = [flow('box', { direction: 'input', dst: '192.168.51.254' }), flow('outside', {})];
  t.deepEqual(cutOf(policy, flows), ['outside']);
});

test('ping and DHCP of the box are above BOT', (t) => {
  const toBox = { direction: 'input' as const, dst: '192.168.51.254' };
  const flows = [
    flow('ping', { ...toBox, protocol: 1, type: 8, dport: 0 }),
    flow('dhcp', { ...toBox, protocol: 17, dport: 67 }),
  ];
  t.deepEqual(cutOf(policyOf(), flows), []);
  t.deepEqual(cutOf(policyOf(), [flow('ping outside', { protocol: 1, type: 8, dport: 0 })]), ['ping outside']);
});

test('FTP data stays with its control connection, and goes with it', (t) => {
  const [control, data] = [flow('control', { dport: 21 }), flow('data', { dport: 50_123, expected: true })];
  const policy = policyOf(rule('r1', host, { kind: 'any' }, 'Files'));
  const stranger = flow('stranger', { dport: 50_124, expected: true, dst: '203.0.113.10' });
  t.deepEqual(cutOf(policy, [control, data, stranger]), ['stranger']);
  t.deepEqual(cutOf(policy, [data]), ['data']);
  t.deepEqual(cutOf(policyOf(), [control, data]), ['control', 'data']);
});

test('a flow beside an FTP control connection is no data', (t) => {
  const flows = [flow('control', { dport: 21 }), flow('mail', {})];
  const [files, mail] = [rule('r1', host, { kind: 'any' }, 'Files'), rule('r2', host, { kind: 'any' }, 'Mail')];
  t.deepEqual(cutOf(policyOf(files, mail), flows), []);
  t.deepEqual(cutOf(policyOf(files), flows), ['mail']);
});

test('through the agent: enabling BOT cuts after the load, disabling cuts nothing', async (t) => {
  const lab = await readyLab(t, { block: false });
  lab.twin.traffic = [flow('download', {}), flow('ui', { direction: 'input', dst: '192.168.51.254', dport: 445 })];
  const edit = { do: 'section' as const, section: 'settings' as const, value: { adminMac: ADMIN_MAC } };
  t.is((await lab.web('policy.edit', { edit }, lab.token)).cut, 0);
  lab.twin.done = [];
  const { revision, cut } = await lab.web('bot.enable', {}, lab.token);
  t.is(cut, 1);
  t.deepEqual(lab.twin.done, [`load ${revision}`, 'cut download']);
  lab.twin.traffic.push(flow('later', {}));
  await lab.web('bot.disable', { password: 'correct horse battery' }, lab.token);
  t.deepEqual(
    lab.twin.traffic.map((one) => one.handle),
    ['ui', 'later'],
  );
});

const site = (name: string) => ({ kind: 'typed', value: name });
const [OLD, NEW] = ['203.0.113.9', '203.0.113.10'];
const world = { now: 1_795_420_000, names: new Map([['www.example.org', [NEW]]]) };
const byName = flow('by name', { mark: flowMark('r1'), dst: OLD });
const cutAfter = (before: Policy | null, policy: Policy, ...flows: Flow[]) =>
  forbiddenFlows(policy, flows, new Map(), world, before).map((one) => one.handle);

test('a flow that a rule let in by a DNS name stays when the name has other addresses, and no other flow does', (t) => {
  const policy = policyOf(rule('r1', host, site('www.example.org'), 'Mail'));
  const others = [
    flow('by nothing', { dst: OLD }),
    flow('by another rule', { dst: OLD, mark: flowMark('r2') }),
    flow('by now', { dst: NEW, mark: flowMark('r1') }),
  ];
  t.deepEqual(cutAfter(policy, policy, byName, ...others), ['by nothing', 'by another rule']);
  t.deepEqual(cutAfter(null, policy, byName), ['by name'], 'by what it was let in is not known');
});

test('it goes with its rule: changed, switched off, deleted, or overruled by one above', (t) => {
  const was = rule('r1', host, site('www.example.org'), 'Mail');
  const before = policyOf(was);
  t.deepEqual(cutAfter(before, policyOf({ ...was, remark: 'mine' }), byName), []);
  for (const [what, ...rules] of [
    ['another name', rule('r1', host, site('example.org'), 'Mail')],
    ['another host', rule('r1', mac, site('www.example.org'), 'Mail')],
    ['another service', rule('r1', host, site('www.example.org'), 'Files')],
    ['everything but', { ...was, action: 'drop' }],
    ['off', { ...was, enabled: false }],
    ['deleted'],
    ['another id', { ...was, id: 'r2' }],
    ['denied by name above', { ...was, id: 'r0', action: 'drop' }, was],
  ] as const)
    t.deepEqual(cutAfter(before, policyOf(...rules), byName), ['by name'], what);
});

test('through the agent: a save keeps it; what was let in before BOT was disabled, or before a failed cut, is judged anew', async (t) => {
  const lab = await readyLab(t, { block: true });
  lab.twin.resolved = async () => new Map([['www.example.org', [NEW]]]);
  const value = rule('', host, site('www.example.org'), 'HTTP');
  const edit = (id: string | undefined, remark: string, destination = 'www.example.org') =>
    lab.web(
      'policy.edit',
      {
        edit: {
          do: 'saveRule',
          ...(id === undefined ? {} : { id }),
          value: { ...value, destination: site(destination), remark, id: undefined },
        },
      },
      lab.token,
    );
  await edit(undefined, 'first');
  const id = lab.box.generation.policy.rules.at(-1)?.id ?? '';
  const open = flow('long', { dst: OLD, dport: 80, mark: flowMark(id) });
  lab.twin.traffic = [open];
  t.is((await edit(id, 'second')).cut, 0);
  t.is((await edit(id, 'third', 'other.example.org')).cut, 1);
  await edit(id, 'back');
  lab.twin.traffic = [open];
  await lab.web('bot.disable', { password: 'correct horse battery' }, lab.token);
  t.is((await lab.web('bot.enable', {}, lab.token)).cut, 1);
  lab.twin.traffic = [open];
  const { cut } = lab.twin;
  lab.twin.cut = () => Promise.reject(new Error('conntrack: Killed'));
  await edit(id, 'fourth', 'other.example.org');
  t.true(lab.box.trouble.has('flows'));
  lab.twin.cut = cut;
  t.is((await edit(id, 'fifth', 'other.example.org')).cut, 1);
});
