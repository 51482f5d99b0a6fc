import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { PASSWORD } from '../agent/lab.ts';
import { launchChrome } from '../lib/chromium.ts';
import { fillHostile, fillMany, fillOffice, fillPeople, hostile as names, oldBackup, seeHour } from './fill.ts';
import { freshUi, readyUi, type Ui } from './ui.ts';

/**
 * Pictures of every page at two widths, light and dark, into build/screens: for looking at.
 * `node test/web/screens.ts [part of a name …]`
 */
const folder = join(import.meta.dirname, '../../build/screens');
const wanted = process.argv.slice(2);

const pages: Record<string, string> = {
  home: '/',
  network: '/network',
  proxy: '/services/proxy',
  dhcp: '/services/dhcp',
  'lease-form': '/services/dhcp/lease',
  time: '/services/time',
  ssh: '/services/ssh',
  bot: '/firewall/bot',
  'bot-found': '/firewall/bot?state=found',
  'bot-settings': '/firewall/bot/settings',
  'bot-disable': '/firewall/bot/disable',
  'rule-form': '/firewall/bot/rules/new',
  'rule-edit': '/firewall/bot/rules/r1',
  'rule-delete': '/firewall/bot/rules/r1/delete',
  addresses: '/firewall/objects/addresses',
  'address-form': '/firewall/objects/addresses/edit?name=MailAccess',
  'address-groups': '/firewall/objects/address-groups',
  'address-group-form': '/firewall/objects/address-groups/edit?name=Office',
  'address-group-new': '/firewall/objects/address-groups/new',
  'address-delete-free': '/firewall/objects/service-groups/delete?name=Spare',
  'ready-made': '/firewall/bot/ready-made',
  'rule-move': '/firewall/bot/selected?do=move&rule=r1',
  'rule-heading': '/firewall/bot/selected?do=heading&rule=r1&rule=r3',
  'rules-delete': '/firewall/bot/selected?do=delete&rule=r1&rule=r3',
  'address-delete': '/firewall/objects/addresses/delete?name=MailAccess',
  services: '/firewall/objects/services',
  'service-form': '/firewall/objects/services/new',
  'service-edit': '/firewall/objects/services/edit?name=GreengateProxy',
  'address-new': '/firewall/objects/addresses/new',
  'paste-addresses': '/firewall/objects/addresses/many',
  why: '/firewall/why',
  'why-answer': '/firewall/why?from=192.168.51.25&to=203.0.113.9&service=tcp/25&at=2026-11-20T22:30',
  'why-errors': '/firewall/why?from=nobody&to=&service=tcp/x',
  blocks: '/firewall/blocks',
  import: '/firewall/import',
  'block-form': '/firewall/blocks/new?host=192.168.51.25&back=/logs/firewall',
  'block-new': '/firewall/blocks/new',
  'service-groups': '/firewall/objects/service-groups',
  'service-group-form': '/firewall/objects/service-groups/edit?name=MailingServices',
  'default-services': '/firewall/objects/default-services',
  'default-networks': '/firewall/objects/default-networks',
  'log-firewall': '/logs/firewall',
  'log-firewall-filter': '/logs/firewall?dport=800&live=0',
  'log-proxy': '/logs/proxy',
  system: '/system',
  generations: '/system/generations',
  generation: '/system/generations/2',
  certificate: '/system/certificate',
  users: '/system/users',
  'user-form': '/system/users/new',
  'user-edit': '/system/users/edit?name=eva',
  'user-delete': '/system/users/delete?name=eva',
  tokens: '/system/users/tokens',
  poweroff: '/system/poweroff',
  account: '/system/account',
  'log-changes': '/logs/changes',
  api: '/api',
  reboot: '/system/reboot',
  missing: '/nothing',
};

const looks = [
  { name: '1280-light', width: 1280, height: 800, scheme: 'light' },
  { name: '1280-dark', width: 1280, height: 800, scheme: 'dark' },
  { name: '390-light', width: 390, height: 844, scheme: 'light' },
  { name: '390-dark', width: 390, height: 844, scheme: 'dark' },
] as const;

const ends: (() => Promise<void> | void)[] = [];
const t = { teardown: (end: () => Promise<void> | void) => void ends.unshift(end) };

mkdirSync(folder, { recursive: true });
const chrome = await launchChrome();
try {
  const office = await readyUi(t, { block: true });
  await fillOffice(office);
  await fillPeople(office);
  seeHour(office);
  const hostile = await readyUi(t);
  await fillHostile(hostile);
  const many = await readyUi(t, { block: true });
  await fillMany(many, 2000);
  const members = Array.from({ length: 1000 }, (_, index) => ({ name: `Workplace ${index + 1}` }));
  await many.edit({ do: 'save', collection: 'addressGroups', value: { name: 'Large', members } });
  const empty = await readyUi(t);
  const fresh = await freshUi(t);
  for (const look of looks) {
    const run = (ui: Ui, prefix: string, list: Record<string, string>) => shoot(chrome, ui, look, prefix, list);
    await run(office, '', pages);
    await run(hostile, 'hostile-', {
      bot: '/firewall/bot',
      addresses: '/firewall/objects/addresses',
      'address-groups': '/firewall/objects/address-groups',
      review: '/firewall/bot/rules/r3/delete',
      'log-proxy': '/logs/proxy',
      form: '/firewall/bot/rules/r3',
      home: '/',
      services: '/firewall/objects/services',
      'service-groups': '/firewall/objects/service-groups',
      'group-form': `/firewall/objects/address-groups/edit?name=${encodeURIComponent(names.long)}`,
      'address-form': `/firewall/objects/addresses/edit?name=${encodeURIComponent(names.rtl)}`,
      'address-delete': `/firewall/objects/addresses/delete?name=${encodeURIComponent(names.long)}`,
      blocks: '/firewall/blocks',
      dhcp: '/services/dhcp',
      'log-firewall': '/logs/firewall',
      'log-changes': '/logs/changes',
      move: '/firewall/bot/selected?do=move&rule=r2&rule=r3',
    });
    await run(many, 'many-', {
      bot: '/firewall/bot',
      last: '/firewall/bot?page=40',
      why: '/firewall/why?from=192.168.51.7&to=203.0.113.9&service=gre',
      addresses: '/firewall/objects/addresses?page=3',
      'group-form': '/firewall/objects/address-groups/edit?name=Large',
      form: '/firewall/bot/rules/new',
    });
    await run(empty, 'empty-', {
      home: '/',
      bot: '/firewall/bot',
      addresses: '/firewall/objects/addresses',
      'log-firewall': '/logs/firewall',
      'log-proxy': '/logs/proxy',
      'log-changes': '/logs/changes?q=nothing+like+it',
      dhcp: '/services/dhcp',
      'address-groups': '/firewall/objects/address-groups',
      'group-form': '/firewall/objects/service-groups/new',
      services: '/firewall/objects/services',
      blocks: '/firewall/blocks',
      tokens: '/system/users/tokens',
      import: '/firewall/import',
    });
    await run(office, 'viewer-', {
      home: '/',
      bot: '/firewall/bot',
      addresses: '/firewall/objects/addresses',
      'address-form': '/firewall/objects/addresses/edit?name=MailAccess',
      'group-form': '/firewall/objects/address-groups/edit?name=Office',
      'rule-edit': '/firewall/bot/rules/r1',
      proxy: '/services/proxy',
      network: '/network',
      import: '/firewall/import',
      system: '/system',
      users: '/system/users',
    });
    await bare(chrome, office, look);
    await setUp(chrome, fresh, look);
  }
} finally {
  await chrome.close();
  for (const end of ends) await end();
}

type Look = (typeof looks)[number];

async function open(browser: Browser, ui: Ui, look: Look): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.height },
    colorScheme: look.scheme,
  });
  const page = await context.newPage();
  page.on(
    'console',
    (message) =>
      message.type() === 'error' && !message.text().includes('404') && console.log(look.name, message.text()),
  );
  page.on('pageerror', (error) => console.log(look.name, error.message));
  await page.goto(`${ui.url}/login`);
  return page;
}

async function shoot(
  browser: Browser,
  ui: Ui,
  look: Look,
  prefix: string,
  list: Record<string, string>,
): Promise<void> {
  const todo = Object.entries(list).filter(
    ([name]) => wanted.length === 0 || wanted.some((one) => `${prefix}${name}-${look.name}`.includes(one)),
  );
  if (todo.length === 0) return;
  const page = await open(browser, ui, look);
  if (prefix === 'viewer-') await page.fill('#user', 'receptionist.of.the.branch.office');
  await page.fill('#password', prefix === 'viewer-' ? 'another long password' : PASSWORD);
  await page.click('button');
  await page.waitForURL(`${ui.url}/`);
  for (const [name, path] of todo) {
    await page.goto(`${ui.url}${path}`);
    const over = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    if (Number(over) > 0) console.log(`${prefix}${name} at ${look.name}: ${over} px too wide`);
    await page.screenshot({ path: join(folder, `${prefix}${name}-${look.name}.png`), fullPage: true });
  }
  await page.context().close();
}

/** Pages without a login, a review with its errors, and the menu on a phone. */
async function bare(browser: Browser, ui: Ui, look: Look): Promise<void> {
  if (wanted.length > 0 && !wanted.includes('bare')) return;
  const page = await open(browser, ui, look);
  const shot = (name: string) => page.screenshot({ path: join(folder, `${name}-${look.name}.png`), fullPage: true });
  await shot('login');
  await page.fill('#password', PASSWORD);
  await page.click('button');
  await page.goto(`${ui.url}/firewall/bot/rules/new`);
  const next = page.getByRole('button', { name: 'Next' });
  await page.fill('#sourcePick', '192.168.51.999');
  await next.click();
  await shot('rule-errors');
  await page.fill('#sourcePick', '192.168.51.9');
  await page.check('#destination-greengate');
  await page.fill('#servicePick', 'GreengateProxy');
  await next.click();
  await shot('rule-review');
  await page.goto(`${ui.url}/firewall/objects/addresses`);
  await page.locator('input[data-pick]').nth(2).check();
  await page.locator('input[data-pick]').nth(4).check();
  await shot('objects-selected');
  await page.getByRole('button', { name: 'Delete…' }).click();
  await shot('objects-delete');
  await page.getByRole('button', { name: /Delete/ }).click();
  await shot('objects-deleted');
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.goto(`${ui.url}/firewall/objects/address-groups/edit?name=Office`);
  await page.locator('#add').focus();
  await page.keyboard.type('p');
  await shot('group-picker');
  await page.goto(`${ui.url}/firewall/objects/addresses/many`);
  await page.fill('#lines', 'Lab; 192.168.51.80; Room 12\nBad; 10.0.0.0/255.0.255.0\nReception; 192.168.51.81');
  await page.getByRole('button', { name: 'Check' }).click();
  await shot('paste-checked');
  await page.goto(`${ui.url}/firewall/import`);
  await page.setInputFiles('#file', { name: 'backup.tar.gz', mimeType: 'application/gzip', buffer: oldBackup() });
  await page.getByRole('button', { name: 'Look at it' }).click();
  await shot('import-preview');
  await page.getByRole('button', { name: 'Discard' }).click();
  await page.goto(`${ui.url}/system/account`);
  await page.selectOption('#tokenSpan', 'date');
  await page.fill('#tokenDate', '2020-01-01');
  await page.fill('#tokenName', 'backup');
  await page.getByRole('button', { name: 'Make token' }).click();
  await shot('account-errors');
  await page.fill('#tokenDate', '2099-01-01');
  await page.fill('#tokenPassword', PASSWORD);
  await page.getByRole('button', { name: 'Make token' }).click();
  await shot('token-made');
  await page.goto(`${ui.url}/system/account`);
  await page.getByRole('link', { name: 'Revoke backup' }).click();
  await page.getByRole('button', { name: 'Revoke token' }).click();
  await page.fill('#totpPassword', PASSWORD);
  await page.getByRole('button', { name: 'Set up the second step' }).click();
  await shot('totp');
  if (look.width < 500) {
    await page.click('text=Menu');
    await page.screenshot({ path: join(folder, `menu-${look.name}.png`) });
  }
  await page.context().close();
}

async function setUp(browser: Browser, ui: Ui, look: Look): Promise<void> {
  if (wanted.length > 0 && !wanted.includes('setup')) return;
  const page = await open(browser, ui, look);
  const shot = (name: string) => page.screenshot({ path: join(folder, `${name}-${look.name}.png`), fullPage: true });
  await shot('setup-code');
  await page.fill('#code', await ui.lab.code());
  await page.click('button');
  await shot('setup');
  await page.context().close();
}
