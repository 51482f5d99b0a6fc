import test from 'ava';
import { PASSWORD } from '../agent/lab.ts';
import { handbookEdits } from '../lib/handbook.ts';
import { packetLine } from '../lib/log-lines.ts';
import { fillOffice, hostile } from './fill.ts';
import { readyUi, type Ui } from './ui.ts';

const blocksOf = async ({ lab }: Ui) => (await lab.web('policy.get', {}, lab.token)).policy.blocks;
const now = () => Math.floor(Date.now() / 1000);

test('from a log line to a blocked host: by MAC, for half an hour, and back to the same lines', async (t) => {
  const ui = await readyUi(t, { block: true });
  await fillOffice(ui);
  const { admin } = ui;
  await admin.get('/logs/firewall?dport=443&live=0');
  const link = admin.page.links.find((one) => one.startsWith('/firewall/blocks/new?host=192.168.51.25')) ?? '';
  t.not(link, '');
  await admin.get(link);
  t.regex(admin.page.text, /Host mailroom By its MAC 00:16:3e:00:00:25/);
  t.regex(admin.page.text, /By its address 192\.168\.51\.25/);
  await admin.submit('/firewall/blocks/new', { remark: 'Exam in room 3' });
  t.is(admin.path, '/logs/firewall?dport=443&live=0', 'the filters are kept');
  t.regex(admin.page.text, /00:16:3e:00:00:25 is blocked and ends in 30 minutes/);
  const [block] = await blocksOf(ui);
  t.like(block, { host: '00:16:3e:00:00:25', action: 'drop', by: 'admin', remark: 'Exam in room 3' });
  t.true(Math.abs((block?.until ?? 0) - now() - 1800) <= 61);
  for (const path of ['/', '/firewall/blocks']) {
    await admin.get(path);
    t.regex(admin.page.text, /00:16:3e:00:00:25 mailroom blocked in (29|30|31) minutes .* admin Exam in room 3/, path);
  }
  await admin.submit('/firewall/blocks/end', { id: block?.id ?? '', back: '/firewall/blocks' });
  t.deepEqual(await blocksOf(ui), []);
  t.regex(admin.page.text, /No host is blocked/);
});

test('by address, allowed, until somebody ends it; a second answer for the same host takes the place of the first', async (t) => {
  const ui = await readyUi(t, { block: true });
  const { admin } = ui;
  await admin.get('/firewall/blocks/new?host=192.168.51.25');
  await admin.submit('/firewall/blocks/new', { by: 'address', action: 'accept', expiry: '' });
  t.like((await blocksOf(ui))[0], { host: '192.168.51.25', action: 'accept', until: null });
  t.regex(admin.page.text, /let through until somebody ends it/);
  await admin.get('/firewall/blocks/new?host=192.168.51.25');
  t.regex(admin.page.text, /let through already by admin \. What you choose here takes its place/);
  await admin.submit('/firewall/blocks/new', { by: 'address', expiry: '120' });
  t.deepEqual(
    (await blocksOf(ui)).map(({ host, action }) => [host, action]),
    [['192.168.51.25', 'drop']],
  );
});

test('a moment of one’s own is in the zone of the box, and must be to come', async (t) => {
  const ui = await readyUi(t, { block: true });
  await ui.edit({ do: 'section', section: 'network', value: { timezone: 'Asia/Tokyo' } });
  const { admin } = ui;
  await admin.get('/firewall/blocks/new');
  await admin.submit('/firewall/blocks/new', {
    host: '192.168.51.9',
    expiry: 'until',
    expiryDate: '2031-05-06',
    expiryTime: '08:30',
  });
  t.is((await blocksOf(ui))[0]?.until, Date.UTC(2031, 4, 5, 23, 30) / 1000);
  for (const [fields, field, message] of [
    [{ expiryDate: '2020-01-01', expiryTime: '08:00' }, 'expiryDate', /has passed/],
    [{ expiryDate: '2031-02-30', expiryTime: '08:00' }, 'expiryDate', /Not a date/],
    [{ expiryDate: '2031-02-20', expiryTime: '25:00' }, 'expiryTime', /Not a time/],
    [{ host: '<b>', expiry: '' }, 'host', /Write the address/],
    [{ host: 'x'.repeat(10_000), expiry: '' }, 'host', /Write the address/],
    [{ host: 'www.example.org', expiry: '' }, 'host', /Write the address/],
    [{ remark: 'two\nlines', expiry: '' }, 'remark', /Line breaks/],
  ] as [Record<string, string>, string, RegExp][]) {
    await admin.get('/firewall/blocks/new');
    const typed = { host: '192.168.51.8', remark: 'kept', expiry: 'until', ...fields };
    await admin.submit('/firewall/blocks/new', typed);
    t.is(admin.status, 422);
    t.regex(admin.page.errors[field] ?? '', message, JSON.stringify(fields).slice(0, 80));
    const shown = new Map(admin.page.forms.find(({ action }) => action === '/firewall/blocks/new')?.fields);
    for (const [name, value] of Object.entries(typed)) t.is(shown.get(name), value, name);
  }
  t.is((await blocksOf(ui)).length, 1);
});

test('every host has the way to it: denials, both logs, leases; none for what is not on GREEN', async (t) => {
  const ui = await readyUi(t, { block: true });
  await fillOffice(ui);
  const line = (iface: string, source: string) =>
    packetLine({
      'oob.prefix': `${iface.toUpperCase()} DROP default`,
      'oob.time.sec': now(),
      'oob.in': iface,
      src_ip: source,
      dest_ip: '203.0.113.77',
      dest_port: 4711,
      'mac.saddr.str': undefined,
    });
  await ui.writeLog('firewall.json', [line('red', '203.0.113.66'), line('green', '198.51.100.99')]);
  for (const [path, host] of [
    ['/', '192.168.51.25'],
    ['/logs/firewall', '192.168.51.25'],
    ['/logs/proxy', '192.168.51.35'],
    ['/services/dhcp', '192.168.51.170'],
  ] as const) {
    await ui.admin.get(path);
    t.true(
      ui.admin.page.links.some((link) => link.startsWith(`/firewall/blocks/new?host=${host}`)),
      path,
    );
    t.false(
      ui.admin.page.links.some((link) => /blocks\/new\?host=(203\.0\.113\.66|198\.51\.100\.99)/.test(link)),
      path,
    );
  }
});

test('“Allow…” beside a denied line drafts the rule that would have let it through', async (t) => {
  const ui = await readyUi(t, { block: true });
  for (const edit of handbookEdits) await ui.edit(edit);
  const line = (more: object) =>
    packetLine({ 'oob.time.sec': now(), dest_ip: '203.0.113.10', dest_port: 443, ...more });
  await ui.writeLog('firewall.json', [
    line({}),
    line({ dest_ip: '192.168.51.254', dest_port: 800 }),
    line({ dest_port: 54321 }),
    line({ 'oob.prefix': 'GREEN ACCEPT r1', dest_port: 25 }),
  ]);
  await ui.admin.get('/logs/firewall');
  const drafts = ui.admin.page.links.filter((link) => link.startsWith('/firewall/bot/rules/new?source'));
  t.deepEqual(drafts, [
    '/firewall/bot/rules/new?source=192.168.51.25&destination=203.0.113.10&service=tcp%2F54321',
    '/firewall/bot/rules/new?source=192.168.51.25&destination=greengate&service=GreengateProxy',
    '/firewall/bot/rules/new?source=192.168.51.25&destination=203.0.113.10&service=HTTPS',
  ]);
});

test('the way back stays inside this UI, and a name of any content is text', async (t) => {
  const ui = await readyUi(t, { block: true });
  for (const back of ['//evil.example/', 'https://evil.example/', '/\\evil.example', 'javascript:alert(1)', '/a\nb']) {
    await ui.admin.get(`/firewall/blocks/new?host=192.168.51.25&back=${encodeURIComponent(back)}`);
    t.false(
      ui.admin.page.links.some((link) => link.includes('evil') || link.includes('javascript')),
      back,
    );
    await ui.admin.submit('/firewall/blocks/new', { back, expiry: '' });
    t.is(ui.admin.path, '/firewall/blocks', back);
  }
  ui.lab.twin.leases = async () => [
    { mac: '00:16:3e:00:00:25', address: '192.168.51.25', name: hostile.markup, expires: 9 },
  ];
  await ui.admin.get('/firewall/blocks');
  t.true(ui.admin.page.text.includes(hostile.markup));
  t.notRegex(ui.admin.page.html, /<img src=x/);
});

test('an operator blocks and ends, and administers nothing; a viewer only looks', async (t) => {
  const ui = await readyUi(t, { block: true });
  await fillOffice(ui);
  const newPassword = 'another long password';
  const loggedIn = async (name: 'eva' | 'olaf', role: 'viewer' | 'operator') => {
    await ui.lab.web('users.save', { name, role, create: true, password: PASSWORD, newPassword }, ui.lab.token);
    const browser = ui.browser();
    await browser.get('/login');
    await browser.submit('/login', { user: name, password: newPassword });
    return browser;
  };
  const operator = await loggedIn('olaf', 'operator');
  await operator.get('/logs/firewall');
  t.true(operator.page.links.some((link) => link.startsWith('/firewall/blocks/new?host=')));
  t.false(
    operator.page.links.some((link) => link.startsWith('/firewall/bot/rules/new')),
    'no rules are drafted',
  );
  await operator.get('/firewall/blocks/new?host=192.168.51.25');
  await operator.submit('/firewall/blocks/new', { expiry: '' });
  t.like((await blocksOf(ui))[0], { host: '00:16:3e:00:00:25', by: 'olaf' });
  for (const path of [
    '/firewall/objects/addresses',
    '/firewall/objects/addresses/edit?name=Reception',
    '/services/dhcp',
    '/services/proxy',
    '/firewall/bot/settings',
  ]) {
    await operator.get(path);
    t.is(operator.status, 200, path);
    t.notRegex(operator.page.text, /Save |New address|Paste many|Delete/, path);
  }
  await operator.get('/firewall/objects/addresses/many');
  t.is(operator.status, 403);
  const viewer = await loggedIn('eva', 'viewer');
  for (const path of ['/', '/firewall/blocks', '/logs/firewall', '/logs/proxy', '/services/dhcp']) {
    await viewer.get(path);
    t.is(viewer.status, 200, path);
    t.notRegex(viewer.page.text, /Block…|Allow…|End now|Block a host/, path);
  }
  await viewer.get('/firewall/blocks/new?host=192.168.51.25');
  t.is(viewer.status, 403);
  await operator.get('/firewall/blocks');
  await operator.submit('/firewall/blocks/end', { id: (await blocksOf(ui))[0]?.id ?? '' });
  t.deepEqual(await blocksOf(ui), []);
});
