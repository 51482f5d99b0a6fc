import test from 'ava';
import { openPage, useChrome } from './chrome.ts';
import { fillMany, fillOffice } from './fill.ts';
import { readyUi, type Ui } from './ui.ts';

const chrome = useChrome();
const groups = '/firewall/objects/address-groups';

const membersOf = async ({ lab }: Ui, name: string) =>
  (await lab.web('policy.get', {}, lab.token)).policy.addressGroups.find((one) => one.name === name)?.members ?? [];

/** 1 000 members out of 1 500 addresses. */
const fillLarge = async (ui: Ui): Promise<void> => {
  await fillMany(ui, 1500);
  const members = Array.from({ length: 1000 }, (_, index) => ({ name: `Workplace ${index + 1}` }));
  await ui.edit({ do: 'save', collection: 'addressGroups', value: { name: 'Large', members } });
};

test('a group of 1 000 members is a page below 100 kB, shown fifty at a time, found by text, and kept whole', async (t) => {
  const ui = await readyUi(t);
  await fillLarge(ui);
  const { admin } = ui;
  await admin.get(`${groups}/edit?name=Large`);
  t.true(admin.page.html.length < 100_000, `${admin.page.html.length} characters`);
  t.regex(admin.page.text, /1–50 of 1 000 Page 1 of 20 Next/);
  await admin.submit('', { step: 'find', find: 'workplace 77' }, ['step']);
  t.regex(admin.page.text, /Workplace 77 .* Workplace 770 .* Workplace 779 /);
  t.notRegex(admin.page.text, /Workplace 78 /);
  const shown = admin.page.forms.at(-1)?.fields.flatMap(([name, value]) => (name === 'shown' ? [value] : [])) ?? [];
  t.is(shown.length, 11);
  await admin.submit('', { enabled: shown.slice(1), step: 'save' }, ['step', 'enabled']);
  t.is(admin.path, groups);
  const members = await membersOf(ui, 'Large');
  t.is(members.length, 1000);
  t.deepEqual(
    members.filter(({ enabled }) => !enabled).map(({ name }) => name),
    ['Workplace 77'],
  );
});

test('Enter adds what stands in the field to add, finds what is looked for, and else saves', async (t) => {
  const ui = await readyUi(t);
  await fillLarge(ui);
  const { admin } = ui;
  const before = (await ui.lab.web('policy.get', {}, ui.lab.token)).revision;
  await admin.get(`${groups}/edit?name=Large`);
  await admin.submit('', { step: 'enter', add: 'workplace 1400' }, ['step']);
  t.regex(admin.page.text, /1001–1001 of 1 001 Previous Page 21 of 21/, 'what was added is shown');
  await admin.submit('', { step: 'enter', find: '1400' }, ['step']);
  t.regex(admin.page.text, /Workplace 1400 10\.5\.120\.7 Remove/);
  await admin.submit('', { step: 'enter', add: 'Nobody' }, ['step']);
  t.is(admin.page.errors.add, 'Nothing is called “Nobody”.');
  t.is(new Map(admin.page.forms.at(-1)?.fields).get('add'), 'Nobody');
  t.is((await ui.lab.web('policy.get', {}, ui.lab.token)).revision, before, 'nothing is saved by any of it');
  await admin.submit('', { step: 'enter', add: '' }, ['step']);
  t.is(admin.path, groups);
  t.is((await membersOf(ui, 'Large')).length, 1001);
});

test('pages of members keep what was switched and removed on the others', async (t) => {
  const ui = await readyUi(t);
  await fillLarge(ui);
  const { admin } = ui;
  await admin.get(`${groups}/edit?name=Large`);
  await admin.submit('', { page: '2', enabled: [] }, ['enabled']);
  t.regex(admin.page.text, /51–100 of 1 000/);
  await admin.submit('', { remove: '60' });
  t.regex(admin.page.text, /51–100 of 999/, 'the page stays');
  await admin.submit('', { step: 'save' }, ['step']);
  const members = await membersOf(ui, 'Large');
  t.is(members.length, 999);
  t.is(
    members.findIndex(({ enabled }) => enabled),
    50,
  );
  t.false(members.some(({ name }) => name === 'Workplace 61'));
});

test('a member at fault is shown, wherever it stands', async (t) => {
  const ui = await readyUi(t);
  await fillLarge(ui);
  await ui.edit({
    do: 'save',
    collection: 'addressGroups',
    value: { name: 'Outer', members: [{ name: 'Large', kind: 'group' }] },
  });
  const { admin } = ui;
  await admin.get(`${groups}/edit?name=Large`);
  await admin.submit('', { addMany: 'Outer', step: 'save' }, ['step']);
  t.is(admin.status, 422);
  t.regex(admin.page.text, /1 of 1 001 members need a change/);
  t.regex(admin.page.errors.member1000 ?? '', /would put the group into itself/);
});

test('the form of a rule stays below 100 kB with thousands of addresses and services, and names beyond its list are taken', async (t) => {
  const ui = await readyUi(t);
  await fillMany(ui, 2000);
  const { policy } = await ui.lab.web('policy.get', {}, ui.lab.token);
  const services = Array.from({ length: 1000 }, (_, index) => ({
    name: `Machine ${index}`,
    protocol: 'tcp',
    ports: `${20_000 + index}`,
  }));
  await ui.edit({ do: 'replace', value: { ...policy, services } });
  const { admin } = ui;
  await admin.get('/firewall/bot/rules/new');
  t.true(admin.page.html.length < 100_000, `${admin.page.html.length} characters`);
  const fields = { source: 'pick', sourcePick: 'Workplace 1999', service: 'pick', servicePick: 'Machine 999' };
  await admin.submit('', { ...fields, step: 'next' }, ['step']);
  t.regex(admin.page.text, /Workplace 1999 may reach any address outside by Machine 999/);
});

test('pickers are answered by name and by what is behind it, only who is logged in', async (t) => {
  const ui = await readyUi(t);
  await fillMany(ui, 1500);
  await ui.edit({ do: 'save', collection: 'addressGroups', value: { name: 'A', members: [{ name: 'Workplace 1' }] } });
  await ui.edit({
    do: 'save',
    collection: 'addressGroups',
    value: { name: 'B', members: [{ name: 'A', kind: 'group' }] },
  });
  const ask = async (query: string) => {
    await ui.admin.get(`/firewall/picks?${query}`);
    return JSON.parse(ui.admin.page.html) as { count: number; exact: boolean; choices: { text: string }[] };
  };
  t.like(await ask('list=hosts&q=10.5.120'), { count: 1, exact: false, choices: [{ text: 'Workplace 1400' }] });
  t.like(await ask('list=hosts&q=workplace'), { count: 1500 });
  t.is((await ask('list=hosts&q=workplace')).choices.length, 60);
  t.like(await ask('list=hosts&q=workplace+7&all=1'), { exact: true });
  t.true((await ask('list=hosts&q=workplace+7&all=1')).count > 1500);
  t.like(await ask('list=services&q=domain&box=1'), { exact: false });
  t.is((await ask('list=services&q=DNS&box=1')).choices[0]?.text, 'Greengate DNS');
  t.deepEqual(
    (await ask('list=address-groups&group=A&q=group+of')).choices,
    [],
    'neither itself nor what holds it is offered',
  );
  t.is((await ask('list=address-groups&group=B&q=group+of')).choices[0]?.text, 'A');
  await ui.admin.get('/firewall/picks?list=addresses');
  t.is(ui.admin.status, 404);
  const stranger = ui.browser();
  await stranger.get('/firewall/picks?list=hosts');
  t.regex(stranger.path, /^\/login/);
});

test.serial('with script members are added by typing, found while typing, and removed in place', async (t) => {
  const ui = await readyUi(t);
  await fillLarge(ui);
  const page = await openPage(t, chrome(), ui);
  await page.goto(`${ui.url}${groups}/edit?name=Large`);
  await page.evaluate('window.sameDocument = true');
  const add = page.getByRole('combobox', { name: 'Address or group to add' });
  await add.focus();
  await page.keyboard.type('place 1499');
  await page.getByRole('option', { name: 'Workplace 1499' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('Page 21 of 21').waitFor();
  t.true(await page.locator('#members').getByText('Workplace 1499', { exact: true }).isVisible());
  t.is(await add.inputValue(), '');
  t.is(await page.evaluate('document.activeElement.id'), 'add', 'the next one can be typed at once');
  await page.keyboard.type('nobody at all');
  await page.keyboard.press('Enter');
  await page.getByText('Nothing is called “nobody at all”.').waitFor();
  t.is(await add.inputValue(), 'nobody at all');
  await add.fill('');
  await page.getByRole('searchbox', { name: 'Find among the members' }).fill('workplace 500');
  await page.getByText('Workplace 51 ').waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Remove Workplace 500' }).click();
  await page.getByText('No member holds “workplace 500”.').waitFor();
  t.true(await page.evaluate('window.sameDocument === true'));
  await page.getByRole('button', { name: 'Save address group' }).click();
  await page.waitForURL(`${ui.url}${groups}`);
  const names = (await membersOf(ui, 'Large')).map(({ name }) => name);
  t.is(names.length, 1000);
  t.true(names.includes('Workplace 1499') && !names.includes('Workplace 500'));
});

test.serial('without script a member is chosen from the browser’s own list and added by the button', async (t) => {
  const ui = await readyUi(t);
  await fillOffice(ui);
  const page = await openPage(t, chrome(), ui, { javaScriptEnabled: false });
  await page.goto(`${ui.url}${groups}/edit?name=Office`);
  t.is(await page.locator('#choices option[value="Printer"]').count(), 1);
  await page.fill('#add', 'Printer');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('00:16:3e:aa:00:07').waitFor();
  await page.getByRole('button', { name: 'Save address group' }).click();
  await page.waitForURL(`${ui.url}${groups}`);
  t.is((await membersOf(ui, 'Office')).at(-1)?.name, 'Printer');
});
