import test from 'ava';
import type { Browser, Page } from 'playwright-core';
import type { Box } from './lib/box.ts';
import { openBrowser, picture } from './lib/browser.ts';
import { inShell, menuUntil, watchStart } from './lib/console.ts';
import { handbookBox } from './lib/handbook.ts';
import * as ui from './lib/pages.ts';
import { endAll } from './lib/process.ts';
import { ADMIN, makeScene, pagesAnswer, scanFromRed, TELLING_PORTS, UI } from './lib/scene.ts';
import { BOX_GREEN, RED_SERVER } from './lib/topology.ts';

/** The end of the handbook's example: locked out and back by the console, and a reboot. One box, in order. */
const PROXY = `${BOX_GREEN}:800`;
const scene = await makeScene();
const mail = scene.topology.green({ address: '192.168.51.25' });
const web = scene.topology.green({ address: '192.168.51.35' });
let box: Box;
let browser: Browser;
let page: Page;

test.before(async (t) => {
  t.timeout(600_000);
  box = await handbookBox(scene, 'rescue');
  ({ browser, page } = await openBrowser(scene.admin));
  await ui.logIn(page);
});

test.after.always(async () => {
  await browser?.close();
  await box?.powerOff();
  endAll();
});

test.serial(
  'a wrong Admin MAC: the pages are gone; the two flushes typed at the console bring them back, and the agent lets them be',
  async (t) => {
    t.timeout(400_000);
    await ui.saveAdminMac(page, '00:16:3e:99:99:99', true);
    await scene.admin.eventuallyFails(['tcp', BOX_GREEN, 445]);
    await scene.admin.succeeds('ping', BOX_GREEN);
    await box.serial.type('k');
    await box.serial.expect('The change is kept.', 60);
    await box.serial.type('');
    await box.serial.expect('Choice: ');
    await inShell(box, async (command) => {
      await command('iptables -F BOT_INPUT');
      await command('iptables -F CUSTOMFORWARD');
    });
    await scene.admin.eventually(['https', `${UI}/`]);
    await web.succeeds('tcp', RED_SERVER, 110);
    t.regex((await menuUntil(box, (shown) => /released/i.test(shown.BOT ?? ''))).BOT ?? '', /released/i);
    await inShell(box, async (command) => {
      await command('rc-service agent restart', 60);
      await command('rc-service web restart', 60);
    });
    await pagesAnswer(scene, box);
    await web.succeeds('tcp', RED_SERVER, 110);
    // The same browser, whose connections were cut: it was told so.
    await page.goto(`${UI}/`);
    await page.getByRole('link', { name: 'BOT is released' }).waitFor();
    await picture(page, '12-released');
    await ui.saveAdminMac(page, ADMIN.mac);
    await page.getByRole('link', { name: 'BOT is on' }).waitFor();
    await web.fails('tcp', RED_SERVER, 110);
    await mail.succeeds('tcp', RED_SERVER, 110);
  },
);

test.serial(
  'after a reboot it is still restricted, without anyone logging in, and RED finds nothing open',
  async (t) => {
    t.timeout(400_000);
    await ui.open(page, 'This box', 'System');
    await page.getByRole('link', { name: 'Reboot', exact: true }).click();
    await page.getByLabel('Your password').fill(ui.PASSWORD);
    await page.getByRole('button', { name: /^Reboot/ }).click();
    const { shown } = await watchStart(box);
    t.regex(shown.Rules ?? '', /generation \d+ in force/);
    await mail.eventually(['tcp', RED_SERVER, 110]);
    await Promise.all([110, 25, 80].map((port) => web.fails('tcp', RED_SERVER, port)));
    await mail.fails('tcp', BOX_GREEN, 800);
    t.deepEqual(await scanFromRed(scene, TELLING_PORTS), []);
    await web.eventually(['proxy', PROXY, `http://${RED_SERVER}/`], 120);
    await pagesAnswer(scene, box);
    await mail.fails('tcp', BOX_GREEN, 445);
  },
);
