import { rm, writeFile } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { ADMIN_MAC, PASSWORD } from '../agent/lab.ts';
import { openPage, useChrome } from './chrome.ts';
import { fillHostile, fillOffice } from './fill.ts';
import { readyUi, type Ui } from './ui.ts';

const chrome = useChrome();
const path = '/system/generations';

const newest = (ui: Ui): number => ui.lab.box.generation.number;
const names = async (ui: Ui) => (await ui.lab.root('policy.get', {})).policy.addresses.map(({ name }) => name);
const add = (ui: Ui, name: string) =>
  ui.edit({ do: 'save', collection: 'addresses', value: { name, value: '192.168.51.77' } });

test('the list has who, when and what, 25 on a page, the newest first and marked', async (t) => {
  const ui = await readyUi(t, { block: true });
  for (let count = 1; count <= 26; count += 1) await add(ui, `Host ${count}`);
  await writeFile(join(ui.lab.data, `generations/${newest(ui) - 1}/meta.json`), '{}');
  const { text, links } = await ui.admin.get(path);
  t.regex(text, new RegExp(`Generation ${newest(ui)} in force`));
  t.regex(text, /\w{3} 20\d\d-\d\d-\d\d \d\d:\d\d\s+admin\s+added to addresses: “Host 26”/);
  t.regex(text, new RegExp(`Generation ${newest(ui) - 1}\\s+unknown\\s+unknown\\s+Damaged`));
  t.notRegex(text, /“Host 25”/);
  t.is(links.filter((link) => link.startsWith(`${path}/`)).length, 24);
  t.false(links.includes(`${path}/${newest(ui) - 1}`));
  t.regex(text, new RegExp(`1–25 of ${newest(ui)}`));
  t.regex((await ui.admin.get(`${path}?page=2`)).text, /“Host 1”/);
});

test('without script: a page says what would change, and the button brings it back', async (t) => {
  const ui = await readyUi(t, { block: true });
  await fillOffice(ui);
  const wanted = newest(ui);
  const { policy } = await ui.lab.root('policy.get', {});
  const mail = policy.rules.find(({ remark }) => /MailAccess/.test(remark))?.id ?? '';
  await ui.edit({ do: 'deleteRule', id: mail });
  await ui.edit({ do: 'section', section: 'settings', value: { logging: false } });
  const { text } = await ui.admin.get(`${path}/${wanted}`);
  t.regex(text, /Logging of what no rule matches is switched on\./);
  t.regex(text, /Rule \d “MailAccess PCs can use MailingServices” is added: MailAccess may reach any address outside/);
  t.regex(text, /Rules that change\s+Rule \d \(new\)/);
  t.regex(text, /No open connection would be cut\./);
  t.regex(text, /BOT stays on, and blocked hosts stay as they are now\./);
  t.is(newest(ui), wanted + 2, 'looking changes nothing');
  await ui.admin.submit('', { step: 'restore' });
  t.is(ui.admin.path, path);
  t.regex(ui.admin.page.text, new RegExp(`Generation ${wanted} is restored\\.`));
  t.regex(ui.admin.page.text, new RegExp(`restored generation ${wanted} of `));
  t.deepEqual((await ui.lab.root('policy.get', {})).policy, policy);
  const again = await ui.admin.get(`${path}/${wanted}`);
  t.regex(again.text, /It says the same as what is in force/);
  t.deepEqual(
    again.forms.find(({ action }) => action === '')?.fields.filter(([name]) => name === 'step'),
    [],
  );
  t.regex((await ui.admin.get(`${path}/${newest(ui)}`)).text, /This generation is in force\./);
});

test('open connections that it would cut are named before', async (t) => {
  const ui = await readyUi(t, { block: true });
  const closed = newest(ui);
  const value = { source: { kind: 'any' }, destination: { kind: 'any' }, service: { kind: 'any' }, action: 'accept' };
  await ui.edit({ do: 'saveRule', value: { ...value, remark: 'Everything' } });
  ui.lab.twin.traffic = [
    {
      direction: 'forward',
      protocol: 6,
      src: '192.168.51.30',
      dst: '203.0.113.9',
      sport: 40000,
      dport: 25,
      expected: false,
      mark: 0,
      handle: 'mail',
    },
  ];
  const { text } = await ui.admin.get(`${path}/${closed}`);
  t.regex(text, /1 open connection would be cut:\s+192\.168\.51\.30 → 203\.0\.113\.9 tcp\/25 \(Everything\)/);
  await ui.admin.submit('', { step: 'restore' });
  t.regex(ui.admin.page.text, /One connection that is no longer allowed was cut\./);
});

test('when somebody else saved meanwhile nothing is restored, and the page says what it would change now', async (t) => {
  const ui = await readyUi(t, { block: true });
  const wanted = newest(ui);
  await add(ui, 'One');
  await ui.admin.get(`${path}/${wanted}`);
  await add(ui, 'Two');
  await ui.admin.submit('', { step: 'restore' });
  t.is(ui.admin.status, 409);
  t.regex(ui.admin.page.text, /Somebody else saved a change meanwhile/);
  t.regex(ui.admin.page.text, /Address “Two” is removed/);
  t.deepEqual(await names(ui), ['One', 'Two']);
  await ui.admin.submit('', { step: 'restore' });
  t.deepEqual(await names(ui), []);
});

test('it is on trial like any other change, and undone by the bar', async (t) => {
  const ui = await readyUi(t, { block: true });
  const wanted = newest(ui);
  await add(ui, 'One');
  ui.lab.box.uptime = uptime;
  ui.lab.box.trials = true;
  await ui.admin.get(`${path}/${wanted}`);
  await ui.admin.submit('', { step: 'restore' });
  t.regex(ui.admin.page.text, new RegExp(`On trial for \\d+ more seconds: restored generation ${wanted} of `));
  t.regex(ui.admin.page.text, /The change on trial is in force and not in this list/);
  await ui.admin.submit('/trial/undo', {});
  t.deepEqual(await names(ui), ['One']);
});

test('a viewer looks, and is offered no button; what the viewer sends all the same is refused', async (t) => {
  const ui = await readyUi(t, { block: true });
  const wanted = newest(ui);
  await add(ui, 'One');
  const user = {
    name: 'vera',
    role: 'viewer',
    create: true,
    password: PASSWORD,
    newPassword: 'vera password',
  } as const;
  await ui.lab.web('users.save', user, ui.lab.token);
  const vera = ui.browser();
  await vera.get('/login');
  await vera.submit('/login', { user: 'vera', password: 'vera password' });
  t.regex((await vera.get(path)).text, /added to addresses: “One”/);
  const { text } = await vera.get(`${path}/${wanted}`);
  t.regex(text, /Address “One” is removed/);
  t.regex(text, /Only an administrator may restore a generation\./);
  await vera.submit('', { step: 'restore' });
  t.is(vera.status, 403);
  t.deepEqual(await names(ui), ['One']);
});

test('what cannot be restored says why before the button is pressed; damaged and unknown ones are told', async (t) => {
  const ui = await readyUi(t);
  const before = newest(ui);
  await ui.edit({ do: 'section', section: 'settings', value: { adminMac: '' } });
  const without = newest(ui);
  await ui.edit({ do: 'section', section: 'settings', value: { adminMac: ADMIN_MAC, enabled: true } });
  const { text } = await ui.admin.get(`${path}/${without}`);
  t.regex(text, /It cannot be restored now\..*Admin MAC/);
  await ui.admin.submit('', { step: 'restore' });
  t.is(ui.admin.status, 422);
  t.is(newest(ui), without + 1);
  await rm(join(ui.lab.data, `generations/${before}/plan`), { recursive: true });
  await ui.admin.get(`${path}/${before}`);
  t.is(ui.admin.status, 404);
  t.regex(ui.admin.page.text, /is damaged/);
  for (const odd of ['0', '999', '1e1', 'x', '9999999999']) {
    await ui.admin.get(`${path}/${odd}`);
    t.is(ui.admin.status, 404, odd);
  }
});

test('who moves the page itself is told where to first', async (t) => {
  const ui = await readyUi(t, { block: true });
  const wanted = newest(ui);
  await ui.edit({ do: 'section', section: 'settings', value: { uiPort: 4443 } });
  await ui.admin.get(`${path}/${wanted}`);
  await ui.admin.submit('', { step: 'restore' });
  t.regex(ui.admin.page.text, /about to answer at its new address:\s+http:\/\/192\.168\.51\.254:445\//);
  for (let tries = 0; tries < 50 && newest(ui) === wanted + 1; tries += 1)
    await new Promise((resolve) => setTimeout(resolve, 100));
  t.is(ui.lab.box.generation.policy.settings.uiPort, 445);
});

test.serial(
  'by keyboard, on a phone, with hostile names: nothing is wider than the screen, Enter opens, the button restores',
  async (t) => {
    const ui = await readyUi(t, { block: true });
    const wanted = newest(ui);
    await fillHostile(ui);
    const page = await openPage(t, chrome(), ui, { viewport: { width: 390, height: 844 } });
    const overflow = () => page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
    await page.goto(`${ui.url}${path}`);
    t.is(await overflow(), 0);
    await page.goto(`${ui.url}${path}/${wanted}`);
    t.is(await overflow(), 0);
    t.is(await page.locator('#differences script, #differences img').count(), 0);
    await page.getByRole('button', { name: 'Restore this generation' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(`${ui.url}${path}`);
    t.deepEqual(await names(ui), []);
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(/generations\/\d+$/);
    t.regex(await page.innerText('main'), /This generation is in force/);
  },
);
