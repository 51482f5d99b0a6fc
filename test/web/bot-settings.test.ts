import test from 'ava';
import { adminFaults, adminLines, isAmong } from '../../src/web/admins.ts';
import { readyUi, type Ui } from './ui.ts';

const path = '/firewall/bot/settings';
const settingsOf = async ({ lab }: Ui) => (await lab.web('policy.get', {}, lab.token)).policy.settings;

test('further administrators: one a line, kept in one spelling, each bad line named by its number', async (t) => {
  const ui = await readyUi(t, { block: true });
  await ui.admin.get(path);
  const typed = '00-16-3E-12-34-56\n\n192.168.51.0/255.0.255.0\nadmin.example.org\n10.0.0.9-10.0.0.1\n"><b>\u202e';
  await ui.admin.submit(path, { moreAdmins: typed });
  t.is(ui.admin.status, 422);
  const message = ui.admin.page.errors.moreAdmins ?? '';
  t.notRegex(message, /Line 1,/);
  for (const line of [
    /Line 3, “192\.168\.51\.0\/255\.0\.255\.0”: Not a netmask/,
    /Line 4, .*DNS name/,
    /Line 5, .*lower address/,
    /Line 6, .*Not a/,
  ])
    t.regex(message, line);
  t.is(new Map(ui.admin.page.forms.find(({ action }) => action === path)?.fields).get('moreAdmins'), typed);
  await ui.admin.submit(path, {
    moreAdmins: '00-16-3E-12-34-56\n192.168.51.32/255.255.255.224\n10.0.0.1-10.0.0.9\nfd00::/64',
  });
  t.is(ui.admin.path, '/firewall/bot');
  t.deepEqual((await settingsOf(ui)).moreAdmins, [
    '00:16:3e:12:34:56',
    '192.168.51.32/27',
    '10.0.0.1-10.0.0.9',
    'fd00::/64',
  ]);
});

test('whoever would shut himself out is told before, and must say that he knows', async (t) => {
  const ui = await readyUi(t, { block: true });
  await ui.admin.get(path);
  await ui.admin.submit(path, { adminMac: '00:16:3e:99:99:99' });
  t.is(ui.admin.status, 422);
  t.regex(ui.admin.page.text, /This would lock this computer out.*127\.0\.0\.1 with the MAC 00:16:3e:00:00:25/);
  t.is((await settingsOf(ui)).adminMac, '00:16:3e:00:00:25', 'nothing was saved');
  await ui.admin.submit(path, {});
  t.is(ui.admin.status, 422, 'without the tick it is asked again');
  await ui.admin.submit(path, { moreAdmins: '127.0.0.0/8' });
  t.is(ui.admin.path, '/firewall/bot', 'by its address it still is an administrator');
  await ui.admin.get(path);
  await ui.admin.submit(path, { moreAdmins: '192.168.51.0/24' });
  await ui.admin.submit(path, { sure: 'on' });
  t.like(await settingsOf(ui), { adminMac: '00:16:3e:99:99:99', moreAdmins: ['192.168.51.0/24'] });
});

test('while BOT is off it is only mentioned; advanced mode is kept', async (t) => {
  const ui = await readyUi(t);
  await ui.admin.get(path);
  await ui.admin.submit(path, { adminMac: '00:16:3e:99:99:99', advancedMode: 'on' });
  t.is(ui.admin.path, '/firewall/bot');
  t.regex(ui.admin.page.text, /This computer is not among the administrators/);
  t.like(await settingsOf(ui), { adminMac: '00:16:3e:99:99:99', advancedMode: true });
  await ui.admin.get(path);
  await ui.admin.submit(path, {}, ['advancedMode']);
  t.false((await settingsOf(ui)).advancedMode);
});

test('among the administrators: by MAC, address, network or range; an unknown MAC is nobody’s', (t) => {
  const visitor = { address: '192.168.51.25', mac: '00:16:3e:00:00:25' };
  for (const one of ['00-16-3E-00-00-25', '192.168.51.25', '192.168.51.0/27', '192.168.51.20-192.168.51.30'])
    t.true(isAmong(visitor, ['', one]), one);
  for (const one of [
    '',
    '00:16:3e:00:00:26',
    '192.168.51.26',
    '192.168.51.32/27',
    '192.168.51.26-192.168.51.30',
    'fd00::/8',
    'x',
  ])
    t.false(isAmong(visitor, [one]), one);
  t.false(isAmong({ ...visitor, mac: '' }, ['00:16:3e:00:00:25', '']));
});

test('of many bad lines the first five are told', (t) => {
  const message = adminFaults(adminLines(Array.from({ length: 9 }, (_, at) => `bad ${at}`).join('\n')), [], 'x');
  t.regex(message, /Line 5, “bad 4”/);
  t.regex(message, /And 4 more\.$/);
  t.notRegex(message, /Line 6,/);
});
