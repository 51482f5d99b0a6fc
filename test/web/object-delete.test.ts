import test, { type ExecutionContext } from 'ava';
import { PASSWORD } from '../agent/lab.ts';
import type { Browser } from './browser.ts';
import { openPage, useChrome } from './chrome.ts';
import { fillMany } from './fill.ts';
import { readyUi, type Ui } from './ui.ts';

const chrome = useChrome();
const base = '/firewall/objects';
const policyOf = async ({ lab }: Ui) => (await lab.web('policy.get', {}, lab.token)).policy;
const revisionOf = async ({ lab }: Ui) => (await lab.web('policy.get', {}, lab.token)).revision;

/** Addresses A to D; C is used by a rule, D by a group. */
const withAddresses = async (t: ExecutionContext): Promise<Ui & { admin: Browser }> => {
  const ui = await readyUi(t);
  for (const name of ['A', 'B', 'C', 'D'])
    await ui.edit({ do: 'save', collection: 'addresses', value: { name, value: `10.0.0.${name.charCodeAt(0)}` } });
  await ui.edit({ do: 'save', collection: 'addressGroups', value: { name: 'Holds D', members: [{ name: 'D' }] } });
  const source = { kind: 'address', name: 'C' };
  const rule = { source, destination: { kind: 'any' }, service: { kind: 'any' }, action: 'drop', remark: 'No C' };
  await ui.edit({ do: 'saveRule', value: rule });
  return ui;
};

const select = async (admin: Browser, page: string, names: string[], more: Record<string, string> = {}) => {
  await admin.get(`${base}/${page}`);
  await admin.submit(`${base}/${page}/selected`, { name: names, ...more });
};

test('many addresses are deleted as one change after a question by name; those in use stay, with links; undo puts all back in place', async (t) => {
  const ui = await withAddresses(t);
  const { admin } = ui;
  const { addresses } = await policyOf(ui);
  const before = await revisionOf(ui);
  await select(admin, 'addresses', ['A', 'B', 'C', 'D']);
  t.regex(admin.page.text, /Nothing uses these 2 addresses\..* A B Not deleted, because they are in use: C : rule 1/);
  t.true(admin.page.links.includes('/firewall/bot/rules/r1'));
  t.true(admin.page.links.includes(`${base}/address-groups/edit?name=Holds%20D`));
  t.is(await revisionOf(ui), before, 'asking changes nothing');
  await admin.submit(`${base}/addresses/delete`, {});
  t.is(admin.path, `${base}/addresses`);
  t.regex(admin.page.text, /2 addresses deleted\. Undo/);
  t.is(await revisionOf(ui), before + 1, 'one change');
  t.deepEqual(
    (await policyOf(ui)).addresses.map(({ name }) => name),
    ['C', 'D'],
  );
  await admin.submit('/undo', {});
  t.regex(admin.page.text, /2 addresses are back/);
  t.deepEqual((await policyOf(ui)).addresses, addresses);
});

test('one object is deleted the same way, and comes back', async (t) => {
  const ui = await withAddresses(t);
  const { admin } = ui;
  const { addresses } = await policyOf(ui);
  await admin.get(`${base}/addresses/delete?name=B`);
  t.regex(admin.page.text, /Nothing uses the address B/);
  await admin.submit(`${base}/addresses/delete`, {});
  t.regex(admin.page.text, /“B” deleted\. Undo/);
  await admin.submit('/undo', {});
  t.regex(admin.page.text, /“B” is back/);
  t.deepEqual((await policyOf(ui)).addresses, addresses);
});

test('groups inside each other go together, unless something else uses one of them', async (t) => {
  const ui = await withAddresses(t);
  const { admin } = ui;
  const group = (name: string, inside: string) =>
    ui.edit({ do: 'save', collection: 'addressGroups', value: { name, members: [{ name: inside, kind: 'group' }] } });
  await group('Middle', 'Holds D');
  await group('Outer', 'Middle');
  await select(admin, 'address-groups', ['Holds D', 'Middle', 'Outer']);
  t.regex(admin.page.text, /Nothing uses these 3 address groups/);
  await select(admin, 'address-groups', ['Holds D', 'Middle']);
  t.regex(admin.page.text, /These cannot be deleted while they are in use/);
  t.false(admin.page.forms.some(({ buttons }) => buttons.some((label) => label.startsWith('Delete'))));
  const { addressGroups } = await policyOf(ui);
  await select(admin, 'address-groups', ['Holds D', 'Middle', 'Outer']);
  await admin.submit(`${base}/address-groups/delete`, {});
  t.regex(admin.page.text, /3 address groups deleted/);
  t.deepEqual((await policyOf(ui)).addressGroups, []);
  await admin.submit('/undo', {});
  t.deepEqual((await policyOf(ui)).addressGroups, addressGroups);
});

test('what somebody else began to use meanwhile is not deleted: the question is asked again', async (t) => {
  const ui = await withAddresses(t);
  const { admin } = ui;
  await select(admin, 'addresses', ['A', 'B']);
  await ui.edit({ do: 'save', collection: 'addressGroups', value: { name: 'New', members: [{ name: 'A' }] } });
  await admin.submit(`${base}/addresses/delete`, {});
  t.is(admin.status, 409);
  t.regex(
    admin.page.text,
    /Somebody else saved a change meanwhile\..* Nothing uses the address B.*Not deleted.* A : group “New”/,
  );
  t.is((await policyOf(ui)).addresses.length, 4);
  await admin.submit(`${base}/addresses/delete`, {});
  t.is((await policyOf(ui)).addresses.length, 3);
});

test('everything that a filter finds is deleted at once; nothing selected is told; a viewer is offered none of it', async (t) => {
  const ui = await readyUi(t);
  await fillMany(ui, 300);
  const { admin } = ui;
  await ui.edit({ do: 'replace', value: { ...(await policyOf(ui)), rules: [] } });
  await admin.get(`${base}/addresses?q=workplace+2`);
  t.regex(admin.page.text, /all 111 found/);
  await admin.submit(`${base}/addresses/selected`, { all: 'yes' });
  t.regex(admin.page.text, /Nothing uses these 111 addresses/);
  await admin.submit(`${base}/addresses/delete`, {});
  t.is(admin.path, `${base}/addresses?q=workplace+2`, 'the list is as it was left');
  t.is((await policyOf(ui)).addresses.length, 189);
  await admin.get(`${base}/addresses`);
  await admin.submit(`${base}/addresses/selected`, {});
  t.regex(admin.page.text, /Nothing is selected\. Tick the boxes beside the addresses first/);
  const viewer = {
    name: 'eva',
    role: 'viewer' as const,
    create: true,
    password: PASSWORD,
    newPassword: 'a long one 1',
  };
  await ui.lab.web('users.save', viewer, ui.lab.token);
  const eva = ui.browser();
  await eva.get('/login');
  await eva.submit('/login', { user: 'eva', password: 'a long one 1' });
  await eva.get(`${base}/addresses`);
  t.notRegex(eva.page.html, /data-pick|gg-bulk/);
});

test.serial(
  'by keyboard: j and Space select, Shift selects up to there, the bar appears, Enter opens, Escape leaves',
  async (t) => {
    const ui = await readyUi(t);
    await fillMany(ui, 60);
    await ui.edit({ do: 'replace', value: { ...(await policyOf(ui)), rules: [] } });
    const page = await openPage(t, chrome(), ui);
    await page.goto(`${ui.url}${base}/addresses`);
    const bar = page.getByRole('group', { name: 'Selected addresses' });
    t.false(await bar.isVisible());
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Space');
    t.true(await bar.isVisible());
    t.true(await page.getByRole('checkbox', { name: 'Select Workplace 2', exact: true }).isChecked());
    await page.getByRole('checkbox', { name: 'Select Workplace 5', exact: true }).click({ modifiers: ['Shift'] });
    t.is(await page.locator('input[data-pick]:checked').count(), 4);
    await page.getByRole('button', { name: 'Delete…' }).click();
    t.regex((await page.textContent('main')) ?? '', /Nothing uses these 4 addresses/);
    await page.keyboard.press('Escape');
    await page.waitForURL(`${ui.url}${base}/addresses`);
    t.is((await policyOf(ui)).addresses.length, 60);
    await page.keyboard.press('j');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(/edit\?name=Workplace\+2$/);
    await page.fill('#remark', 'typed');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    t.regex((await page.textContent('#flash')) ?? '', /What you typed is not saved/);
    t.is(await page.inputValue('#remark'), 'typed');
    await page.keyboard.press('Escape');
    await page.waitForURL(`${ui.url}${base}/addresses`);
  },
);
