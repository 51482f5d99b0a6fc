import test from 'ava';
import type { Edit } from '../../src/policy/edit.ts';
import { PASSWORD } from '../agent/lab.ts';
import type { Browser } from './browser.ts';
import { fillMany } from './fill.ts';
import { readyUi, type Ui } from './ui.ts';

const policyOf = async ({ lab }: Ui) => (await lab.web('policy.get', {}, lab.token)).policy;
const idsOf = async (ui: Ui) => (await policyOf(ui)).rules.map(({ id }) => id).join(' ');

const rule = (id: string, more: object = {}): Edit => ({
  do: 'saveRule',
  id,
  restore: true,
  value: {
    source: { kind: 'any' },
    destination: { kind: 'any' },
    service: { kind: 'any' },
    action: 'accept',
    remark: `Remark ${id}`,
    ...more,
  },
});

/** A box with rules `a` to `f`; b and c under the heading Mail. */
const withRules = async (t: Parameters<typeof readyUi>[0], more: Record<string, object> = {}) => {
  const ui = await readyUi(t);
  const heading = (id: string) => ('bc'.includes(id) ? { heading: 'Mail' } : {});
  await ui.edit({ do: 'batch', edits: [...'abcdef'].map((id) => rule(id, { ...heading(id), ...more[id] })) });
  return ui;
};

/** Sends the form of the list as the page in hand has it. */
const send = (browser: Browser, path: string, fields: [name: string, value: string][]) => {
  const form = browser.page.forms.find((one) => one.action === '/firewall/bot' && one.method === 'post');
  const own = (form?.fields ?? []).filter(([name]) => name !== 'rule');
  return browser.post(path, new URLSearchParams([...own, ...fields]));
};

const bulk = (browser: Browser, word: string, ids: string) =>
  send(browser, '/firewall/bot/bulk', [['do', word], ...[...ids].map((id): [string, string] => ['rule', id])]);

test('rows read like a policy: inversion, advanced parts, limit, frame, expiry, hits and last hit', async (t) => {
  const now = Math.floor(Date.now() / 1000);
  const ui = await withRules(t, {
    a: {
      source: { kind: 'typed', value: '192.168.51.9', invert: true },
      service: { kind: 'service', name: 'HTTPS', invert: true },
      sourcePorts: '1024-65535',
      limit: { for: 'log', rate: 10, per: 'minute', burst: 5 },
      log: true,
    },
    d: { action: 'log' },
    e: { action: 'reject', expires: now + 90_000 },
    f: {
      expires: now - 90_000,
      frame: { days: { kind: 'week', days: [0, 1, 2, 3, 4, 5, 6] }, start: '00:00', end: '00:00' },
    },
  });
  const { admin } = ui;
  ui.lab.twin.packets = { ...ui.lab.twin.packets, a: { packets: 1234, bytes: 5_000_000 } };
  await ui.writeLog('firewall.json', [
    JSON.stringify({
      'oob.prefix': 'GREEN ACCEPT a',
      'oob.time.sec': now - 600,
      'oob.in': 'green',
      'ip.protocol': 6,
      src_ip: '192.168.51.8',
      dest_ip: '203.0.113.7',
      src_port: 1025,
      dest_port: 80,
    }),
  ]);
  await admin.get('/firewall/bot');
  const { text } = admin.page;
  t.regex(
    text,
    /not \( ?192\.168\.51\.9 ?\) from port 1024-65535 may use not \( ?HTTPS ?\) TCP 443 Anywhere outside Remark a 1 234 10 minutes ago/,
  );
  t.regex(
    text,
    /advanced: inverted source, inverted service, source ports, match limit logs at most 10 per minute, 5 at once/,
  );
  t.regex(text, /Mail 2 rules Rename heading Mail 2 .*Without heading 3 rules 4/);
  t.regex(text, /is logged LOG only .* Remark d/);
  t.regex(text, /may not use REJECT .* Remark e 0 until \w{3} \d+ \w{3}/);
  t.regex(text, /Remark f expired 0 advanced every day, all day .* expired \w{3}/);
  t.regex(text, /Default action/);
});

test('switches act on the rule that was looked at: one that says something else by now asks first', async (t) => {
  const ui = await withRules(t);
  const { admin } = ui;
  await admin.get('/firewall/bot');
  const button = (id: string, what: string) =>
    new RegExp(`name="set" value="(${id} [\\w-]+ ${what} \\w+)"`).exec(admin.page.html)?.[1] ?? '';
  const pressed = [button('a', 'enabled'), button('a', 'log'), button('b', 'enabled')];
  await send(admin, '/firewall/bot', [['set', pressed[0] ?? '']]);
  await send(admin, '/firewall/bot', [['set', pressed[1] ?? '']]);
  t.like((await policyOf(ui)).rules[0], { enabled: false, log: true }, 'two switches in a row');
  await ui.edit({ do: 'saveRule', id: 'b', value: { ...(await policyOf(ui)).rules[1], remark: 'Now something else' } });
  await send(admin, '/firewall/bot', [['set', pressed[2] ?? '']]);
  t.is(admin.status, 409);
  t.regex(admin.page.text, /Somebody else saved a change meanwhile.* You wanted to switch rule 2 off/);
  t.regex(admin.page.text, /Now something else/);
  t.true((await policyOf(ui)).rules[1]?.enabled);
  await admin.submit('/firewall/bot/rules/b/toggle', {});
  t.false((await policyOf(ui)).rules[1]?.enabled);
});

test('many rules are switched, logged and deleted as one change each, and come back where they were', async (t) => {
  const ui = await withRules(t);
  const { admin } = ui;
  const before = (await ui.lab.web('policy.get', {}, ui.lab.token)).revision;
  await admin.get('/firewall/bot');
  await bulk(admin, 'disable', 'ace');
  t.regex(admin.page.text, /3 rules disabled/);
  await bulk(admin, 'log', 'ab');
  const { policy, revision } = await ui.lab.web('policy.get', {}, ui.lab.token);
  t.is(revision, before + 2);
  t.is(
    policy.rules.map(({ enabled, log }) => (enabled ? 'on' : 'off') + (log ? ' log' : '')).join(),
    'off log,on log,off,on,off,on',
  );
  await bulk(admin, 'delete', 'bdf');
  t.regex(admin.page.title, /Delete rules 2, 4 and 6/);
  t.is(await idsOf(ui), 'a b c d e f', 'several are asked about first');
  await admin.submit('/firewall/bot/selected/done', {});
  t.regex(admin.page.text, /3 rules deleted/);
  t.is(await idsOf(ui), 'a c e');
  const gone = policy.rules;
  await admin.submit('/undo', {});
  t.regex(admin.page.text, /The rules are back in their places/);
  t.deepEqual((await policyOf(ui)).rules, gone);
  await admin.get('/firewall/bot');
  await bulk(admin, 'enable', '');
  t.regex(admin.page.text, /No rule is selected/);
});

test('one rule is deleted at once; nobody else can undo it, and undo says when it cannot', async (t) => {
  const ui = await withRules(t);
  const { admin } = ui;
  await admin.get('/firewall/bot');
  await send(admin, '/firewall/bot', [['delete', 'c']]);
  t.is(await idsOf(ui), 'a b d e f');
  t.regex(admin.page.text, /Rule deleted\. Undo/);
  const undo = admin.page.forms.find(({ action }) => action === '/undo');
  const cookies = [...admin.cookies.values()].join();
  t.false(Buffer.from(cookies, 'base64url').toString().includes('Remark c'), 'the rule is not in a cookie');
  await ui.edit({ do: 'deleteRule', id: 'a' });
  await admin.post('/undo', new URLSearchParams(undo?.fields));
  t.is(await idsOf(ui), 'b d c e f');
  t.like((await policyOf(ui)).rules[2], { heading: 'Mail', remark: 'Remark c' });
  await admin.post('/undo', new URLSearchParams(undo?.fields));
  t.regex(admin.page.text, /not kept any more/);
});

test('two browsers: who comes second sees what the first one saved and what was meant, and does it with one click', async (t) => {
  const ui = await withRules(t);
  const { admin } = ui;
  const second = ui.browser();
  await second.get('/login');
  await second.submit('/login', { user: 'admin', password: PASSWORD });
  await admin.get('/firewall/bot?q=remark');
  await second.get('/firewall/bot');
  await send(second, '/firewall/bot/rules/f/move', [['position', '0']]);
  await bulk(admin, 'disable', 'ab');
  t.is(admin.status, 409);
  t.regex(
    admin.page.text,
    /Somebody else saved a change meanwhile\..* You wanted to disable rules 2 and 3; nothing was changed yet/,
  );
  t.regex(admin.page.text, /1 Any host on GREEN may use Any service Anywhere outside Remark f/);
  t.true((await policyOf(ui)).rules.every(({ enabled }) => enabled));
  await admin.submit('/firewall/bot/bulk', {});
  t.is(await idsOf(ui), 'f a b c d e');
  t.is(
    (await policyOf(ui)).rules
      .filter(({ enabled }) => !enabled)
      .map(({ id }) => id)
      .join(''),
    'ab',
  );
  t.is(admin.path, '/firewall/bot?q=remark', 'the filter is still there');
  await admin.get('/firewall/bot/bulk');
  t.is(admin.path, '/firewall/bot');
});

test('move to a place: by position, beside a rule, with what was wrong beside the field', async (t) => {
  const ui = await withRules(t);
  const { admin } = ui;
  await admin.get('/firewall/bot/rules/f/move');
  t.regex(admin.page.title, /Move rule 6/);
  await admin.submit('/firewall/bot/selected/done', { where: 'before', number: '2' });
  t.is(await idsOf(ui), 'a f b c d e');
  await admin.get('/firewall/bot');
  await bulk(admin, 'move', 'ad');
  await admin.submit('/firewall/bot/selected/done', { where: 'after', number: '99' });
  t.is(admin.status, 422);
  t.regex(admin.page.errors.number ?? '', /from 1 to 6/);
  await admin.submit('/firewall/bot/selected/done', { where: 'after', number: '1' });
  t.regex(admin.page.errors.number ?? '', /one of those that move/);
  await admin.submit('/firewall/bot/selected/done', { where: 'last' });
  t.is(await idsOf(ui), 'f b c e a d');
  await admin.get('/firewall/bot');
  await send(admin, '/firewall/bot/rules/e/move', [
    ['after', 'b'],
    ['heading', 'Mail'],
  ]);
  t.is(await idsOf(ui), 'f b e c a d');
  t.is((await policyOf(ui)).rules[2]?.heading, 'Mail');
});

test('headings: put rules under one, rename it, take them out', async (t) => {
  const ui = await withRules(t);
  const { admin } = ui;
  const headings = async () =>
    (await policyOf(ui)).rules.map(({ id, heading }) => `${id}${heading && `:${heading}`}`).join(' ');
  await admin.get('/firewall/bot');
  await bulk(admin, 'heading', 'ae');
  await admin.submit('/firewall/bot/selected/done', { heading: 'Mail', together: 'on' });
  t.is(await headings(), 'b:Mail c:Mail a:Mail e:Mail d f');
  await admin.get('/firewall/bot/heading?rule=b');
  await admin.submit('/firewall/bot/heading/done', { heading: 'Post & Mail' });
  t.is(await headings(), 'b:Post & Mail c:Post & Mail a:Post & Mail e:Post & Mail d f');
  t.regex(admin.page.text, /Post & Mail 4 rules/);
  await bulk(admin, 'heading', 'c');
  await admin.submit('/firewall/bot/selected/done', { heading: 'x'.repeat(81) });
  t.regex(admin.page.errors.heading ?? '', /At most 80/);
  await admin.submit('/firewall/bot/selected/done', { heading: '', together: '' });
  t.is(await headings(), 'b:Post & Mail c a:Post & Mail e:Post & Mail d f');
});

test('filters have addresses: empty fields leave them, changes come back to them, all found can be chosen', async (t) => {
  const ui = await withRules(t, { a: { source: { kind: 'typed', value: '192.168.51.9' } }, f: { action: 'drop' } });
  const { admin } = ui;
  const shown = () => [...admin.page.html.matchAll(/<tr id="rule-(\w+)"/g)].map(([, id]) => id).join('');
  await admin.get('/firewall/bot?q=&host=192.168.51.9&service=&action=&state=&heading=');
  t.is(admin.path, '/firewall/bot?host=192.168.51.9');
  t.is(shown(), 'abcdef', 'any host holds it as well');
  await admin.get('/firewall/bot?host=203.0.113.1&action=drop');
  t.is(shown(), 'f');
  t.regex(admin.page.text, /Host 203\.0\.113\.1 .*Action DROP/);
  await bulk(admin, 'disable', 'f');
  t.is(admin.path, '/firewall/bot?host=203.0.113.1&action=drop');
  await admin.get('/firewall/bot?heading=Mail');
  await send(admin, '/firewall/bot/bulk', [
    ['do', 'log'],
    ['all', 'yes'],
  ]);
  t.is(
    (await policyOf(ui)).rules
      .filter(({ log }) => log)
      .map(({ id }) => id)
      .join(''),
    'bc',
  );
  await admin.get('/firewall/bot?q=nothing+like+this');
  t.regex(admin.page.text, /No rule holds “ ?nothing like this ?”/);
});

test('2000 rules with everything on them: each page stays below 100 KB', async (t) => {
  const ui = await readyUi(t);
  await fillMany(ui, 2000);
  const { policy } = await ui.lab.web('policy.get', {}, ui.lab.token);
  await ui.edit({
    do: 'replace',
    value: {
      ...policy,
      rules: policy.rules.map((one, index) => ({
        ...one,
        heading: `Floor ${Math.floor(index / 10)}`,
        limit: { for: 'both', rate: 10, per: 'minute', burst: 5 },
        frame:
          index % 1950 < 50 ? { days: { kind: 'week', days: [1, 2, 3, 4, 5] }, start: '08:00', end: '17:00' } : null,
      })),
    },
  });
  const { admin } = ui;
  for (const path of [
    '/firewall/bot',
    '/firewall/bot?page=40',
    '/firewall/bot?host=10.1.2.7',
    '/firewall/bot?q=smtp&page=7',
  ]) {
    await admin.get(path);
    t.is(admin.status, 200);
    t.true(Buffer.byteLength(admin.page.html) < 100_000, `${path}: ${Buffer.byteLength(admin.page.html)}`);
  }
  await admin.get('/firewall/bot?service=25&heading=Floor+7');
  t.regex(admin.page.text, /1–5 of 5 found in 2 000/);
  await send(admin, '/firewall/bot/bulk', [
    ['do', 'disable'],
    ['all', 'yes'],
  ]);
  t.is((await policyOf(ui)).rules.filter(({ enabled }) => !enabled).length, 5);
});

test('BOT is first enabled with the ready-made rules that were chosen; the rest stays offered', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await ui.edit({ do: 'section', section: 'settings', value: { adminMac: '00:16:3e:00:00:25' } });
  await admin.get('/network');
  await admin.submit('/firewall/bot/enable', {});
  t.is(admin.path, '/firewall/bot', 'the bar on top leads to what is offered');
  t.false((await policyOf(ui)).settings.enabled);
  const offer = admin.page.forms.find(({ fields }) => fields.some(([name]) => name === 'offer'));
  t.deepEqual(
    offer?.fields.filter(([name]) => name === 'starter').map(([, id]) => id),
    ['dns', 'dhcp', 'ntp', 'ping'],
  );
  const fields = (offer?.fields ?? []).filter(([, value]) => value !== 'dns');
  await admin.post('/firewall/bot/enable', new URLSearchParams([...fields, ['starter', 'quietmdns']]));
  t.regex(admin.page.text, /BOT is on/);
  t.is(await idsOf(ui), 'ntp quietmdns', 'DNS was not wanted');
  await admin.get('/firewall/bot/ready-made');
  t.regex(admin.page.text, /Drop mDNS calls unlogged in the list/);
  await admin.submit('/firewall/bot/ready-made', { starter: ['dns', 'quietllmnr'] });
  t.regex(admin.page.text, /2 rules added/);
  t.is(await idsOf(ui), 'dns ntp quietmdns quietllmnr');
});

test('a viewer looks, an operator switches, both are offered nothing else and refused the rest', async (t) => {
  const ui = await withRules(t);
  const as = async (role: 'viewer' | 'operator') => {
    const { store } = ui.lab.box;
    const users = await store.users();
    await store.setUsers([...users, { ...(users[0] as (typeof users)[number]), name: role, role, tokens: [] }]);
    const browser = ui.browser();
    await browser.get('/login');
    await browser.submit('/login', { user: role, password: PASSWORD });
    await browser.get('/firewall/bot');
    return browser;
  };
  const viewer = await as('viewer');
  t.regex(viewer.page.text, /1 on Any host on GREEN may use/);
  t.notRegex(viewer.page.html, /role="switch"|name="rule"|Delete rule|New rule|Move rule|Ready-made|Rename/);
  const operator = await as('operator');
  t.notRegex(operator.page.html, /Delete rule|New rule|Move rule|Ready-made|Rename|value="heading"/);
  await bulk(operator, 'disable', 'ab');
  t.regex(operator.page.text, /2 rules disabled/);
  for (const [browser, path] of [
    [viewer, '/firewall/bot/rules/a/toggle?enabled=no'],
    [operator, '/firewall/bot/rules/a/delete'],
    [operator, '/firewall/bot/rules/a/move'],
  ] as const) {
    await browser.get('/firewall/bot');
    await send(browser, path, [
      ['enabled', 'yes'],
      ['position', '3'],
    ]);
    t.is(browser.status, 403, path);
  }
  await operator.get('/firewall/bot/rules/a/move');
  t.is(operator.status, 403);
  await operator.get('/firewall/bot/ready-made');
  t.is(operator.status, 403);
  t.is(await idsOf(ui), 'a b c d e f');
});
