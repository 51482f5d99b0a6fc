import type { Locator, Page } from 'playwright-core';
import { UI } from './scene.ts';

/** What the administrator of the tests chooses. */
export const PASSWORD = 'a gate that is green';

/** The first visit: the console's code, a password, and "like IPCop" (open until BOT is enabled) or blocking at once. */
export async function setUp(page: Page, code: string, how: 'open' | 'block'): Promise<void> {
  await page.goto(`${UI}/`);
  await enterCode(page, code);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password again', { exact: true }).fill(PASSWORD);
  await page.getByRole('radio', { name: how === 'open' ? /^Like IPCop/ : /^Block outgoing traffic now/ }).check();
  await page.getByLabel('Times in logs are shown in this zone').selectOption('Europe/Berlin');
  await page.getByRole('button', { name: 'Finish set-up' }).click();
  await heading(page, 'Home');
}

/** Types the one-time code of the console. */
export async function enterCode(page: Page, code: string): Promise<void> {
  await page.getByLabel('Set-up code').fill(code);
  await page.getByRole('button', { name: 'Continue' }).click();
}

/** Logs in as the administrator; ends at Home. */
export async function logIn(page: Page, password = PASSWORD): Promise<void> {
  await page.goto(`${UI}/login`);
  await page.getByLabel('User').fill('admin');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await heading(page, 'Home');
}

/** Waits until the browser has kept what is on trial, as it does by itself. */
export async function kept(page: Page): Promise<void> {
  await page.locator('#topbar').waitFor();
  await page.locator('#trial').waitFor({ state: 'detached' });
}

/** Chooses an entry of the main menu. */
export async function open(page: Page, entry: string, title = entry): Promise<void> {
  await page.getByRole('navigation', { name: 'Main menu' }).getByRole('link', { name: entry, exact: true }).click();
  await heading(page, title);
}

/** Waits until a page with this title is shown. */
export async function heading(page: Page, title: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
}

/** Makes an object of Advanced BOT Config: its tab, "New …", the fields by label, "Save …". */
export async function makeObject(page: Page, tab: string, one: string, fields: Record<string, string>): Promise<void> {
  await openTab(page, tab);
  await page.getByRole('link', { name: `New ${one}`, exact: true }).click();
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value);
  await page.getByRole('button', { name: `Save ${one}`, exact: true }).click();
  await page
    .getByRole('table')
    .getByRole('link', { name: fields.Name ?? '', exact: true })
    .waitFor();
  await kept(page);
}

/** Makes a service group of default or own services. */
export async function makeServiceGroup(page: Page, name: string, members: string[]): Promise<void> {
  await openTab(page, 'Service groups');
  await page.getByRole('link', { name: 'New service group', exact: true }).click();
  await page.getByLabel('Name', { exact: true }).fill(name);
  for (const member of members) {
    await page.getByRole('combobox', { name: 'Service or group to add' }).fill(member);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('checkbox', { name: `Enable ${member}` }).waitFor();
  }
  await page.getByRole('button', { name: 'Save service group' }).click();
  await page.getByRole('table').getByRole('link', { name, exact: true }).waitFor();
  await kept(page);
}

/** A rule from New Rule to its review; gives what the review says. `saveRule` goes on from there. */
export async function reviewRule(page: Page, rule: NewRule): Promise<string> {
  await open(page, 'Block Outgoing Traffic');
  await page.getByRole('link', { name: 'New rule' }).click();
  await page.getByRole('radio', { name: 'These hosts', exact: true }).check();
  await choose(page, 'Hosts', rule.source);
  await page.getByRole('radio', { name: rule.destination, exact: true }).check();
  await page.getByRole('radio', { name: 'This service', exact: true }).check();
  await choose(page, 'Service', rule.serviceGroup ?? rule.service ?? '');
  await page.getByRole('radio', { name: /^ACCEPT/ }).check();
  await page.getByLabel('Remark', { exact: true }).fill(rule.remark);
  await page.getByRole('button', { name: 'Next' }).click();
  await heading(page, 'Review rule');
  return textOf(page.locator('main'));
}

/** Types a name into a picker and takes it from the list that opens. */
async function choose(page: Page, picker: string, name: string): Promise<void> {
  await page.getByRole('combobox', { name: picker, exact: true }).fill(name);
  await page
    .getByRole('listbox', { name: picker, exact: true })
    .getByRole('option')
    .getByText(name, { exact: true })
    .click();
}

/** Saves the rule under review. */
export async function saveRule(page: Page, remark: string): Promise<void> {
  await page.getByRole('button', { name: 'Save rule' }).click();
  await heading(page, 'Block Outgoing Traffic');
  await page.getByRole('row').filter({ hasText: remark }).waitFor();
  await kept(page);
}

/** Disables BOT, with the password that this asks for. */
export async function disableBot(page: Page): Promise<void> {
  await open(page, 'Block Outgoing Traffic');
  await page.getByRole('link', { name: 'Disable', exact: true }).click();
  await page.getByLabel('Your password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Disable BOT' }).click();
  await page.getByRole('link', { name: 'BOT is off' }).waitFor();
  await kept(page);
}

/** Enables BOT from its own page. */
export async function enableBot(page: Page): Promise<void> {
  await open(page, 'Block Outgoing Traffic');
  await page.getByRole('main').getByRole('button', { name: 'Enable BOT' }).click();
  await page.getByRole('link', { name: 'BOT is on' }).waitFor();
  await kept(page);
}

/** Saves another Admin MAC. `sure` answers the warning that this locks the browser's computer out. */
export async function saveAdminMac(page: Page, mac: string, sure = false): Promise<void> {
  await open(page, 'Block Outgoing Traffic');
  await page.getByRole('link', { name: 'Edit settings' }).first().click();
  await page.getByLabel('Admin MAC').fill(mac);
  await page.getByRole('button', { name: 'Save settings' }).click();
  if (sure) {
    await page.getByLabel('I know').check();
    await page.getByRole('button', { name: 'Save anyway' }).click({ noWaitAfter: true });
    return;
  }
  await heading(page, 'Block Outgoing Traffic');
  await kept(page);
}

export type NewRule = {
  source: string;
  destination: 'Anywhere outside' | 'Greengate access, the box itself';
  service?: string;
  serviceGroup?: string;
  remark: string;
};

/** Steps 2 and 3 of the handbook's example: its objects and its two rules. */
export const HANDBOOK: { mail: NewRule; web: NewRule } = {
  mail: {
    source: 'MailAccess',
    destination: 'Anywhere outside',
    serviceGroup: 'MailingServices',
    remark: 'MailAccess PCs can use MailingServices',
  },
  web: {
    source: 'WebAccess',
    destination: 'Greengate access, the box itself',
    service: 'GreengateProxy',
    remark: 'WebAccess PCs can access the proxy',
  },
};

/** What a part of a page says, as it is seen: hidden text is not in it. */
export async function textOf(part: Locator): Promise<string> {
  return (await part.allInnerTexts()).join('\n');
}

async function openTab(page: Page, tab: string): Promise<void> {
  await open(page, 'Advanced BOT Config');
  await page
    .getByRole('navigation', { name: 'Advanced BOT Config' })
    .getByRole('link', { name: tab, exact: true })
    .click();
  await page.getByRole('heading', { level: 2, name: tab, exact: true }).waitFor();
}
