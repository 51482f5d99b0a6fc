import test, { type ExecutionContext } from 'ava';
import type { Browser, Page } from 'playwright-core';
import { Box } from './lib/box.ts';
import { openBrowser, picture } from './lib/browser.ts';
import { inShell, killing, menu, menuUntil, watchStart } from './lib/console.ts';
import { handbookBox } from './lib/handbook.ts';
import * as ui from './lib/pages.ts';
import { endAll, sleep } from './lib/process.ts';
import { ADMIN, makeScene, pagesAnswer, UI } from './lib/scene.ts';
import { BOX_GREEN, RED_SERVER } from './lib/topology.ts';

/** An administrator who locks himself out, again and again: each time the box lets him in again by itself. One box, in order. */
const scene = await makeScene();
const mail = scene.topology.green({ address: '192.168.51.25' });
const web = scene.topology.green({ address: '192.168.51.35' });
let box: Box;
let browser: Browser;
let page: Page;

test.before(async (t) => {
  t.timeout(600_000);
  box = await handbookBox(scene, 'lockout');
  ({ browser, page } = await openBrowser(scene.admin));
  await ui.logIn(page);
  await ui.open(page, 'Block Outgoing Traffic');
  await page.getByRole('link', { name: 'Edit settings' }).first().click();
  await page.getByLabel('Seconds on trial').fill('45');
  await page.getByRole('button', { name: 'Save settings' }).click();
  await ui.heading(page, 'Block Outgoing Traffic');
  await ui.kept(page);
});

test.after.always(async () => {
  await browser?.close();
  await box?.powerOff();
  endAll();
});

/** Home, by a login where the session is over. A browser that tried to connect while it was locked out waits long before it tries again. */
const enter = async (): Promise<void> => {
  for (let tries = 0; ; tries += 1) {
    try {
      await page.goto(`${UI}/`, { timeout: 20_000 });
      break;
    } catch (error) {
      if (tries === 6) throw error;
      await sleep(1000);
    }
  }
  if (page.url().includes('/login')) await ui.logIn(page);
  await ui.heading(page, 'Home');
};

/** Each title, and what its box is expected to say of it. */
const lockedOut = (title: string, said: RegExp, work: (t: ExecutionContext) => Promise<void>) =>
  test.serial(title, async (t) => {
    t.timeout(500_000);
    await enter();
    await ui.saveAdminMac(page, '00:16:3e:99:99:99', true);
    await scene.admin.eventuallyFails(['tcp', BOX_GREEN, 445]);
    await work(t);
    await pagesAnswer(scene, box);
    const log = await inShell(box, (command) => command('tail -n 3 /var/lib/greengate/log/audit.jsonl'));
    t.regex(log, said);
    // What was confirmed before is in force, as a whole.
    await enter();
    await ui.open(page, 'Block Outgoing Traffic');
    await page.getByRole('link', { name: 'Edit settings' }).first().click();
    t.is(await page.getByLabel('Admin MAC').inputValue(), ADMIN.mac);
    await mail.eventually(['tcp', RED_SERVER, 110]);
    await web.fails('tcp', RED_SERVER, 110);
  });

lockedOut(
  'nobody comes back: the change is undone when its time is over, whoever holds a connection open',
  /undid a change that nobody confirmed in time/,
  async (t) => {
    const shown = await menu(box);
    t.regex(shown['On trial'] ?? '', /by admin: undone in \d+ s unless it is kept/);
    await menuUntil(box, (one) => one['On trial'] === undefined, 90);
  },
);

lockedOut('the console undoes it', /undid the change/, async () => {
  await box.serial.type('u');
  await box.serial.expect('The change was undone.', 60);
  await box.serial.type('');
  await box.serial.expect('Choice: ');
});

lockedOut('the plug is pulled', /undid a change by admin at the restart/, async (t) => {
  await box.powerOff();
  box = await Box.powerOn(scene.topology, { name: 'lockout' });
  const { shown } = await watchStart(box);
  t.is(shown['On trial'], undefined);
});

lockedOut('the agent is killed', /undid a change by admin at the restart/, async () => {
  await inShell(box, (command) => command(KILL_AGENT));
});

test.serial('the pages are killed: a browser that comes back by itself keeps the change', async (t) => {
  t.timeout(300_000);
  await enter();
  await ui.open(page, 'Block Outgoing Traffic');
  await page.getByRole('link', { name: 'Edit settings' }).first().click();
  await page.getByRole('radio', { name: /^REJECT/ }).check();
  // Nothing of it may arrive, or the change is kept before the pages die.
  await page.route('**/trial/keep', (route) => route.fulfill({ status: 204 }));
  await page.getByRole('button', { name: 'Save settings' }).click();
  await page.locator('#trial').waitFor();
  await picture(page, '13-on-trial');
  await inShell(box, (command) => command(KILL_WEB));
  t.regex((await menu(box))['On trial'] ?? '', /by admin/);
  await page.unroute('**/trial/keep');
  await page.locator('#trial').waitFor({ state: 'detached', timeout: 60_000 });
  await pagesAnswer(scene, box);
  await page.goto(`${UI}/firewall/bot/settings`);
  t.true(await page.getByRole('radio', { name: /^REJECT/ }).isChecked());
});

test.serial('Node cannot be started: the change is undone all the same', async (t) => {
  t.timeout(500_000);
  await enter();
  await ui.saveAdminMac(page, '00:16:3e:99:99:99', true);
  await scene.admin.eventuallyFails(['tcp', BOX_GREEN, 445]);
  const before = (await menu(box)).Rules;
  await inShell(box, async (command) => {
    await command('mount --bind /bin/busybox "$(readlink -f /usr/lib/greengate/bin/node)"');
    await command(KILL_AGENT);
    await command(KILL_WEB);
  });
  const shown = await menuUntil(box, (one) => one['On trial'] === undefined, 240);
  t.not(shown.Rules, before);
  t.regex(await inShell(box, (command) => command('nft list ruleset | grep -c 02:00:00:00:05:0a')), /^[1-9]/m);
  await mail.eventually(['tcp', RED_SERVER, 110]);
  await web.fails('tcp', RED_SERVER, 110);
});

const KILL_AGENT = killing('agent.js');
const KILL_WEB = killing('web.js');
