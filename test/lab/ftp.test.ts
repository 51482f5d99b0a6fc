import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Edit } from '../../src/policy/edit.ts';
import type { Host } from '../appliance/lib/host.ts';
import { endAll, NODE, runFolder, sleep, start, stop, TOP } from '../appliance/lib/process.ts';
import { startRedServers } from '../appliance/lib/red-servers.ts';
import { BOX_RED, makeTopology, RED_SERVER } from '../appliance/lib/topology.ts';
import { ADMIN_MAC } from '../lib/handbook.ts';
import { LabBox } from './lib/box.ts';
import type { Transfer } from './lib/ftp-client.ts';

/** The service FTP by packets: its data connections come and go with the rule for port 21, in both modes and spellings. */
const MODES = ['PASV', 'PORT', 'EPSV', 'EPRT'] as const;
const LOG = join(TOP, 'build/logs/ftp.log');
let box: LabBox;
let files: Host;
let other: Host;
const clients: ChildProcess[] = [];

test.before(async () => {
  const topology = makeTopology();
  const red = await startRedServers(topology);
  start([...red.space.enter, NODE, '--no-warnings', join(import.meta.dirname, 'lib/ftp-server.ts')], LOG);
  await red.eventually(['tcp', RED_SERVER, 21], 15);
  topology.green({ address: '192.168.51.10', mac: ADMIN_MAC });
  files = topology.green({ address: '192.168.51.25' });
  other = topology.green({ address: '192.168.51.70' });
  box = new LabBox(topology);
  await box.boot(['agent']);
  const code = readFileSync(join(box.folder, 'run/setup-code'), 'utf8').trim();
  const password = 'correct horse battery';
  await box.call('setup.finish', {
    ...{ password, code, timezone: 'Europe/Berlin', block: false, visitor: '192.168.51.10' },
  });
  await edit({
    do: 'section',
    section: 'network',
    value: { red: { mode: 'static', address: BOX_RED, netmask: '255.255.255.0', gateway: RED_SERVER } },
  });
  await other.eventually(['tcp', RED_SERVER, 110], 20);
});

test.after.always(async () => {
  // First, since they write into the folder that goes.
  await Promise.all(clients.map(stop));
  endAll();
});

test.serial('while BOT is disabled any host transfers', async (t) => {
  for (const mode of MODES) await transfersOne(other, mode);
  t.pass();
});

test.serial('with a rule for FTP its hosts transfer, and others do not', async (t) => {
  await edit(rule('FTP', 'files'));
  await edit(rule('POP3', 'mail'));
  await edit({ do: 'section', section: 'settings', value: { adminMac: ADMIN_MAC } });
  await box.call('bot.enable', {});
  for (const mode of MODES) await transfersOne(files, mode);
  const refused = await Promise.all(MODES.map((mode) => fetched(other, mode)));
  for (const { said, bytes } of refused) t.deepEqual([said, bytes], [[], 0]);
  await files.fails('tcp', RED_SERVER, 25);
});

for (const connectionState of [true, false]) {
  const state = `Connection state ${connectionState ? 'on' : 'off'}`;

  test.serial(`${state}: hosts of the rule transfer`, async (t) => {
    await edit({ do: 'section', section: 'settings', value: { connectionState } });
    for (const mode of MODES) await transfersOne(files, mode);
    await other.fails('tcp', RED_SERVER, 21);
    await files.fails('tcp', RED_SERVER, 7777);
    t.pass();
  });

  test.serial(`${state}: transfers go on beside an unrelated change, and stop with their rule`, async (t) => {
    const mail = await files.tell({ do: 'hold', args: [RED_SERVER, '110'] });
    const running = [begin(files, 'PASV'), begin(files, 'PORT')];
    for (const one of running) t.true(await grows(one), `a transfer did not begin: ${JSON.stringify(one())}`);
    await edit({ do: 'section', section: 'settings', value: { logging: false } });
    await edit({ do: 'section', section: 'settings', value: { logging: true } });
    for (const one of running) t.true(await grows(one), `an allowed transfer stopped: ${JSON.stringify(one())}`);

    const { cut } = await box.call('policy.edit', { edit: toggle(await ruleId('files'), false) });
    // Two control and two data connections; entries of earlier transfers may not have ended yet.
    t.true(cut >= 4, `only ${cut} flows were cut`);
    await sleep(500);
    for (const one of running) t.false(await grows(one), `a forbidden transfer went on: ${JSON.stringify(one())}`);
    t.true((await files.tell({ do: 'echo', args: [mail.text, 'still there'] })).ok, 'an allowed flow was cut');
    await files.fails('tcp', RED_SERVER, 21);
    await edit(toggle(await ruleId('files'), true));
    await transfersOne(files, 'PORT');
  });
}

const edit = (one: Edit) => box.call('policy.edit', { edit: one });

const rule = (service: string, remark: string): Edit => ({
  do: 'saveRule',
  value: {
    source: { kind: 'typed', value: '192.168.51.25' },
    destination: { kind: 'any' },
    service: { kind: 'service', name: service },
    action: 'accept',
    remark,
  },
});

const toggle = (id: string, enabled: boolean): Edit => ({ do: 'toggleRule', id, enabled });

async function ruleId(remark: string): Promise<string> {
  const { policy } = await box.call('policy.get', {});
  return policy.rules.find((one) => one.remark === remark)?.id ?? '';
}

/** Starts a client in a host's namespace; gives what it has written down so far. */
function begin(host: Host, mode: (typeof MODES)[number], file = 'endless'): () => Transfer | null {
  const path = join(runFolder(), `ftp-${clients.length}.json`);
  const client = join(import.meta.dirname, 'lib/ftp-client.ts');
  clients.push(start([...host.space.enter, NODE, '--no-warnings', client, RED_SERVER, mode, file, path], LOG));
  return () => {
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as Transfer;
    } catch {
      return null;
    }
  };
}

/** A short transfer to its end, or to its refusal. */
async function fetched(host: Host, mode: (typeof MODES)[number]): Promise<Transfer> {
  const read = begin(host, mode, 'short');
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(100)) {
    const found = read();
    if (found !== null && (found.done || found.error !== '')) return found;
  }
  throw new Error(`${host}: no end of ${mode}: ${JSON.stringify(read())}`);
}

/** A short transfer succeeds, and the server saw the box's address instead of the host's, on both connections. */
async function transfersOne(host: Host, mode: (typeof MODES)[number]): Promise<void> {
  const found = await fetched(host, mode);
  const told = found.said.some((line) => line === `200 ${mode} ${BOX_RED}`);
  if (!found.done || found.seen !== BOX_RED || (mode.endsWith('RT') && !told))
    throw new Error(`${host}: ${mode} should transfer: ${JSON.stringify(found)}`);
}

/** Does data arrive? Gives it four seconds: a host that is busy may start its programs late. */
async function grows(read: () => Transfer | null): Promise<boolean> {
  const before = read()?.bytes ?? 0;
  for (const end = Date.now() + 4000; Date.now() < end; await sleep(100))
    if ((read()?.bytes ?? 0) > before) return true;
  return false;
}
