import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Edit } from '../../src/policy/edit.ts';
import type { Host } from '../appliance/lib/host.ts';
import { endAll, runFolder, sleep, start, TOP } from '../appliance/lib/process.ts';
import { startRedServers } from '../appliance/lib/red-servers.ts';
import { BOX_GREEN, BOX_RED, makeTopology, RED_SERVER } from '../appliance/lib/topology.ts';
import { ADMIN_MAC } from '../lib/handbook.ts';
import { LabBox } from './lib/box.ts';

/** The real chronyd with the compiled configuration, between a time server on RED and a client on GREEN. In order. */
let box: LabBox;
let red: Host;
let host: Host;

/** `scripts/deps` unpacks it where the machine has none of its own. */
const CHRONYD = [join(TOP, 'build/tools/chrony/usr/sbin/chronyd'), '/usr/sbin/chronyd'].find(existsSync) ?? 'chronyd';

test.before(async () => {
  const topology = makeTopology();
  red = await startRedServers(topology);
  host = topology.green({ address: '192.168.51.70' });
  topology.green({ address: '192.168.51.10', mac: ADMIN_MAC });
  box = new LabBox(topology);
  await box.boot(['dnsmasq', 'chronyd', 'agent']);
  const code = readFileSync(join(box.folder, 'run/setup-code'), 'utf8').trim();
  await box.call('setup.finish', { code, password: 'correct horse battery', block: false, visitor: '192.168.51.10' });
  const static_ = { mode: 'static', address: BOX_RED, netmask: '255.255.255.0', gateway: RED_SERVER };
  await edit({ do: 'section', section: 'network', value: { red: static_ } });
  await edit({ do: 'section', section: 'dns', value: { servers: [RED_SERVER] } });
});

test.after.always(() => endAll());

const edit = (one: Edit) => box.call('policy.edit', { edit: one });

/** A time server in RED's namespace; it does not touch the clock of this machine. */
const startRedClock = (): void => {
  const at = join(runFolder(), 'red-chrony');
  const lines = ['local stratum 3', 'allow', 'cmdport 0', `bindcmdaddress ${at}.sock`, `pidfile ${at}.pid`];
  start([...red.space.enter, CHRONYD, '-x', '-d', '-u', 'root', '-f', '/dev/null', ...lines], `${at}.log`);
};

/** Asks the box for the time once, as a computer on GREEN does. */
const asks = () =>
  host.tell({
    do: 'run',
    args: [CHRONYD, '-Q', '-t', '6', '-u', 'root', `server ${BOX_GREEN} iburst maxsamples 1`, 'cmdport 0'],
  });

test.serial('without an answer the time is not known: the page says so, and GREEN is told nothing', async (t) => {
  await edit({ do: 'section', section: 'time', value: { servers: ['time.red.test'] } });
  await sleep(1500);
  t.like(await box.call('time.get', {}), { running: true, state: 'not synchronised' });
  t.false((await asks()).ok);
});

test.serial('a server is found by its name, through the box’s own DNS, and followed', async (t) => {
  startRedClock();
  box.rc('chronyd', 'restart');
  for (let tries = 0; tries < 60; tries++) {
    if ((await box.call('time.get', {})).state === 'synchronised') break;
    await sleep(500);
  }
  const found = await box.call('time.get', {});
  t.like(found, { state: 'synchronised', source: RED_SERVER, stratum: 4 });
  t.like(found.sources[0], { address: RED_SERVER, word: 'followed', stratum: 3 });
  t.true(found.offset < 1);
});

test.serial('now GREEN gets the time from the box, and not any more when it must not', async (t) => {
  const answer = await asks();
  t.true(answer.ok, answer.text);
  await edit({ do: 'section', section: 'time', value: { serveGreen: false } });
  await sleep(500);
  t.false((await asks()).ok);
});

test.serial('the clock cannot be set while a server answers', async (t) => {
  for (let tries = 0; tries < 60 && (await box.call('time.get', {})).state !== 'synchronised'; tries++)
    await sleep(500);
  const error = await t.throwsAsync(box.call('clock.set', { time: 1_900_000_000 }));
  t.regex(JSON.stringify(error), /clock follows it/);
});

test.serial('set by hand while none answers: GREEN gets that time', async (t) => {
  await edit({ do: 'section', section: 'time', value: { servers: ['10.9.0.99'], serveGreen: true } });
  await sleep(500);
  t.false((await asks()).ok);
  const time = (await box.call('time.get', {})).time + 100;
  await box.call('clock.set', { time });
  // The lab shares its clock with this machine: the script leaves it alone, and writes down what it would set.
  t.is(readFileSync(join(box.folder, 'run/clock-set'), 'utf8'), `${time}\n`);
  t.is((await box.call('time.get', {})).state, 'by hand');
  const answer = await asks();
  t.true(answer.ok, answer.text);
});
