import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Edit } from '../../src/policy/edit.ts';
import type { Host } from '../appliance/lib/host.ts';
import { endAll, run, runFolder } from '../appliance/lib/process.ts';
import { aimAtBox, BOX_GREEN, BOX_RED, makeTopology, RED_SERVER } from '../appliance/lib/topology.ts';
import { ADMIN_MAC } from '../lib/handbook.ts';
import { LabBox } from './lib/box.ts';

/** The real sshd with the compiled configuration, behind the compiled rules. One box, one story, in order. */
let box: LabBox;
let admin: Host;
let other: Host;
let stranger: Host;
let keys: { admin: string; other: string };

test.before(async () => {
  const topology = makeTopology();
  admin = topology.green({ address: '192.168.51.10', mac: ADMIN_MAC });
  other = topology.green({ address: '192.168.51.70' });
  stranger = topology.red({ address: '10.9.0.66' });
  aimAtBox(stranger.space);
  keys = { admin: newKey('admin'), other: newKey('other') };
  box = new LabBox(topology);
  await box.boot(['agent']);
  const code = readFileSync(join(box.folder, 'run/setup-code'), 'utf8').trim();
  await admin.tell({ do: 'ping', args: [BOX_GREEN] });
  await box.call('setup.finish', { code, password: 'correct horse battery', block: false, visitor: '192.168.51.10' });
  const red = { mode: 'static', address: BOX_RED, netmask: '255.255.255.0', gateway: RED_SERVER };
  await edit({ do: 'section', section: 'network', value: { red } });
});

test.after.always(() => endAll());

const edit = (one: Edit) => box.call('policy.edit', { edit: one });
const setSsh = (value: object) => edit({ do: 'section', section: 'ssh', value });
const folder = (): string => {
  mkdirSync(join(runFolder(), 'keys'), { recursive: true, mode: 0o700 });
  return join(runFolder(), 'keys');
};

function newKey(name: string): string {
  run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder(), name)]);
  return readFileSync(join(folder(), `${name}.pub`), 'utf8').trim();
}

/** Runs a command on the box by ssh; the client reads no configuration of this machine and remembers nothing. */
const ssh = (host: Host, key: string, command: string, options: string[] = [], address = BOX_GREEN) => {
  const fixed = [
    '-F',
    'none',
    '-p',
    '222',
    '-i',
    join(folder(), key),
    '-o',
    'IdentitiesOnly=yes',
    '-o',
    'BatchMode=yes',
  ];
  const trust = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'ConnectTimeout=3'];
  return host.tell({ do: 'run', args: ['ssh', ...fixed, ...trust, ...options, `root@${address}`, command] });
};

test.serial('SSH is off: no key was made, and nobody answers', async (t) => {
  await admin.fails('tcp', BOX_GREEN, 222);
  t.deepEqual((await box.call('ssh.fingerprints', {})).keys, []);
});

test.serial('switched on: a login with the key, as root, to a shell whose PATH has the box’s programs', async (t) => {
  await setSsh({ enabled: true, keys: [keys.admin] });
  await admin.eventually(['tcp', BOX_GREEN, 222], 20);
  const said = await ssh(admin, 'admin', 'id -u; echo $PATH; echo $SHELL');
  t.regex(said.text, /^0$/m);
  t.regex(said.text, /^\/usr\/local\/sbin:.*:\/sbin:\/bin$/m);
  t.regex(said.text, /^\/bin\/sh$/m);
  const status = await box.call('status', {});
  t.deepEqual(
    status.services.filter(({ name }) => name === 'sshd'),
    [{ name: 'sshd', running: true }],
  );
});

test.serial('the fingerprint shown is the one that a client sees; the host key is secret', async (t) => {
  const { keys: shown } = await box.call('ssh.fingerprints', {});
  const scan = await admin.tell({ do: 'run', args: ['ssh-keyscan', '-p', '222', '-t', 'ed25519', BOX_GREEN] });
  const line = scan.text.split('\n').find((one) => one.includes('ssh-ed25519')) ?? '';
  const seen = run(['ssh-keygen', '-l', '-f', '-'], { input: `${line}\n` });
  t.true(seen.includes(shown[0]?.fingerprint ?? 'nothing'), seen);
  t.is(statSync(join(box.folder, 'data/ssh')).mode & 0o777, 0o700);
  t.is(statSync(join(box.folder, 'data/ssh/ssh_host_ed25519_key')).mode & 0o777, 0o600);
});

test.serial('no other key, no password, no forwarding', async (t) => {
  t.regex((await ssh(other, 'other', 'true')).text, /Permission denied \(publickey\)\./);
  const password = ['-o', 'PubkeyAuthentication=no', '-o', 'PreferredAuthentications=password,keyboard-interactive'];
  t.regex((await ssh(admin, 'admin', 'true', password)).text, /Permission denied \(publickey\)\./);
  const forward = await ssh(admin, 'admin', 'sleep 1', ['-o', 'ExitOnForwardFailure=yes', '-R', '7777:127.0.0.1:22']);
  t.false(forward.ok, forward.text);
  t.false((await ssh(admin, 'admin', '', ['-W', `${BOX_GREEN}:445`])).ok);
});

test.serial('RED finds no SSH on any address of the box', async (t) => {
  for (const address of [BOX_RED, BOX_GREEN]) t.regex(await stranger.fails('tcp', address, 222), /no answer/);
});

test.serial('with BOT enabled the administrator still gets in, another computer only by a rule', async (t) => {
  await edit({ do: 'section', section: 'settings', value: { enabled: true, adminMac: ADMIN_MAC } });
  t.regex((await ssh(admin, 'admin', 'id -u')).text, /^0$/m);
  await setSsh({ keys: [keys.admin, keys.other] });
  await other.fails('tcp', BOX_GREEN, 222);
  const service = { kind: 'service', name: 'Greengate SSH' };
  const source = { kind: 'typed', value: '192.168.51.70' };
  const rule = { source, destination: { kind: 'greengate' }, service, action: 'accept' };
  await edit({ do: 'saveRule', value: rule });
  t.regex((await ssh(other, 'other', 'id -u')).text, /^0$/m);
});

test.serial('a key that was taken out opens nothing; a new port counts; switched off nobody answers', async (t) => {
  await setSsh({ keys: [keys.admin] });
  await admin.eventually(['tcp', BOX_GREEN, 222], 20);
  t.regex((await ssh(other, 'other', 'true')).text, /Permission denied/);
  const before = (await box.call('ssh.fingerprints', {})).keys;
  await setSsh({ port: 2222 });
  await admin.eventually(['tcp', BOX_GREEN, 2222], 20);
  await admin.fails('tcp', BOX_GREEN, 222);
  t.deepEqual((await box.call('ssh.fingerprints', {})).keys, before, 'the host key stays');
  await setSsh({ enabled: false });
  await admin.eventuallyFails(['tcp', BOX_GREEN, 2222]);
  t.false((await box.call('status', {})).services.some(({ name }) => name === 'sshd'));
});
