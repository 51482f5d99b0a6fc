import test, { type ExecutionContext } from 'ava';
import type { Agent } from '../../src/agent/client.ts';
import { PASSWORD } from '../agent/lab.ts';
import { office } from '../lib/office.ts';
import type { Browser } from './browser.ts';
import { openPage, useChrome } from './chrome.ts';
import { readyUi, type Ui } from './ui.ts';

/** What lint says, in the rule list: at its rule, with what shows it and what mends it. */
const chrome = useChrome();

const rule = { source: { kind: 'any' }, destination: { kind: 'any' }, service: { kind: 'any' }, action: 'drop' };
const host = (value: string) => ({ kind: 'typed', value });
const http = { kind: 'service', name: 'HTTP' };

/** Rule a decides all that b speaks of; c says what d says; the group Spare is of no use. */
const rules = [
  ['a', { ...rule, source: host('192.168.51.0/26'), service: http, remark: 'No web for the hall' }],
  ['b', { ...rule, source: host('192.168.51.7'), service: http, action: 'accept', remark: 'Web for Anna' }],
  ['c', { ...rule, source: host('192.168.51.99'), service: http, action: 'accept', remark: 'Web for Carl' }],
  ['d', { ...rule, source: host('192.168.51.99'), service: http, action: 'accept', remark: 'Again' }],
] as const;

const filled = async <U extends Ui>(ui: U): Promise<U> => {
  await ui.edit({
    do: 'batch',
    edits: [
      { do: 'deleteRule', id: 'dns' },
      ...rules.map(([id, value]) => ({ do: 'saveRule' as const, id, restore: true, value })),
      { do: 'save', collection: 'addresses', value: { name: 'Anna', value: '192.168.51.7' } },
      {
        do: 'save',
        collection: 'addressGroups',
        value: { name: 'Spare', members: [{ kind: 'object', name: 'Anna', enabled: true }] },
      },
    ],
  });
  return ui;
};

const idsOf = async ({ lab }: Ui): Promise<string> =>
  (await lab.web('policy.get', {}, lab.token)).policy.rules
    .map(({ id, enabled }) => (enabled ? id : `(${id})`))
    .join(' ');

/** Presses a button of the list: its form is the one that is posted, the search has the same address. */
const press = (browser: Browser, fields: Record<string, string>, path = '/firewall/bot') => {
  const form = browser.page.forms.find(({ action, method }) => action === '/firewall/bot' && method === 'post');
  return browser.post(path, new URLSearchParams([...(form?.fields ?? []), ...Object.entries(fields)]));
};

const personOf = async (t: ExecutionContext, ui: Ui, role: 'operator' | 'viewer'): Promise<Browser> => {
  await ui.lab.web(
    'users.save',
    { name: role, role, create: true, password: PASSWORD, newPassword: PASSWORD },
    ui.lab.token,
  );
  const browser = ui.browser();
  await browser.get('/login');
  await browser.submit('/login', { user: role, password: PASSWORD });
  t.is(browser.status, 200);
  return browser;
};

test('a finding stands at its rule: the sentence, the rule above, and a packet that shows it', async (t) => {
  const { admin } = await filled(await readyUi(t, { block: true }));
  await admin.get('/firewall/bot');
  t.regex(admin.page.text, /2 rules have findings: 1 never used, 1 duplicate\./);
  t.regex(
    admin.page.text,
    /Never used Rule 1 \(“No web for the hall”\) above already decides everything that this rule speaks of: it is never used\. Rule 1 Why\?/,
  );
  t.regex(admin.page.text, /Duplicate Rule 3 \(“Web for Carl”\) says exactly the same\. Rule 3/);
  t.true(admin.page.links.includes('/firewall/bot/rules/a'));
  const why = admin.page.links.find((link) => link.startsWith('/firewall/why?from=192.168.51.7&'));
  t.truthy(why);
  await admin.get(why ?? '');
  t.regex(admin.page.html, /Decided by <a href="\/firewall\/bot\/rules\/a">rule 1/);
  await admin.get('/firewall/bot?state=found');
  t.regex(admin.page.html, /id="rule-b"/);
  t.notRegex(admin.page.html, /id="rule-[ac]"/);
  t.notRegex(admin.page.text, /Only these rules/);
});

test('a fix is one click, an ordinary change, and is taken back by another', async (t) => {
  const ui = await filled(await readyUi(t, { block: true }));
  const { admin } = ui;
  await admin.get('/firewall/bot');
  await press(admin, { delete: 'b' });
  t.is(await idsOf(ui), 'a c d');
  t.regex(admin.page.text, /Rule deleted\./);
  await admin.submit('/undo', {});
  t.is(await idsOf(ui), 'a b c d');
  await admin.get('/firewall/bot');
  await press(admin, { off: 'd' });
  t.is(await idsOf(ui), 'a b c (d)');
  t.regex(admin.page.text, /1 rule has findings: 1 never used\./);
  await admin.submit('/undo', {});
  t.is(await idsOf(ui), 'a b c d');
  await admin.get('/firewall/bot');
  await admin.submit('/firewall/objects/address-groups/delete', { name: 'Spare' });
  t.deepEqual((await ui.lab.web('policy.get', {}, ui.lab.token)).policy.addressGroups, []);
  await admin.submit('/undo', {});
  t.is((await ui.lab.web('policy.get', {}, ui.lab.token)).policy.addressGroups[0]?.name, 'Spare');
});

test('a fix is right for the rules that were looked at: after another change it asks again, and without its token it is refused', async (t) => {
  const ui = await filled(await readyUi(t, { block: true }));
  const { admin } = ui;
  for (const fix of [{ off: 'b' }, { delete: 'b' }]) {
    await admin.get('/firewall/bot');
    await ui.edit({ do: 'toggleRule', id: 'a', enabled: !('off' in fix) });
    await press(admin, fix);
    t.is(admin.status, 409);
    t.regex(admin.page.text, /Somebody else saved a change meanwhile\./);
    t.regex(await idsOf(ui), /\bb c d$/);
  }
  await admin.get('/firewall/bot');
  await admin.post('/firewall/bot', new URLSearchParams({ off: 'b' }));
  t.is(admin.status, 403);
  t.is(await idsOf(ui), 'a b c d');
});

test('an operator may switch off, a viewer may look; neither deletes', async (t) => {
  const ui = await filled(await readyUi(t, { block: true }));
  const operator = await personOf(t, ui, 'operator');
  await operator.get('/firewall/bot');
  t.notRegex(operator.page.html, /name="delete"|address-groups\/delete/);
  await press(operator, { delete: 'b' });
  t.is(await idsOf(ui), 'a b c d');
  await operator.get('/firewall/bot');
  await press(operator, { off: 'b' });
  t.is(await idsOf(ui), 'a (b) c d');
  const viewer = await personOf(t, ui, 'viewer');
  await viewer.get('/firewall/bot');
  t.regex(viewer.page.text, /Duplicate Rule 3 \(“Web for Carl”\) says exactly the same\./);
  t.notRegex(viewer.page.html, /name="(delete|off)"/);
  await press(viewer, { off: 'd' });
  t.is(await idsOf(ui), 'a (b) c d');
});

test('“all” of a list of findings means these rules, not every rule', async (t) => {
  const ui = await filled(await readyUi(t, { block: true }));
  await ui.admin.get('/firewall/bot?state=found');
  await press(ui.admin, { all: 'yes', do: 'disable' }, '/firewall/bot/bulk');
  t.is(await idsOf(ui), 'a (b) c (d)');
});

test.serial('with 2 000 rules the list comes at once, and what is found is said when it is known', async (t) => {
  const ui = await readyUi(t, { block: true });
  const { policy } = await ui.lab.web('policy.get', {}, ui.lab.token);
  const large = office(50).policy;
  await ui.edit({ do: 'replace', value: { ...large, settings: policy.settings, network: policy.network } });
  impatient(ui);
  const page = await openPage(t, chrome(), ui);
  // What was sent, for the page itself goes on as soon as it is there.
  const list = (await (await page.goto(`${ui.url}/firewall/bot`))?.text()) ?? '';
  t.is(await page.locator('tbody.gg-rule').count(), 50);
  t.regex(list, /The rules are being looked at/);
  t.is(await page.locator('.gg-found').count(), 0);
  await page.waitForSelector('#lint:has-text("findings")', { timeout: 60_000 });
  t.is(await page.locator('.gg-found').count(), 0, 'nothing moves under the hand');
  await page.click('#lint a:has-text("Show them at the rules")');
  await page.waitForSelector('.gg-found');
  t.regex((await page.textContent('#lint')) ?? '', /rules have findings: .*never used/s);
  await page.goto(`${ui.url}/firewall/bot/rules/new?action=drop&source=10.51.0.0/16&service=tcp/443`);
  await page.fill('#position', '1');
  const answered = page.waitForResponse((answer) => answer.request().isNavigationRequest());
  await page.click('.gg-buttons button[value="next"]');
  t.regex(await (await answered).text(), /is still being looked at/);
  await page.waitForSelector('#sentence');
  await page.waitForSelector('#findings li', { timeout: 60_000 });
  t.regex((await page.textContent('#findings')) ?? '', /Rule \d+, (never used|partly decided above): Rule 1\b/);
});

/** However fast this machine is: the pages that are not meant to wait for findings get none at once. */
function impatient({ lab }: Ui): void {
  const agent = lab.web;
  lab.web = ((verb, input, token) => {
    const short = verb === 'policy.lint' && 'wait' in input && Number(input.wait) < 1000;
    return agent(verb, short ? { ...input, wait: 0 } : input, token);
  }) as Agent;
}
