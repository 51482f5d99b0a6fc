import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { openPage, useChrome } from './chrome.ts';
import { fillMany, fillOffice } from './fill.ts';
import { readyUi, type Ui } from './ui.ts';

const chrome = useChrome();

/** New Rule in a browser. */
const newRule = async (t: ExecutionContext, ui: Ui): Promise<Page> => {
  const page = await openPage(t, chrome(), ui);
  await page.goto(`${ui.url}/firewall/bot/rules/new`);
  return page;
};

const options = (page: Page, name: string) => page.getByRole('listbox', { name, exact: true }).getByRole('option');
const marked = async (page: Page, id: string): Promise<string> => {
  const row = await page.locator(id).getAttribute('aria-activedescendant');
  return row === null ? '' : ((await page.locator(`#${row} > :first-child`).textContent()) ?? '');
};

test.serial('the pickers by keyboard alone: search, arrows, Enter, Escape, Tab', async (t) => {
  const ui = await readyUi(t, { block: true });
  await fillOffice(ui);
  const page = await newRule(t, ui);
  const source = page.getByRole('combobox', { name: 'Hosts', exact: true });
  await source.focus();
  t.is(await source.getAttribute('aria-expanded'), 'false');
  await page.keyboard.type('mailr');
  t.is(await source.getAttribute('aria-expanded'), 'true');
  t.deepEqual(await options(page, 'Hosts').locator('> :first-child').allTextContents(), [
    '00:16:3e:00:00:25',
    '192.168.51.25',
    'New address “mailr”…',
  ]);
  await page.keyboard.press('ArrowDown');
  t.is(await marked(page, '#sourcePick'), '192.168.51.25');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  t.is(await source.inputValue(), '00:16:3e:00:00:25');
  t.true(await page.isChecked('#source-pick'));
  t.is(await source.getAttribute('aria-expanded'), 'false');
  t.regex(page.url(), /rules\/new$/, 'Enter in the list sends nothing');

  await source.fill('');
  await page.keyboard.type('off');
  t.is(await marked(page, '#sourcePick'), 'Office');
  await page.keyboard.press('Escape');
  t.is(await source.getAttribute('aria-expanded'), 'false');
  t.is(await source.inputValue(), 'off', 'Escape leaves the text');
  await page.keyboard.press('ArrowDown');
  t.is(await marked(page, '#sourcePick'), 'Office');
  await page.keyboard.press('Tab');
  t.is(await source.inputValue(), 'Office', 'Tab takes what is marked');

  await page.locator('#destination-greengate').press('Space');
  const service = page.getByRole('combobox', { name: 'Service', exact: true });
  await service.focus();
  await page.keyboard.press('ArrowDown');
  t.regex(
    (await options(page, 'Service').first().textContent()) ?? '',
    /^Greengate DNS/,
    'the box’s own services first',
  );
  await page.keyboard.type('proxy');
  t.is(await marked(page, '#servicePick'), 'Greengate proxy');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Review rule' }).waitFor();
  t.regex(
    (await page.textContent('#sentence')) ?? '',
    /^Office may use Greengate itself by Greengate proxy \(TCP 800\)\.$/,
  );
});

test.serial('an address, a service and a group are made on the spot by keyboard alone', async (t) => {
  const ui = await readyUi(t, { block: true });
  await fillOffice(ui);
  const page = await newRule(t, ui);
  await page.locator('#sourcePick').focus();
  await page.keyboard.type('192.168.51.123');
  t.is(await marked(page, '#sourcePick'), '', 'an address is taken as typed');
  await page.keyboard.press('ArrowDown');
  t.is(await marked(page, '#sourcePick'), 'New address “192.168.51.123”…');
  await page.keyboard.press('Enter');
  t.is(await page.evaluate('document.activeElement.id'), 'sourceAddressName');
  t.is(await page.inputValue('#sourceAddressValue'), '192.168.51.123');
  await page.keyboard.type('Lab PC');

  await page.locator('#destination-make-newGroup > summary').press('Enter');
  await page.waitForSelector('#destination-newGroup:checked');
  await page.locator('#destinationGroupName').focus();
  await page.keyboard.type('Partners');
  await page.keyboard.press('Tab');
  await page.keyboard.type('recep');
  await page.keyboard.press('Enter');
  t.is(await page.inputValue('#destinationGroupMembers'), 'Reception\n');
  await page.keyboard.type('203.0.113.77');
  await page.keyboard.press('Enter');
  t.is(await page.inputValue('#destinationGroupMembers'), 'Reception\n203.0.113.77\n');

  await page.locator('#servicePick').focus();
  await page.keyboard.type('Lab sync');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  t.is(await page.inputValue('#serviceNewName'), 'Lab sync');
  t.is(await page.evaluate('document.activeElement.id'), 'serviceNewPorts');
  await page.keyboard.type('9999');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Review rule' }).waitFor();
  t.regex(
    (await page.textContent('#makes')) ?? '',
    /Address Lab PC: 192\.168\.51\.123.*Address group Partners: Reception, 203\.0\.113\.77.*Service Lab sync: TCP 9999/s,
  );
  await page.getByRole('button', { name: 'Save rule' }).press('Enter');
  await page.waitForURL(`${ui.url}/firewall/bot`);
  const { policy } = await ui.lab.web('policy.get', {}, ui.lab.token);
  t.like(policy.rules.at(-1), {
    source: { kind: 'address', name: 'Lab PC' },
    destination: { kind: 'group', name: 'Partners' },
    service: { kind: 'service', name: 'Lab sync' },
  });
});

test.serial('with thousands of addresses the list stays short and says so', async (t) => {
  const ui = await readyUi(t);
  await fillMany(ui, 2000);
  const page = await newRule(t, ui);
  await page.locator('#sourcePick').focus();
  await page.keyboard.type('workplace');
  await page.getByText('and 1940 more').waitFor();
  t.is(await options(page, 'Hosts').count(), 61);
  t.regex(
    (await page.getByRole('listbox', { name: 'Hosts', exact: true }).textContent()) ?? '',
    /and 1940 more: type to narrow down/,
  );
  await page.keyboard.type(' 1999');
  await options(page, 'Hosts').filter({ hasText: '10.7.207.7' }).waitFor();
  t.is(await marked(page, '#sourcePick'), 'Workplace 1999');
});

test.serial('what was typed before the script was there opens the list, too', async (t) => {
  const ui = await readyUi(t);
  await fillOffice(ui);
  const page = await openPage(t, chrome(), ui);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route('**/combo.js*', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${ui.url}/firewall/bot/rules/new`, { waitUntil: 'commit' });
  await page.check('#source-pick');
  await page.fill('#sourcePick', 'MailAccess');
  release();
  await options(page, 'Hosts').first().waitFor();
  t.regex((await options(page, 'Hosts').first().textContent()) ?? '', /MailAccess/);
});

test.serial('a fault at a picker is not hidden behind its list', async (t) => {
  const ui = await readyUi(t);
  const page = await newRule(t, ui);
  await page.fill('#sourcePick', '192.168.51.999');
  await page.getByRole('button', { name: 'Next' }).last().click();
  await page.locator('#sourcePick-error').waitFor();
  t.is(await page.evaluate('document.activeElement.id'), 'sourcePick');
  t.is(await page.getByRole('listbox', { name: 'Hosts', exact: true }).count(), 0);
});
