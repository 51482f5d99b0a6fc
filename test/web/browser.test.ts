import test, { type ExecutionContext } from 'ava';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { packetLine } from '../lib/log-lines.ts';
import { openPage, useChrome } from './chrome.ts';
import { fillHostile, fillOffice } from './fill.ts';
import { pagePaths } from './pages.ts';
import { readyUi, type Ui } from './ui.ts';

const chrome = useChrome();

const open = (t: ExecutionContext, ui: Ui, options: BrowserContextOptions = {}): Promise<Page> =>
  openPage(t, chrome(), ui, options);

const overflow = (page: Page): Promise<unknown> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

test.serial('no page is wider than a phone, whatever the names', async (t) => {
  const ui = await readyUi(t);
  await fillHostile(ui);
  const page = await open(t, ui, { viewport: { width: 390, height: 844 } });
  for (const path of [...pagePaths, '/firewall/bot/rules/r3', '/firewall/bot/rules/r3/delete', '/nothing']) {
    await page.goto(`${ui.url}${path}`);
    t.is(await overflow(page), 0, path);
  }
});

test.serial('the menu folds on a phone, opens by its button and closes by Escape', async (t) => {
  const ui = await readyUi(t);
  const page = await open(t, ui, { viewport: { width: 390, height: 844 } });
  const link = page.getByRole('link', { name: 'Block Outgoing Traffic' });
  t.false(await link.isVisible());
  await page.getByRole('button', { name: 'Menu' }).click();
  t.true(await link.isVisible());
  await page.keyboard.press('Escape');
  t.false(await link.isVisible());
  await page.getByRole('button', { name: 'Menu' }).click();
  await link.click();
  await page.waitForURL(`${ui.url}/firewall/bot`);
  t.pass();
});

test.serial('dark mode follows the browser', async (t) => {
  const ui = await readyUi(t);
  const page = await open(t, ui, { colorScheme: 'dark' });
  const background = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
  const dark = await background();
  await page.emulateMedia({ colorScheme: 'light' });
  await page.waitForSelector('html[data-bs-theme="light"]');
  t.not(await background(), dark);
});

test.serial('switching and moving rules changes the list in place, and focus stays', async (t) => {
  const ui = await readyUi(t, { block: true });
  await fillOffice(ui);
  const page = await open(t, ui);
  await page.goto(`${ui.url}/firewall/bot?q=access`);
  await page.evaluate('window.sameDocument = true');
  const first = page.getByRole('switch', { name: 'Rule 2 on' });
  t.is(await first.getAttribute('aria-checked'), 'true');
  await first.focus();
  await page.keyboard.press('Space');
  await page.waitForSelector('#on-r1[aria-checked="false"]');
  t.is(await page.evaluate('document.activeElement.id'), 'on-r1');
  await page.locator('#grip-r1').focus();
  await page.keyboard.press('Alt+ArrowDown');
  await page.waitForSelector('#grip-r1[title="Move rule 3"]');
  t.true(await page.evaluate('window.sameDocument === true'));
  const { policy } = await ui.lab.web('policy.get', {}, ui.lab.token);
  t.is(policy.rules[2]?.id, 'r1');
  t.false(policy.rules[2]?.enabled);
});

test.serial('without script everything above works by loading pages', async (t) => {
  const ui = await readyUi(t, { block: true });
  await fillOffice(ui);
  const page = await open(t, ui, { javaScriptEnabled: false });
  await page.goto(`${ui.url}/firewall/bot`);
  await page.getByRole('switch', { name: 'Rule 2 on' }).click();
  await page.waitForSelector('#on-r1[aria-checked="false"]');
  await page.getByRole('link', { name: 'New rule' }).click();
  await page.check('#source-pick');
  await page.fill('#sourcePick', '192.168.51.9');
  await page.fill('#servicePick', 'SSH');
  await page.getByRole('button', { name: 'Next' }).click();
  t.regex((await page.textContent('#sentence')) ?? '', /192\.168\.51\.9 may reach .* by SSH/);
  await page.getByRole('button', { name: 'Save rule' }).click();
  await page.waitForURL(`${ui.url}/firewall/bot`);
  t.regex((await page.textContent('main')) ?? '', /192\.168\.51\.9/);
});

test.serial('a field chooses its kind, filters act while typing, / and n are keys', async (t) => {
  const ui = await readyUi(t);
  await fillOffice(ui);
  const page = await open(t, ui);
  await page.goto(`${ui.url}/firewall/bot`);
  await page.keyboard.press('/');
  await page.keyboard.type('mailing');
  await page.waitForURL(`${ui.url}/firewall/bot?q=mailing`);
  t.is(await page.locator('tr[id^="rule-"]').count(), 1);
  await page.locator('h1').click();
  await page.keyboard.press('n');
  await page.waitForURL(`${ui.url}/firewall/bot/rules/new`);
  await page.fill('#sourcePick', 'WebAccess');
  t.true(await page.isChecked('#source-pick'));
  await page.fill('#destinationPick', '203.0.113.4');
  t.true(await page.isChecked('#destination-pick'));
});

test.serial('the firewall log shows new lines by itself, until paused', async (t) => {
  const ui = await readyUi(t);
  await fillOffice(ui);
  const page = await open(t, ui);
  await page.goto(`${ui.url}/logs/firewall`);
  const line = (port: number) =>
    packetLine({ 'oob.time.sec': Math.floor(Date.now() / 1000), dest_ip: '203.0.113.77', dest_port: port });
  await ui.writeLog('firewall.json', [line(4711)]);
  await page.waitForSelector('text=4711', { timeout: 10_000 });
  await page.getByRole('link', { name: 'Pause' }).click();
  await page.waitForURL(/live=0/);
  await ui.writeLog('firewall.json', [line(4712)]);
  await page.waitForTimeout(4000);
  t.is(await page.locator('text=4712').count(), 0);
});

test.serial('the bar on top tells what happened meanwhile, without loading the page anew', async (t) => {
  const ui = await readyUi(t, { block: true });
  const page = await open(t, ui);
  await page.goto(`${ui.url}/firewall/objects/addresses/new`);
  await page.fill('#name', 'typed and not sent');
  ui.lab.twin.released = true;
  await page.waitForSelector('text=BOT was released at the console', { timeout: 25_000 });
  t.is(await page.inputValue('#name'), 'typed and not sent');
});

test.serial('a session that ended in the background leads to the login', async (t) => {
  const ui = await readyUi(t);
  await fillOffice(ui);
  const page = await open(t, ui);
  await page.goto(`${ui.url}/logs/firewall`);
  await page.context().clearCookies();
  await page.waitForURL(/\/login/, { timeout: 10_000 });
  t.pass();
});

test.serial('every control has a name, every picture none, headings begin at one', async (t) => {
  const ui = await readyUi(t, { block: true });
  await fillOffice(ui);
  const page = await open(t, ui);
  for (const path of [...pagePaths, '/firewall/bot/rules/r1', '/firewall/objects/address-groups/edit?name=Office']) {
    await page.goto(`${ui.url}${path}`);
    t.deepEqual(await page.evaluate(faults), [], path);
  }
});

/** What a reader of the page by ear would stumble over. Runs in the page. */
const faults = `(() => {
  const found = [];
  const named = (one) => (one.getAttribute('aria-label') || one.title || one.textContent.trim() || (one.labels && one.labels.length > 0 ? [...one.labels].map((label) => label.textContent.trim()).join('') : ''));
  for (const one of document.querySelectorAll('a[href], button, select, textarea, input:not([type=hidden]), summary')) if (!named(one)) found.push('no name: ' + one.outerHTML.slice(0, 120));
  for (const one of document.querySelectorAll('[aria-describedby]')) for (const id of one.getAttribute('aria-describedby').trim().split(/\\s+/)) if (!document.getElementById(id)) found.push('describes nothing: ' + id);
  const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
  for (const id of new Set(ids)) if (ids.filter((one) => one === id).length > 1) found.push('id twice: ' + id);
  for (const use of document.querySelectorAll('use')) if (!document.querySelector(use.getAttribute('href'))) found.push('no icon ' + use.getAttribute('href'));
  if (document.querySelectorAll('h1').length !== 1) found.push('h1: ' + document.querySelectorAll('h1').length);
  for (const table of document.querySelectorAll('table')) if ([...table.querySelectorAll('thead th')].some((head) => head.scope !== 'col' || !head.textContent.trim())) found.push('table head');
  for (const form of document.querySelectorAll('form[method=post]')) if (!form.querySelector('input[name=csrf]')) found.push('form without token: ' + form.action);
  if (!document.title || document.documentElement.lang !== 'en') found.push('title or language');
  return found;
})()`;
