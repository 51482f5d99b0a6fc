import test from 'ava';
import type { Box } from './lib/box.ts';
import { openBrowser } from './lib/browser.ts';
import { inShell, menu, menuUntil, readMenu, watchStart } from './lib/console.ts';
import { handbookBox } from './lib/handbook.ts';
import * as ui from './lib/pages.ts';
import { endAll } from './lib/process.ts';
import { makeScene, pagesAnswer, UI } from './lib/scene.ts';
import { BOX_GREEN, RED_SERVER } from './lib/topology.ts';

/** The console's menu, item by item, over the serial line of a box that enforces the handbook's example. */
const scene = await makeScene();
const mail = scene.topology.green({ address: '192.168.51.25' });
const web = scene.topology.green({ address: '192.168.51.35' });
let box: Box;

test.before(async (t) => {
  t.timeout(600_000);
  box = await handbookBox(scene, 'menu');
});

test.after.always(async () => {
  await box?.powerOff();
  endAll();
});

test.serial('it shows what the box is doing', async (t) => {
  const shown = await menu(box);
  t.is(shown.BOT, 'enabled');
  t.regex(shown.GREEN ?? '', /^192\.168\.51\.254\/24/);
  t.regex(shown.RED ?? '', /^10\.9\.0\.50\/24/);
  t.regex(shown['Admin pages'] ?? '', new RegExp(UI));
  t.regex(shown.Certificate ?? '', /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  t.false('Set-up code' in shown);
});

test.serial('whatever is typed, the menu comes back', async (t) => {
  for (const line of [
    '',
    'x',
    '99',
    '; reboot',
    '$(reboot)',
    '`reboot`',
    '*',
    '\u0003',
    '\u0004',
    'ä€\u0000',
    'y'.repeat(5000),
  ]) {
    await box.serial.type(line);
    await readMenu(box);
  }
  t.is((await menu(box)).BOT, 'enabled');
});

test.serial('no to a question changes nothing', async (t) => {
  for (const item of ['2', '5', '7', '8']) {
    await box.serial.type(item);
    await box.serial.expect('[y/N]');
    await box.serial.type('n');
    await box.serial.expect('Nothing was changed.');
    await readMenu(box);
  }
  await box.serial.type('4');
  await box.serial.expect(/GREEN/);
  await box.serial.type('10.9.0.7/24');
  await box.serial.expect('overlaps the network of RED');
  await readMenu(box);
  await web.fails('tcp', RED_SERVER, 110);
  t.pass();
});

test.serial('restarting the services leaves the rules in force and brings every service back', async (t) => {
  t.timeout(200_000);
  await box.serial.type('6');
  await box.serial.expect('Press Enter', 90);
  await box.serial.type('');
  await readMenu(box);
  await mail.succeeds('tcp', RED_SERVER, 110);
  await web.fails('tcp', RED_SERVER, 110);
  await web.eventually(['proxy', `${BOX_GREEN}:800`, `http://${RED_SERVER}/`]);
  await mail.eventually(['dns', BOX_GREEN, 'www.red.test']);
  await pagesAnswer(scene, box);
  t.pass();
});

test.serial('the address of GREEN is set, the pages answer there, and it stays in the policy', async (t) => {
  t.timeout(300_000);
  await setGreen('192.168.51.253/24');
  await scene.admin.eventually(['https', 'https://192.168.51.253:445/'], 90);
  await mail.fails('ping', BOX_GREEN);
  await menuUntil(box, (shown) => /^192\.168\.51\.253/.test(shown.GREEN ?? ''));
  await inShell(box, (command) => command('until ! [ -e /var/lib/greengate/green-override ]; do sleep 1; done', 60));
  await setGreen('192.168.51.254/24');
  await pagesAnswer(scene, box);
  await mail.eventually(['tcp', RED_SERVER, 110]);
  t.pass();
});

test.serial('the admin password is reset with a new code; the old one is gone, the rules stay', async (t) => {
  t.timeout(300_000);
  await box.serial.type('2');
  await box.serial.expect('[y/N]');
  await box.serial.type('y');
  const { 'Set-up code': code = '' } = await menuUntil(box, (shown) => shown['Set-up code'] !== undefined, 90);
  await mail.succeeds('tcp', RED_SERVER, 110);
  await web.fails('tcp', RED_SERVER, 110);
  await pagesAnswer(scene, box);
  const { browser, page } = await openBrowser(scene.admin);
  t.teardown(() => browser.close());
  await page.goto(`${UI}/`);
  await ui.heading(page, 'Choose a new password');
  await ui.enterCode(page, code);
  await page.getByLabel('Password', { exact: true }).fill('another gate entirely');
  await page.getByLabel('Password again', { exact: true }).fill('another gate entirely');
  await page.getByRole('button', { name: 'Save password' }).click();
  await ui.heading(page, 'Home');
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('User').fill('admin');
  await page.getByLabel('Password').fill(ui.PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.locator('.alert-danger, .invalid-feedback').first().waitFor();
  await ui.logIn(page, 'another gate entirely');
  await page.getByRole('link', { name: 'BOT is on' }).waitFor();
  t.pass();
});

test.serial('a release at the console opens, in both families', async (t) => {
  await web.fails('tcp', RED_SERVER, 110);
  await box.serial.type('5');
  await box.serial.expect('[y/N]');
  await box.serial.type('y');
  await box.serial.expect('BOT is released');
  await box.serial.type('');
  t.regex((await menu(box)).BOT ?? '', /released/i);
  await web.succeeds('tcp', RED_SERVER, 110);
  const rules = await inShell(box, (command) =>
    command('nft list chain ip6 filter BOT_INPUT; nft list chain ip6 filter CUSTOMFORWARD'),
  );
  t.notRegex(rules, /jump|goto|drop|accept/);
});

test.serial('cards are swapped from the next start on; a release ends with it', async (t) => {
  t.timeout(400_000);
  await box.serial.type('3');
  await box.serial.expect(/s to swap/);
  await box.serial.type('s');
  await box.serial.expect('takes effect at the next start');
  await readMenu(box);
  await scene.admin.succeeds('ping', BOX_GREEN);
  await box.serial.type('7');
  await box.serial.expect('[y/N]');
  await box.serial.type('y');
  const { shown } = await watchStart(box);
  t.regex(shown.GREEN ?? '', /^192\.168\.51\.254/);
  const turned = scene.topology.red({ address: '192.168.51.35' });
  await turned.eventually(['ping', BOX_GREEN]);
  await scene.admin.fails('ping', BOX_GREEN);
  t.regex((await menuUntil(box, (one) => one.BOT === 'enabled')).BOT ?? '', /enabled/);
});

test.serial('power off switches the box off', async (t) => {
  t.timeout(120_000);
  await box.serial.type('8');
  await box.serial.expect('[y/N]');
  await box.serial.type('y');
  t.true(await box.isOff(60));
});

async function setGreen(cidr: string): Promise<void> {
  await box.serial.type('4');
  await box.serial.expect(/Address of GREEN/);
  await box.serial.type(cidr);
  await box.serial.expect('[y/N]');
  await box.serial.type('y');
  await box.serial.expect(/GREEN has the address/, 60);
}
