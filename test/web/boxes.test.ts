import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { PASSWORD } from '../agent/lab.ts';
import { readyUi, type Ui } from './ui.ts';

const policyOf = async ({ lab }: Ui) => (await lab.web('policy.get', {}, lab.token)).policy;

test('network: faults beside their fields, what was typed stays', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await admin.get('/network');
  await admin.submit('/network', {
    redMode: 'static',
    redAddress: '198.51.100.20',
    hostname: 'not a name',
    names: 'a b_c',
  });
  t.is(admin.status, 422);
  t.truthy(admin.page.errors.hostname);
  t.truthy(admin.page.errors.names);
  const kept = new Map(admin.page.forms.find((one) => one.action === '/network')?.fields);
  t.is(kept.get('redAddress'), '198.51.100.20');
  t.is(kept.get('names'), 'a b_c');
  await admin.submit('/network', { hostname: 'gate', names: 'gate.example\nfw.example' });
  t.regex(admin.page.errors.redNetmask ?? '', /static RED needs/);
  await admin.submit('/network', { redNetmask: '255.255.255.0', redGateway: '198.51.100.1' });
  t.is(admin.path, '/network');
  t.like((await policyOf(ui)).network, { hostname: 'gate', names: ['gate.example', 'fw.example'] });
});

test('network: a new GREEN address is named to the browser before it is set', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await admin.get('/network');
  await admin.submit('/network', { greenAddress: '10.0.0.1' });
  t.regex(admin.page.text, /http:\/\/10\.0\.0\.1:445\//);
  t.is((await policyOf(ui)).network.green.address, '192.168.51.254', 'the answer comes first');
  for (let tries = 0; tries < 50 && (await policyOf(ui)).network.green.address !== '10.0.0.1'; tries++)
    await sleep(100);
  t.like(await policyOf(ui), { network: { green: { address: '10.0.0.1' } }, dhcp: { start: '10.0.0.100' } });
  t.deepEqual(ui.reports, []);
});

test('network: cards', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await admin.get('/network');
  await admin.submit('/network/cards', { green: '00:16:3e:00:00:02' });
  t.is(admin.page.errors.red, 'GREEN and RED need different network cards.');
  await admin.submit('/network/cards', { green: '00:16:3e:00:00:02', red: '00:16:3e:00:00:01' });
  t.regex(admin.page.text, /at the next start/);
});

test('proxy: saved, and a clash of ports is told beside the field', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await admin.get('/services/proxy');
  await admin.submit('/services/proxy', { port: '445', cacheMegabytes: 'many' });
  t.truthy(admin.page.errors.cacheMegabytes);
  await admin.submit('/services/proxy', { cacheMegabytes: '200' });
  t.is(admin.status, 422);
  t.regex(admin.page.text, /has port 445 already|Choose another port/);
  await admin.submit('/services/proxy', { port: '8080', cache: 'on' });
  t.like((await policyOf(ui)).proxy, { port: 8080, cache: true, cacheMegabytes: 200, enabled: true });
  await admin.submit('/services/proxy', {}, ['enabled']);
  t.false((await policyOf(ui)).proxy.enabled);
});

test('DHCP and DNS: range, servers, one click to fix a lease, and its form', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await admin.get('/services/dhcp');
  await admin.submit('/services/dhcp', { start: '192.168.51.150', end: '192.168.51.120' });
  t.regex(admin.page.errors.end ?? '', /ends before it starts/);
  await admin.submit('/services/dhcp', { end: '192.168.51.180' });
  await admin.submit('/services/dhcp/dns', { servers: '9.9.9.9\nnonsense' });
  t.truthy(admin.page.errors.servers);
  await admin.submit('/services/dhcp/dns', { servers: '9.9.9.9 1.1.1.1' });
  t.deepEqual((await policyOf(ui)).dns.servers, ['9.9.9.9', '1.1.1.1']);
  await admin.submit('/services/dhcp/fix', { mac: '00:16:3e:00:00:25' });
  t.like((await policyOf(ui)).dhcp, {
    start: '192.168.51.150',
    fixed: [{ mac: '00:16:3e:00:00:25', address: '192.168.51.25', name: 'pc' }],
  });
  await admin.get('/services/dhcp/lease');
  await admin.submit('/services/dhcp/lease', { mac: '00-16-3E-00-00-25', address: '192.168.51.25' });
  t.regex(admin.page.errors.mac ?? '', /has a fixed lease already/);
  t.regex(admin.page.errors.address ?? '', /given to another MAC/);
  await admin.submit('/services/dhcp/lease', { mac: '00:16:3e:00:00:26', address: '192.168.51.26' });
  t.is((await policyOf(ui)).dhcp.fixed.length, 2);
  await admin.get('/services/dhcp/lease?mac=00:16:3e:00:00:25');
  const form = admin.page.forms.find((one) => one.action === '/services/dhcp/lease');
  await admin.post('/services/dhcp/lease/delete', new URLSearchParams(form?.fields));
  t.is((await policyOf(ui)).dhcp.fixed.length, 1);
});

test('system: passwords, services, reboot', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await admin.get('/system/account');
  await admin.submit('/system/password', { old: 'wrong', new: 'another good one', again: 'another good one' });
  t.is(admin.page.errors.old, 'The password is wrong.');
  await admin.submit('/system/password', { old: PASSWORD, new: 'short', again: 'short' });
  t.regex(admin.page.errors.new ?? '', /at least 10/);
  await admin.submit('/system/password', { old: PASSWORD, new: 'another good one', again: 'another good one' });
  t.regex(admin.page.text, /Password changed/);
  await admin.get('/system');
  await admin.submit('/system/console-password', {
    consoleOld: 'another good one',
    consoleNew: '',
    consoleAgain: '',
    step: 'set',
  });
  t.is(admin.page.errors.consoleNew, 'A password is needed.');
  await admin.submit('/system/restart', { name: 'squid' });
  t.true(ui.lab.twin.done.includes('restart squid'));
  await admin.submit('/system/restart', { name: '../evil' });
  t.is(admin.status, 400);
  await admin.get('/system/reboot');
  await admin.submit('/system/reboot', { password: 'wrong' });
  t.is(admin.page.errors.password, 'The password is wrong.');
  t.false(ui.lab.twin.done.includes('reboot'));
  await admin.submit('/system/reboot', { password: 'another good one' });
  t.regex(admin.page.text, /Greengate is restarting/);
});

test('the bar on top says when RED is down', async (t) => {
  const ui = await readyUi(t);
  const observe = ui.lab.twin.observe;
  ui.lab.twin.observe = async () => {
    const seen = await observe();
    return { ...seen, notices: [], red: { ...seen.red, carrier: false } };
  };
  await ui.admin.get('/system');
  t.regex(ui.admin.page.text, /RED is down: no cable/);
});
