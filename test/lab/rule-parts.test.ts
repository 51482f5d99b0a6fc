import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Edit } from '../../src/policy/edit.ts';
import type { Host } from '../appliance/lib/host.ts';
import { endAll, NODE, sleep } from '../appliance/lib/process.ts';
import { startRedServers } from '../appliance/lib/red-servers.ts';
import { BOX_GREEN, BOX_RED, makeTopology, RED_SERVER } from '../appliance/lib/topology.ts';
import { ADMIN_MAC } from '../lib/handbook.ts';
import { LabBox } from './lib/box.ts';

/** Every part a rule may have, by packets: what it opens beside what it must not. One box, rules replaced from test to test. */
let box: LabBox;
let one: Host;
let two: Host;

test.before(async () => {
  const topology = makeTopology();
  await startRedServers(topology);
  topology.green({ address: '192.168.51.10', mac: ADMIN_MAC });
  one = topology.green({ address: '192.168.51.25' });
  two = topology.green({ address: '192.168.51.35' });
  box = new LabBox(topology);
  await box.boot(['dnsmasq', 'agent']);
  const code = readFileSync(join(box.folder, 'run/setup-code'), 'utf8').trim();
  await box.call('setup.finish', {
    ...{ password: 'correct horse battery', code, timezone: 'Europe/Berlin', block: false, visitor: '192.168.51.10' },
  });
  await edits([
    {
      do: 'section',
      section: 'network',
      value: { red: { mode: 'static', address: BOX_RED, netmask: '255.255.255.0', gateway: RED_SERVER } },
    },
    { do: 'section', section: 'dns', value: { servers: [RED_SERVER] } },
    { do: 'section', section: 'settings', value: { adminMac: ADMIN_MAC } },
  ]);
  await one.eventually(['tcp', RED_SERVER, 110], 20);
  await box.call('bot.enable', {});
});

test.after.always(() => endAll());

const edits = (list: Edit[]) => box.call('policy.edit', { edit: { do: 'batch', edits: list } });

/** Replaces all rules; DNS stays allowed. */
const rules = async (...wanted: object[]): Promise<void> => {
  const { policy } = await box.call('policy.get', {});
  const old = policy.rules.filter(({ id }) => id !== 'dns');
  await edits([
    ...old.map(({ id }): Edit => ({ do: 'deleteRule', id })),
    ...wanted.map((rule): Edit => ({ do: 'saveRule', value: { ...open, ...rule } })),
  ]);
};

const open = { source: { kind: 'any' }, destination: { kind: 'any' }, service: { kind: 'any' }, action: 'accept' };
const service = (name: string, more: object = {}) => ({ kind: 'service', name, ...more });
const typed = (value: string, more: object = {}) => ({ kind: 'typed', value, ...more });
const seconds = () => Math.floor(Date.now() / 1000);

test.serial('a range and a group inside a group', async (t) => {
  await edits([
    { do: 'save', collection: 'addresses', value: { name: 'Desks', value: '192.168.51.20-192.168.51.30' } },
    { do: 'save', collection: 'addressGroups', value: { name: 'Room', members: [{ name: 'Desks' }] } },
    { do: 'save', collection: 'addressGroups', value: { name: 'House', members: [{ name: 'Room', kind: 'group' }] } },
  ]);
  await rules({ source: { kind: 'group', name: 'House' }, service: service('POP3') });
  await one.succeeds('tcp', RED_SERVER, 110);
  await one.fails('tcp', RED_SERVER, 25);
  await two.fails('tcp', RED_SERVER, 110);
  t.pass();
});

test.serial('everything but a host, and everything but a service', async (t) => {
  await rules(
    { source: typed('192.168.51.25', { invert: true }), service: service('POP3') },
    { source: typed('192.168.51.25'), service: service('POP3', { invert: true }) },
  );
  await two.succeeds('tcp', RED_SERVER, 110);
  await two.fails('tcp', RED_SERVER, 25);
  await one.succeeds('tcp', RED_SERVER, 25);
  await one.succeeds('ping', RED_SERVER);
  await one.fails('tcp', RED_SERVER, 110);
  t.pass();
});

test.serial('source ports', async (t) => {
  const from = async (host: Host, port: number) => {
    const script = `require('net').connect({ host: '${RED_SERVER}', port: 110, localPort: ${port}, timeout: 3000 })
      .on('data', (data) => { console.log(String(data)); process.exit(0); }).on('timeout', () => process.exit(1))`;
    return (await host.tell({ do: 'run', args: [NODE, '-e', script] })).ok;
  };
  await rules({ service: service('POP3'), sourcePorts: '20000-20010' });
  t.true(await from(one, 20005));
  t.false(await from(one, 20011));
  await rules({ service: service('POP3'), sourcePorts: '20000-20010', invertSourcePorts: true });
  t.true(await from(one, 20012));
  t.false(await from(one, 20006));
});

test.serial('log only counts, and leaves the packet to the next rules', async (t) => {
  await rules(
    { action: 'log', service: service('POP3'), source: typed('192.168.51.25') },
    { service: service('POP3') },
  );
  await one.succeeds('tcp', RED_SERVER, 110);
  const { policy } = await box.call('policy.get', {});
  const id = policy.rules.find(({ action }) => action === 'log')?.id ?? '';
  await sleep(2100);
  const { counters } = await box.call('status', {});
  t.is(counters[id]?.packets, 1);
});

test.serial('beyond a limit on the action the next rule decides', async (t) => {
  await rules({ service: service('POP3'), limit: { for: 'action', rate: 1, per: 'hour', burst: 2 } });
  await one.succeeds('tcp', RED_SERVER, 110);
  await one.succeeds('tcp', RED_SERVER, 110);
  await one.fails('tcp', RED_SERVER, 110);
  // A flow that the limit let in lives through an unrelated change.
  await rules({ service: service('POP3'), limit: { for: 'action', rate: 1, per: 'hour', burst: 2 } });
  const held = await one.tell({ do: 'hold', args: [RED_SERVER, '110'] });
  await edits([{ do: 'section', section: 'settings', value: { logging: false } }]);
  t.true((await one.tell({ do: 'echo', args: [held.text, 'NOOP'] })).ok);
});

test.serial('an expiry ends the rule and the flows it let in, by the kernel alone', async (t) => {
  await rules({ service: service('POP3'), expires: seconds() + 12 });
  const held = await one.tell({ do: 'hold', args: [RED_SERVER, '110'] });
  t.true(held.ok, held.text);
  t.true((await one.tell({ do: 'echo', args: [held.text, 'NOOP'] })).ok);
  box.rc('agent', 'stop');
  try {
    await sleep(13_000);
    await one.fails('tcp', RED_SERVER, 110);
    t.false((await one.tell({ do: 'echo', args: [held.text, 'NOOP'] })).ok);
  } finally {
    box.rc('agent', 'start');
    await box.answering();
  }
});

test.serial('a time frame holds in the box’s zone, and a frame of another time does not', async (t) => {
  const clock = (move: number) =>
    new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' }).format(
      Date.now() + move * 60_000,
    );
  const days = { kind: 'week', days: [0, 1, 2, 3, 4, 5, 6] };
  await rules(
    { service: service('POP3'), frame: { days, start: clock(-60), end: clock(60) } },
    { service: service('SMTP'), frame: { days, start: clock(60), end: clock(120) } },
  );
  await one.succeeds('tcp', RED_SERVER, 110);
  await one.fails('tcp', RED_SERVER, 25);
  t.pass();
});

test.serial('when a denying frame begins, flows that run already are cut', async (t) => {
  const until = seconds() + 8;
  // A drop that ends is followed by an accept that ends: what is left is closed, and the agent cuts at the edge.
  await rules({ service: service('POP3') });
  const held = await one.tell({ do: 'hold', args: [RED_SERVER, '110'] });
  await rules({ service: service('POP3'), expires: until });
  t.true((await one.tell({ do: 'echo', args: [held.text, 'NOOP'] })).ok);
  await sleep((until - seconds() + 7) * 1000);
  t.false((await one.tell({ do: 'echo', args: [held.text, 'NOOP'] })).ok);
});

test.serial('a DNS name is open for the addresses that the clients were answered, and no others', async (t) => {
  await rules({ destination: typed('www.red.test'), service: service('POP3') });
  await one.fails('tcp', '10.9.0.3', 110);
  await one.succeeds('dns', BOX_GREEN, 'mail.www.red.test');
  await one.succeeds('tcp', RED_SERVER, 110);
  await one.fails('tcp', RED_SERVER, 25);
  const { names } = await box.call('names.get', {});
  t.deepEqual(
    names.map(({ name, addresses }) => [name, addresses]),
    [['www.red.test', [RED_SERVER]]],
  );
  await rules({ destination: typed('www.example.org'), service: service('POP3') });
  await one.fails('tcp', RED_SERVER, 110);
});

test.serial('a host is blocked now: its flows are cut; and let through for a time', async (t) => {
  await rules({ service: service('POP3') });
  const held = await one.tell({ do: 'hold', args: [RED_SERVER, '110'] });
  await edits([{ do: 'block', host: '192.168.51.25', action: 'drop', until: seconds() + 600 }]);
  t.false((await one.tell({ do: 'echo', args: [held.text, 'NOOP'] })).ok);
  await one.fails('tcp', RED_SERVER, 110);
  await one.fails('dns', BOX_GREEN, 'www.red.test');
  await two.succeeds('tcp', RED_SERVER, 110);
  await edits([
    { do: 'unblock', id: (await blocks())[0]?.id ?? '' },
    { do: 'block', host: two.mac, action: 'accept', until: null },
  ]);
  await one.succeeds('tcp', RED_SERVER, 110);
  await two.succeeds('tcp', RED_SERVER, 25);
  await one.fails('tcp', RED_SERVER, 25);
});

test.serial('a network of RED follows the address that RED has', async (t) => {
  await rules({ destination: { kind: 'address', name: 'RED Network' }, service: service('POP3') });
  await edits((await blocks()).map(({ id }): Edit => ({ do: 'unblock', id })));
  await one.succeeds('tcp', RED_SERVER, 110);
  await rules({ destination: { kind: 'address', name: 'RED Network', invert: true }, service: service('POP3') });
  await one.fails('tcp', RED_SERVER, 110);
  t.pass();
});

const blocks = async () => (await box.call('policy.get', {})).policy.blocks;
