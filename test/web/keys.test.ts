import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { PASSWORD } from '../agent/lab.ts';
import { openPage, useChrome } from './chrome.ts';
import { fillOffice, fillPeople } from './fill.ts';
import { readyUi, type Ui } from './ui.ts';

/** The keyboard on every list and form: `/` search, `n` new, j, k and arrows in lists, Enter saves, Escape leaves. */
const chrome = useChrome();

const open = async (t: ExecutionContext): Promise<{ ui: Ui; page: Page; go: (path: string) => Promise<void> }> => {
  const ui = await readyUi(t, { block: true });
  await fillOffice(ui);
  await fillPeople(ui);
  const page = await openPage(t, chrome(), ui);
  return { ui, page, go: async (path) => void (await page.goto(`${ui.url}${path}`)) };
};

const focused = (page: Page): Promise<string> =>
  page.evaluate(
    '(() => { const one = document.activeElement; return one.id || one.getAttribute("aria-label") || one.innerText; })()',
  ) as Promise<string>;

test.serial('`n` makes what is new on each list, `/` goes to its search', async (t) => {
  const { ui, page, go } = await open(t);
  for (const [path, fresh] of [
    ['/firewall/bot', '/firewall/bot/rules/new'],
    ['/firewall/objects/addresses', '/firewall/objects/addresses/new'],
    ['/firewall/objects/address-groups', '/firewall/objects/address-groups/new'],
    ['/firewall/objects/services', '/firewall/objects/services/new'],
    ['/firewall/objects/service-groups', '/firewall/objects/service-groups/new'],
    ['/firewall/blocks', '/firewall/blocks/new'],
    ['/services/dhcp', '/services/dhcp/lease'],
  ] as const) {
    await go(path);
    await page.keyboard.press('/');
    t.is(await focused(page), 'q', path);
    await page.keyboard.press('Escape');
    t.not(await focused(page), 'q', `${path}: Escape leaves the field`);
    await page.keyboard.press('n');
    await page.waitForURL(`${ui.url}${fresh}`);
  }
  for (const path of ['/logs/firewall?live=0', '/logs/proxy?live=0', '/logs/changes', '/system/users/tokens']) {
    await go(path);
    await page.keyboard.press('/');
    t.is(await focused(page), 'q', path);
  }
});

test.serial('j, k and the arrows go through the rows of every list', async (t) => {
  const { page, go } = await open(t);
  for (const [path, first, second] of [
    ['/firewall/objects/services', 'Select GreengateProxy', 'Select GreengateProxy'],
    ['/firewall/objects/addresses', 'Select MailAccess', 'Select WebAccess'],
    [
      '/firewall/objects/default-services',
      'Copy Greengate DNS to one of your own',
      'Copy Greengate DHCP to one of your own',
    ],
    ['/system/users', 'admin', 'eva'],
  ] as const) {
    await go(path);
    const name = async () =>
      (await page.evaluate('document.activeElement.title || ""')) || (await focused(page)).replace(/\n.*/s, '');
    await page.keyboard.press('j');
    t.is(await name(), first, path);
    await page.keyboard.press('ArrowDown');
    t.is(await name(), second, path);
    await page.keyboard.press('k');
    t.is(await name(), first, path);
  }
  await go('/logs/firewall?live=0');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL(/chain=/);
  t.pass();
});

test.serial('Enter saves and Escape leaves each form for the list it came from', async (t) => {
  const { ui, page, go } = await open(t);
  for (const [path, back] of [
    ['/firewall/objects/addresses/new', '/firewall/objects/addresses'],
    ['/firewall/objects/address-groups/edit?name=Office', '/firewall/objects/address-groups'],
    ['/firewall/objects/services/edit?name=GreengateProxy', '/firewall/objects/services'],
    ['/firewall/objects/addresses/many', '/firewall/objects/addresses'],
    ['/firewall/bot/rules/r1', '/firewall/bot'],
    ['/firewall/bot/settings', '/firewall/bot'],
    ['/firewall/bot/ready-made', '/firewall/bot'],
    ['/firewall/bot/selected?do=move&rule=r1', '/firewall/bot'],
    ['/firewall/bot/disable', '/firewall/bot'],
    ['/firewall/blocks/new', '/firewall/blocks'],
    ['/services/dhcp/lease', '/services/dhcp#fixed'],
    ['/system/users/new', '/system/users'],
    ['/system/reboot', '/system'],
  ] as const) {
    await go(path);
    await page.locator('h1').click();
    await page.keyboard.press('Escape');
    await page.waitForURL(`${ui.url}${back}`, { timeout: 10_000 }).catch(() => t.fail(`${path} stays`));
  }
  await go('/firewall/objects/addresses/new');
  await page.fill('#name', 'By Enter');
  await page.fill('#value', '192.168.51.88');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${ui.url}/firewall/objects/addresses`);
  await go('/firewall/objects/address-groups/edit?name=Office');
  await page.fill('#remark', 'By Enter');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${ui.url}/firewall/objects/address-groups`);
  await go('/services/proxy');
  await page.fill('#port', '8080');
  await page.keyboard.press('Enter');
  await page.getByText('Saved.').waitFor();
  await go('/firewall/bot/rules/r1');
  await page.fill('#remark', 'By Enter');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Review rule' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { name: 'Edit rule' }).waitFor();
  t.is(await page.inputValue('#remark'), 'By Enter', 'Escape at the review goes back, and nothing is lost');
  await page.keyboard.press('Escape');
  t.regex((await page.textContent('#flash')) ?? '', /not saved/);
});

test.serial('who may not save reads the same pages, with nothing to type into', async (t) => {
  const { ui, page } = await open(t);
  const save = { create: true, password: PASSWORD, newPassword: 'another long password' };
  await ui.lab.web('users.save', { ...save, name: 'otto', role: 'viewer' }, ui.lab.token);
  await page.context().clearCookies();
  await page.goto(`${ui.url}/login`);
  await page.fill('#user', 'otto');
  await page.fill('#password', save.newPassword);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${ui.url}/`);
  for (const path of [
    '/network',
    '/services/proxy',
    '/services/dhcp',
    '/services/time',
    '/services/ssh',
    '/firewall/bot/settings',
    '/firewall/bot/rules/r1',
    '/firewall/objects/addresses/edit?name=MailAccess',
    '/firewall/objects/address-groups/edit?name=Office',
    '/firewall/objects/services/edit?name=GreengateProxy',
  ]) {
    await page.goto(`${ui.url}${path}`);
    const open = page.locator(
      'main form[method="post"] :is(input:not([type="hidden"]), select, textarea):enabled:visible',
    );
    t.is(await open.count(), 0, path);
    t.regex((await page.textContent('main')) ?? '', /Only an administrator may change/, path);
  }
});
