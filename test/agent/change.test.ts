import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { LoadError } from '../../src/agent/ports.ts';
import type { Edit } from '../../src/policy/edit.ts';
import { ADMIN_MAC, type Lab, PASSWORD, readyLab, refusal } from './lab.ts';

const address = (name: string, value: string): Edit => ({
  do: 'save',
  collection: 'addresses',
  value: { name, value },
});
const settings = (value: object): Edit => ({ do: 'section', section: 'settings', value });
const section = (name: 'network' | 'dhcp' | 'dns' | 'proxy', value: object): Edit => ({
  do: 'section',
  section: name,
  value,
});
const save = (lab: Lab, edit: Edit, revision?: number) =>
  lab.web('policy.edit', revision === undefined ? { edit } : { edit, revision }, lab.token);

test('a change is kept as a generation that sha256sum agrees with, and is in force', async (t) => {
  const lab = await readyLab(t, { block: true });
  const { revision } = await save(lab, address('MailAccess', '192.168.51.0/27'));
  t.is(await readlink(join(lab.data, 'current')), `generations/${revision}`);
  const directory = join(lab.data, 'generations', String(revision));
  await t.notThrowsAsync(execa('sha256sum', ['-c', '--strict', 'SHA256SUMS'], { cwd: directory }));
  const sums = await readFile(join(directory, 'SHA256SUMS'), 'utf8');
  t.deepEqual(
    sums
      .trim()
      .split('\n')
      .map((line) => line.slice(66)),
    ['meta.json', ...(await readdir(join(directory, 'plan'))).sort().map((name) => `plan/${name}`), 'policy.json'],
  );
  t.is(lab.twin.held?.generation, revision);
  t.deepEqual(lab.twin.done, [`load ${revision}`], 'no daemon is touched');
  t.is(JSON.parse(await readFile(join(directory, 'policy.json'), 'utf8')).addresses[0].name, 'MailAccess');
});

test('a change made on an old page is refused, and so is the second of two made at once', async (t) => {
  const lab = await readyLab(t, { block: false });
  const { revision } = await lab.web('policy.get', {}, lab.token);
  await save(lab, address('One', '192.168.51.1'), revision);
  t.is((await refusal(t, save(lab, address('Two', '192.168.51.2'), revision))).status, 409);
  const now = (await lab.web('policy.get', {}, lab.token)).revision;
  const both = await Promise.allSettled(['Three', 'Four'].map((name) => save(lab, address(name, '192.168.51.3'), now)));
  t.deepEqual(both.map((one) => one.status).sort(), ['fulfilled', 'rejected'], 'whichever comes first');
  const without = await Promise.all(['Five', 'Six'].map((name) => save(lab, address(name, '192.168.51.5'))));
  t.is(Math.abs((without[1]?.revision ?? 0) - (without[0]?.revision ?? 0)), 1, 'without a revision they queue');
  const { policy } = await lab.web('policy.get', {}, lab.token);
  const names = policy.addresses.map((one) => one.name);
  t.is(names.length, 4);
  t.deepEqual(names.filter((name) => name !== 'Three' && name !== 'Four').sort(), ['Five', 'One', 'Six']);
});

test('a policy with problems is refused whole, with their places', async (t) => {
  const lab = await readyLab(t, { block: true });
  const before = await lab.web('policy.get', {}, lab.token);
  const refused = await refusal(t, save(lab, address('Bad', '192.168.51.300')));
  t.deepEqual([refused.status, refused.problems[0]?.place], [422, 'addresses/0/value']);
  const checked = await lab.web('policy.check', { edit: address('Bad', '192.168.51.300') }, lab.token);
  t.deepEqual(checked, { at: 'addresses/0', problems: refused.problems });
  t.deepEqual(await lab.web('policy.get', {}, lab.token), before);
  t.deepEqual(lab.twin.done, []);
});

test('a check changes nothing, on the disk neither', async (t) => {
  const lab = await readyLab(t, { block: true });
  const kept = await readdir(join(lab.data, 'generations'));
  t.deepEqual(await lab.web('policy.check', { edit: address('Good', '192.168.51.30') }, lab.token), {
    at: 'addresses/0',
    changes: [],
    problems: [],
  });
  t.deepEqual(await readdir(join(lab.data, 'generations')), kept);
  t.deepEqual((await lab.web('policy.get', {}, lab.token)).policy.addresses, []);
});

const mishaps: [string, (lab: Lab) => void, number, string[]][] = [
  [
    'what nft -c refuses',
    (lab) => {
      lab.twin.checkProblems = [{ place: 'rules/0', owner: 'x', message: 'No.' }];
    },
    422,
    [],
  ],
  [
    'what the kernel refuses',
    (lab) => {
      lab.twin.refuseLoad = new LoadError('no', [{ place: 'rules/0', owner: 'x', message: 'No.' }]);
    },
    422,
    [],
  ],
  // Nobody knows what the kernel holds after that: what was in force is loaded again.
  [
    'a load that breaks off',
    (lab) => {
      lab.twin.refuseLoad = new Error('nft: Killed');
    },
    500,
    ['load 2'],
  ],
];

for (const [what, arrange, status, done] of mishaps) {
  test(`${what} leaves the generation before in force, in the kernel, on the disk and after a restart`, async (t) => {
    const lab = await readyLab(t, { block: true });
    const before = await lab.web('policy.get', {}, lab.token);
    arrange(lab);
    const refused = await refusal(t, save(lab, address('New', '192.168.51.30')));
    t.is(refused.status, status);
    if (status === 422) t.is(refused.problems[0]?.message, 'No.');
    t.false(refused.message.includes('Killed'), 'no internals');
    lab.twin.checkProblems = [];
    t.is(await readlink(join(lab.data, 'current')), `generations/${before.revision}`);
    t.is(lab.twin.held?.generation, before.revision);
    t.deepEqual(lab.twin.done, done);
    await lab.restart();
    t.deepEqual(await lab.root('policy.get', {}), before);
    await t.notThrowsAsync(save(lab, address('New', '192.168.51.30')));
  });
}

test('BOT is enabled once with the visible DNS rule; deleted, it does not come back', async (t) => {
  const lab = await readyLab(t, { block: false });
  t.regex((await refusal(t, lab.web('bot.enable', {}, lab.token))).problems[0]?.place ?? '', /adminMac/);
  await save(lab, settings({ adminMac: ADMIN_MAC }));
  await lab.web('bot.enable', {}, lab.token);
  t.is(lab.twin.held?.ruleset.mode, 'blocking');
  t.deepEqual(
    (await lab.web('policy.get', {}, lab.token)).policy.rules.map((rule) => rule.id),
    ['dns'],
  );
  await save(lab, { do: 'deleteRule', id: 'dns' });
  await lab.web('bot.disable', { password: PASSWORD }, lab.token);
  t.is(lab.twin.held?.ruleset.mode, 'open');
  await lab.restart();
  await lab.web('bot.enable', {}, lab.token);
  t.deepEqual((await lab.web('policy.get', {}, lab.token)).policy.rules, []);
});

test('disabling BOT takes the password, whichever way it is tried', async (t) => {
  const lab = await readyLab(t, { block: true });
  t.is((await refusal(t, lab.web('bot.disable', { password: 'guessed wrong' }, lab.token))).status, 403);
  t.is((await refusal(t, save(lab, settings({ enabled: false })))).status, 403);
  const { policy } = await lab.web('policy.get', {}, lab.token);
  const open = { ...policy, settings: { ...policy.settings, enabled: false } };
  t.is((await refusal(t, save(lab, { do: 'replace', value: open }))).status, 403);
  t.is(lab.twin.held?.ruleset.mode, 'blocking');
  await lab.root('bot.disable', { password: '' });
  t.is(lab.twin.held?.ruleset.mode, 'open');
});

test('only what changed is put in force: interfaces, and the daemons whose files changed', async (t) => {
  const lab = await readyLab(t, { block: true });
  const effects = async (edit: Edit) => {
    lab.twin.done = [];
    await save(lab, edit);
    await Promise.all(lab.box.later);
    return lab.twin.done.filter((one) => !one.startsWith('load'));
  };
  t.deepEqual(await effects(section('proxy', { cache: true })), ['restart squid']);
  t.deepEqual(await effects(section('proxy', { enabled: false })), ['network', 'restart squid']);
  t.deepEqual(await effects(section('dns', { servers: ['9.9.9.9'] })), ['network', 'restart dnsmasq']);
  t.deepEqual(await effects(section('dhcp', { enabled: false })), ['network', 'restart dnsmasq']);
  t.deepEqual(await effects(section('network', { green: { address: '10.1.2.3' } })), [
    'network',
    'restart dnsmasq',
    'restart squid',
    'restart chronyd',
    'restart sshd',
    'restart web',
  ]);
  t.deepEqual(
    await effects(
      section('network', { red: { mode: 'static', address: '203.0.113.5', netmask: '24', gateway: '203.0.113.1' } }),
    ),
    ['network', 'restart red-dhcp'],
  );
  t.deepEqual(await effects(settings({ uiPort: 4445 })), ['network', 'restart web']);
  t.deepEqual(await effects(settings({ logging: false })), []);
});

test('the certificate follows the address, its key stays', async (t) => {
  const lab = await readyLab(t, { block: false });
  const key = await readFile(join(lab.data, 'tls/key.pem'), 'utf8');
  const before = await readFile(join(lab.run, 'fingerprint'), 'utf8');
  await save(lab, settings({ uiPort: 4445 }));
  t.is(await readFile(join(lab.run, 'fingerprint'), 'utf8'), before, 'the same names: the same certificate');
  await save(lab, section('network', { names: ['gate.example.org'] }));
  t.not(await readFile(join(lab.run, 'fingerprint'), 'utf8'), before);
  const text = await execa('openssl', [
    'x509',
    '-in',
    join(lab.data, 'tls/cert.pem'),
    '-noout',
    '-ext',
    'subjectAltName',
  ]);
  t.regex(text.stdout, /IP Address:192\.168\.51\.254.*DNS:greengate,.*DNS:gate\.example\.org, DNS:localhost/);
  t.is(await readFile(join(lab.data, 'tls/key.pem'), 'utf8'), key);
});

test('a daemon that does not start is a notice, and the next success takes it back', async (t) => {
  const lab = await readyLab(t, { block: false });
  lab.twin.refuseRestart = true;
  await save(lab, section('proxy', { cache: true }));
  const notices = async () => (await lab.web('status', {}, lab.token)).notices;
  t.deepEqual(await notices(), ['RED is down.', 'The service squid could not be restarted.']);
  lab.twin.refuseRestart = false;
  await save(lab, section('proxy', { cache: false }));
  t.deepEqual(await notices(), ['RED is down.']);
});

test('counters are summed over loads and agents, until the reboot', async (t) => {
  const lab = await readyLab(t, { block: true });
  const counted = async () => (await lab.root('status', {})).counters;
  lab.twin.packets = { dns: { packets: 3, bytes: 300 }, default: { packets: 1, bytes: 60 } };
  await save(lab, address('One', '192.168.51.1'));
  lab.twin.packets = { dns: { packets: 4, bytes: 400 } };
  t.deepEqual(await counted(), { dns: { packets: 7, bytes: 700 }, default: { packets: 1, bytes: 60 } });
  await lab.restart();
  t.deepEqual(await counted(), { dns: { packets: 7, bytes: 700 }, default: { packets: 1, bytes: 60 } });
  await lab.restart(true);
  t.deepEqual(await counted(), {});
});
