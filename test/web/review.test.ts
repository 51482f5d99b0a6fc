import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import test from 'ava';
import type { Flow } from '../../src/agent/ports.ts';
import { handbookEdits } from '../lib/handbook.ts';
import { openPage, useChrome } from './chrome.ts';
import { readyUi, type Ui } from './ui.ts';

/** Before a change is saved its page says what it would cut, which rules change, and what it adds to be looked at. */
const chrome = useChrome();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const flow = (last: number, dport: number, sport: number): Flow => ({
  direction: 'forward',
  protocol: 6,
  src: `192.168.51.${last}`,
  dst: '203.0.113.9',
  dport,
  sport,
  expected: false,
  mark: 0,
  handle: `${last} ${dport} ${sport}`,
});

/** The handbook’s example, with mail that runs: two connections of .7, one of .20. */
const running = async <U extends Ui>(ui: U): Promise<U> => {
  for (const edit of handbookEdits) await ui.edit(edit);
  ui.lab.twin.traffic = [flow(7, 25, 4001), flow(7, 25, 4002), flow(20, 110, 4003)];
  return ui;
};

const ADDRESS = '/firewall/objects/addresses/edit?name=MailAccess';
const GROUP = '/firewall/objects/service-groups/edit?name=MailingServices';

const addressNow = async ({ lab }: Ui): Promise<string | undefined> =>
  (await lab.web('policy.get', {}, lab.token)).policy.addresses.find(({ name }) => name === 'MailAccess')?.value;
const handlesOf = ({ lab }: Ui): string[] => lab.twin.traffic.map(({ handle }) => String(handle));

test('an address that rules use: rules and open connections are shown, and only what was shown is cut', async (t) => {
  const ui = await running(await readyUi(t, { block: true }));
  const { admin } = ui;
  await admin.get(ADDRESS);
  await admin.submit('', { value: '192.168.51.16/28', step: 'save' });
  t.regex(admin.page.title, /Review address/);
  t.regex(admin.page.text, /2 open connections would be cut:/);
  t.regex(
    admin.page.text,
    /192\.168\.51\.7 → 203\.0\.113\.9 tcp\/25 \(MailAccess PCs can use MailingServices\) 2 times then dropped by the default action/,
  );
  t.notRegex(admin.page.text, /192\.168\.51\.20/);
  t.regex(admin.page.text, /Rule 2 “ MailAccess PCs can use MailingServices ”: MailAccess may reach/);
  t.true(admin.page.links.includes('/firewall/bot/rules/r1'));
  t.deepEqual([await addressNow(ui), handlesOf(ui).length], ['192.168.51.0/27', 3], 'nothing is saved, nothing cut');
  await admin.submit('', { step: 'back' });
  t.is(admin.page.forms.at(-1)?.fields.find(([name]) => name === 'value')?.[1], '192.168.51.16/28', 'nothing is lost');
  await admin.submit('', { step: 'save' });
  await admin.submit('', { step: 'confirm' });
  t.is(await addressNow(ui), '192.168.51.16/28');
  t.deepEqual(handlesOf(ui), ['20 110 4003']);
  t.regex(admin.page.text, /2 connections that are no longer allowed were cut\./);
});

test('what changes no rule is saved at once; what is refused is told in the form', async (t) => {
  const ui = await running(await readyUi(t, { block: true }));
  const { admin } = ui;
  await admin.get(ADDRESS);
  await admin.submit('', { remark: 'The mail room', step: 'save' });
  t.regex(admin.page.text, /Saved\./);
  await admin.get(ADDRESS);
  await admin.submit('', { name: 'Mail room', step: 'save' });
  t.regex(admin.page.text, /Saved\./);
  await admin.get('/firewall/objects/addresses/edit?name=Mail%20room');
  await admin.submit('', { value: '192.168.51.300', step: 'save' });
  t.is(admin.status, 422);
  t.truthy(admin.page.errors.value);
});

test('somebody else saves between the review and the save: it is refused, and what was typed stays', async (t) => {
  const ui = await running(await readyUi(t, { block: true }));
  const { admin } = ui;
  await admin.get(ADDRESS);
  await admin.submit('', { value: '192.168.51.16/28', step: 'save' });
  await ui.edit({ do: 'save', collection: 'addresses', value: { name: 'Else', value: '192.168.51.99' } });
  await admin.submit('', { step: 'confirm' });
  t.is(admin.status, 409);
  t.is(await addressNow(ui), '192.168.51.0/27');
  t.is(handlesOf(ui).length, 3);
  t.is(admin.page.forms.at(-1)?.fields.find(([name]) => name === 'value')?.[1], '192.168.51.16/28');
});

test('the review of a rule: what it would cut, what it adds to be looked at, and rules that may go with it', async (t) => {
  const ui = await running(await readyUi(t, { block: true }));
  const { admin } = ui;
  await admin.get('/firewall/bot/rules/r1');
  await admin.submit('', { source: 'any', sourcePick: '', action: 'drop', position: '1', step: 'next' });
  t.regex(admin.page.text, /3 open connections would be cut:/);
  await admin.get('/firewall/bot/rules/new');
  const fields = { source: 'any', destination: 'any', service: 'pick', servicePick: 'MailingServices' };
  await admin.submit('', { ...fields, action: 'drop', position: '1', step: 'next' });
  t.regex(admin.page.text, /Open connections 3 open connections would be cut:/);
  t.regex(admin.page.text, /Rule 3, never used: Rule 1 above already decides everything/);
  t.regex(admin.page.text, /Delete rule 3 as well: no packet is decided otherwise without it/);
  await admin.submit('', { fix: 'r1', step: 'save' });
  t.regex(admin.page.text, /Rule saved, and one rule deleted\. 3 connections/);
  const ids = async () => (await ui.lab.web('policy.get', {}, ui.lab.token)).policy.rules.map(({ id }) => id);
  const [made, ...rest] = await ids();
  t.false(rest.includes('r1'));
  await admin.submit('/undo', {});
  t.deepEqual(await ids(), [made ?? '', rest[0] ?? '', 'r1', ...rest.slice(1)], 'back in its place');
});

test('when the connections cannot be listed, the page says so and the change can be made', async (t) => {
  const ui = await running(await readyUi(t, { block: true }));
  const { admin } = ui;
  const flows = ui.lab.twin.flows;
  ui.lab.twin.flows = async () => {
    throw new Error('conntrack: Killed');
  };
  await admin.get(ADDRESS);
  await admin.submit('', { value: '192.168.51.16/28', step: 'save' });
  t.regex(admin.page.text, /Which open connections would be cut could not be found out\./);
  t.notRegex(admin.page.text, /Killed/);
  ui.lab.twin.flows = flows;
  await admin.submit('', { step: 'confirm' });
  t.is(await addressNow(ui), '192.168.51.16/28');
});

for (const look of [
  { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const)
  test.serial(`a group in Chromium, to the end; axe finds nothing serious, at ${look.viewport.width}`, async (t) => {
    const ui = await running(await readyUi(t, { block: true }));
    const page = await openPage(t, chrome(), ui, look);
    await page.goto(`${ui.url}${GROUP}`);
    await page.click('.gg-members li:has-text("POP3") button');
    await page.locator('.gg-members li:has-text("POP3")').waitFor({ state: 'detached' });
    await page.click('.gg-buttons button[value="save"]');
    await page.waitForSelector('#flows');
    t.regex((await page.textContent('#cut')) ?? '', /1 open connection would be cut:/);
    t.regex((await page.textContent('#flows')) ?? '', /192\.168\.51\.20 → 203\.0\.113\.9 tcp\/110/);
    await page.evaluate(axe);
    const serious = await page.evaluate(
      "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.filter(({ impact }) => ['serious', 'critical'].includes(impact)).map(({ id }) => id))",
    );
    t.deepEqual(serious, []);
    t.is(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true);
    await page.click('.gg-buttons button[value="confirm"]');
    await page.waitForURL(`${ui.url}/firewall/objects/service-groups`);
    t.deepEqual(handlesOf(ui), ['7 25 4001', '7 25 4002']);
  });
