import test, { type ExecutionContext } from 'ava';
import type { Browser, Page } from 'playwright-core';
import { askDhcp, fingerprint, flowing, stopped } from './lib/asks.ts';
import type { Box } from './lib/box.ts';
import { openBrowser, picture } from './lib/browser.ts';
import { menuUntil } from './lib/console.ts';
import { megabytesInUse, recordFigure } from './lib/figures.ts';
import { savedPlace } from './lib/image.ts';
import * as ui from './lib/pages.ts';
import { endAll } from './lib/process.ts';
import { ADMIN, freshBox, makeScene, scanFromRed, TELLING_PORTS, UI } from './lib/scene.ts';
import { BOX_GREEN, BOX_RED, RED_SERVER } from './lib/topology.ts';

/** "The example that must hold", line by line, on the built image: by browser, by real packets, by the console. One box, one story. */
const PROXY = `${BOX_GREEN}:800`;
const scene = await makeScene();
const mail = scene.topology.green({ address: '192.168.51.25' });
const web = scene.topology.green({ address: '192.168.51.35' });
const other = scene.topology.green({});
let box: Box;
let browser: Browser;
let page: Page;

test.before(async (t) => {
  t.timeout(300_000);
  box = await freshBox(scene, 'example');
  ({ browser, page } = await openBrowser(scene.admin));
});

/** A step without which nothing after it makes sense. */
let missing = '';
const step = (title: string, work: (t: ExecutionContext) => Promise<void>) =>
  test.serial(title, async (t) => {
    missing = title;
    await work(t);
    missing = '';
  });

test.beforeEach(() => {
  if (missing !== '') throw new Error(`“${missing}” has failed`);
});

test.after.always(async () => {
  await browser?.close();
  await box?.powerOff();
  endAll();
});

step('set-up: the console shows code and fingerprint, the browser asks for the code', async (t) => {
  t.timeout(200_000);
  const shown = await menuUntil(box, (one) => one['Set-up code'] !== undefined && one.Certificate !== undefined);
  t.is(shown.Certificate, await fingerprint(scene.admin));
  await mail.fails('tcp', RED_SERVER, 110);
  await page.goto(`${UI}/`);
  t.regex(page.url(), /\/setup$/);
  await ui.enterCode(page, 'AAAAA-AAAAA');
  await page.getByText('That is not the code').or(page.locator('.invalid-feedback')).first().waitFor();
  await picture(page, '01-set-up-code');
  await ui.setUp(page, shown['Set-up code'] ?? '', 'open');
  await picture(page, '02-home');
  t.false('Set-up code' in (await menuUntil(box, (one) => one['Set-up code'] === undefined)));
});

test.serial('before BOT is enabled GREEN reaches RED freely, behind the address of RED', async (t) => {
  const greeting = await mail.eventually(['tcp', RED_SERVER, 110]);
  t.true(greeting.endsWith(BOX_RED), greeting);
  await web.succeeds('http', `http://${RED_SERVER}/`);
  t.deepEqual(await scanFromRed(scene, TELLING_PORTS), []);
});

step('BOT’s settings are prefilled with what the box sees; BOT is enabled', async (t) => {
  t.timeout(200_000);
  await ui.open(page, 'Block Outgoing Traffic');
  await page.getByRole('link', { name: 'Edit settings' }).first().click();
  const mac = page.getByLabel('Admin MAC');
  await mac.waitFor();
  t.is(await mac.inputValue(), ADMIN.mac);
  t.is(await page.getByLabel('UI port').inputValue(), '445');
  await page.getByLabel('Connection state').check();
  await page.getByLabel('Logging').check();
  await page.getByRole('radio', { name: /^DROP/ }).check();
  await picture(page, '03-bot-settings');
  await page.getByRole('button', { name: 'Save settings' }).click();
  await ui.enableBot(page);
  await page.getByRole('row').filter({ hasText: 'GREEN may use DNS on Greengate' }).waitFor();
  await mail.fails('tcp', RED_SERVER, 110);
  await mail.succeeds('dns', BOX_GREEN, 'www.red.test');
});

step('addresses, service and service group are made', async (t) => {
  t.timeout(200_000);
  await ui.makeObject(page, 'Addresses', 'address', { Name: 'MailAccess', Address: '192.168.51.0/255.255.255.224' });
  await ui.makeObject(page, 'Addresses', 'address', { Name: 'WebAccess', Address: '192.168.51.32/255.255.255.224' });
  t.regex(await ui.textOf(page.getByRole('table')), /192\.168\.51\.32\/27/);
  await picture(page, '04-addresses');
  await ui.makeObject(page, 'Services', 'service', { Name: 'GreengateProxy', Ports: '800' });
  await ui.makeServiceGroup(page, 'MailingServices', ['POP3', 'SMTP']);
  await picture(page, '05-service-groups');
});

step('both rules are made through New rule, Next, Save rule; the review speaks plainly', async (t) => {
  t.timeout(200_000);
  const mailReview = await ui.reviewRule(page, ui.HANDBOOK.mail);
  t.regex(mailReview, /MailAccess[\s\S]*may reach[\s\S]*MailingServices/);
  await ui.saveRule(page, ui.HANDBOOK.mail.remark);
  const webReview = await ui.reviewRule(page, ui.HANDBOOK.web);
  t.regex(webReview, /may reach any web site through the proxy/);
  await picture(page, '06-rule-review');
  await ui.saveRule(page, ui.HANDBOOK.web.remark);
  await picture(page, '07-rules');
  await box.save(savedPlace('handbook'));
});

test.serial('192.168.51.35 browses through the proxy, and the request stands in the proxy log', async (t) => {
  t.timeout(200_000);
  await web.eventually(['proxy', PROXY, `http://${RED_SERVER}/first`]);
  const client = await openBrowser(web, `http://${PROXY}`);
  await client.page.goto(`http://${RED_SERVER}/seen-in-a-browser`);
  t.regex(
    await ui.textOf(client.page.locator('body')),
    new RegExp(`web.red.test for .*${BOX_RED.replaceAll('.', '\\.')}`),
  );
  await client.browser.close();
  await ui.open(page, 'Proxy log');
  const row = page.getByRole('row').filter({ hasText: '/seen-in-a-browser' }).first();
  await row.waitFor();
  const text = await ui.textOf(row);
  t.regex(text, /192\.168\.51\.35[\s\S]*GET[\s\S]*10\.9\.0\.2[\s\S]*200/);
  await picture(page, '08-proxy-log');
});

test.serial('192.168.51.35 reaches neither 110 nor 25, nor 80 directly, nor another computer’s way', async (t) => {
  await web.succeeds('proxy', PROXY, `http://${RED_SERVER}/`);
  await Promise.all([110, 25, 80, 443, 7777].map((port) => web.fails('tcp', RED_SERVER, port)));
  await web.fails('udp', RED_SERVER, 9999);
  t.pass();
});

test.serial(
  '192.168.51.25 reaches 110 and 25; its try at port 800 is in the firewall log, named by our own service',
  async (t) => {
    t.timeout(200_000);
    await mail.succeeds('tcp', RED_SERVER, 110);
    await mail.succeeds('tcp', RED_SERVER, 25);
    await mail.fails('tcp', BOX_GREEN, 800);
    await web.succeeds('tcp', BOX_GREEN, 800);
    await mail.fails('tcp', RED_SERVER, 80);
    await ui.open(page, 'Firewall log');
    const row = page.getByRole('row').filter({ hasText: mail.mac }).filter({ hasText: 'GreengateProxy' }).first();
    await row.waitFor();
    const cells = await row.getByRole('cell').allInnerTexts();
    const [time = '', chain = '', iface, protocol, source = '', port = '', mac, destination = '', service = ''] = cells;
    t.regex(time, /\d\d:\d\d:\d\d/);
    t.true(chain.startsWith('GREEN DROP'), chain);
    t.is(iface, 'green');
    t.is(protocol, 'TCP');
    t.true(source.startsWith('192.168.51.25'), source);
    t.true(Number(port) > 1024, port);
    t.is(mac, mail.mac);
    t.true(destination.startsWith(BOX_GREEN), destination);
    t.regex(service, /^800\s+GreengateProxy/);
    await picture(page, '09-firewall-log');
    await ui.open(page, 'Home');
    await picture(page, '10-home-with-denials');
  },
);

test.serial('an address outside both groups gets DHCP, DNS and ping of the box, and nothing else', async (t) => {
  const lease = await askDhcp(other);
  t.regex(lease, /192\.168\.51\.1\d\d/);
  await other.succeeds('dns', BOX_GREEN, 'www.red.test');
  await other.succeeds('ping', BOX_GREEN);
  await Promise.all([25, 80, 110, 443, 7777].map((port) => other.fails('tcp', RED_SERVER, port)));
  await Promise.all([22, 80, 445, 800].map((port) => other.fails('tcp', BOX_GREEN, port)));
  await other.fails('ping', RED_SERVER);
  await other.fails('udp', RED_SERVER, 9999);
  await other.fails('dns', RED_SERVER, 'www.red.test');
});

test.serial('the Admin MAC reaches the pages; another MAC does not, whatever its address', async (t) => {
  await scene.admin.succeeds('https', `${UI}/`);
  await mail.fails('tcp', BOX_GREEN, 445);
  await web.fails('tcp', BOX_GREEN, 445);
  await web.succeeds('ping', BOX_GREEN);
  t.pass();
});

test.serial('RED can open nothing on the box with BOT on', async (t) => {
  t.timeout(300_000);
  t.deepEqual(await scanFromRed(scene), []);
});

test.serial(
  'Disable: GREEN reaches RED freely, RED still nothing; Enable: restricted again, and running flows stop',
  async (t) => {
    t.timeout(400_000);
    await ui.disableBot(page);
    await picture(page, '11-bot-off');
    await web.succeeds('tcp', RED_SERVER, 110);
    await other.succeeds('tcp', RED_SERVER, 7777);
    t.deepEqual(await scanFromRed(scene, TELLING_PORTS), []);
    const forbidden = await mail.tell({ do: 'hold', args: [RED_SERVER, '7777'] });
    const allowed = await mail.tell({ do: 'hold', args: [RED_SERVER, '110'] });
    const download = await mail.tell({ do: 'download', args: [PROXY, `http://${RED_SERVER}/drip`] });
    t.true((await mail.tell({ do: 'echo', args: [forbidden.text, 'hello'] })).ok);
    await flowing(mail, download.text);
    await ui.enableBot(page);
    t.false(
      (await mail.tell({ do: 'echo', args: [forbidden.text, 'hello'] })).ok,
      'a flow that is not allowed went on',
    );
    t.true((await mail.tell({ do: 'echo', args: [allowed.text, 'hello'] })).ok, 'a flow that is allowed was cut');
    await stopped(mail, download.text);
    await web.fails('tcp', RED_SERVER, 110);
    await mail.succeeds('tcp', RED_SERVER, 110);
  },
);

test.serial('switching the rule off stops a running download through the proxy', async (t) => {
  t.timeout(200_000);
  const download = await web.tell({ do: 'download', args: [PROXY, `http://${RED_SERVER}/drip`] });
  await flowing(web, download.text);
  await ui.open(page, 'Block Outgoing Traffic');
  const row = page.getByRole('row').filter({ hasText: ui.HANDBOOK.web.remark });
  await row.getByRole('switch', { name: /^Rule \d+ on$/ }).click();
  await page.locator('tbody.gg-off').filter({ hasText: ui.HANDBOOK.web.remark }).waitFor();
  await stopped(web, download.text);
  await web.fails('tcp', BOX_GREEN, 800);
  await row.getByRole('switch', { name: /^Rule \d+ on$/ }).click();
  await page.locator('tbody:not(.gg-off)').filter({ hasText: ui.HANDBOOK.web.remark }).waitFor();
  await web.succeeds('proxy', PROXY, `http://${RED_SERVER}/`);
  t.pass();
});

test.serial('after all this less than 180 MB of memory are in use', async (t) => {
  const used = await megabytesInUse(box);
  recordFigure('megabytesInUse.example', used);
  t.true(used < 180, `${used.toFixed(0)} MB in use`);
});
