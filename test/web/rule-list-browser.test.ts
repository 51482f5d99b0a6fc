import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { openPage, useChrome } from './chrome.ts';
import { readyUi, type Ui } from './ui.ts';

const chrome = useChrome();

/** Rules a to f, b and c under the heading Mail, in a browser that complains about nothing. */
const open = async (t: ExecutionContext, javaScriptEnabled = true): Promise<{ ui: Ui; page: Page }> => {
  const ui = await readyUi(t, { block: true });
  const value = { source: { kind: 'any' }, service: { kind: 'any' }, action: 'accept' };
  // Each of its own: what says the same as another has a finding below it.
  const destination = (id: string) => ({ kind: 'typed', value: `203.0.113.${id.charCodeAt(0)}` });
  await ui.edit({
    do: 'batch',
    edits: [
      { do: 'deleteRule', id: 'dns' },
      ...[...'abcdef'].map((id) => ({
        do: 'saveRule' as const,
        id,
        restore: true,
        value: {
          ...value,
          destination: destination(id),
          remark: `Remark ${id}`,
          heading: 'bc'.includes(id) ? 'Mail' : '',
        },
      })),
    ],
  });
  const page = await openPage(t, chrome(), ui, { javaScriptEnabled });
  await page.goto(`${ui.url}/firewall/bot`);
  return { ui, page };
};

const rulesOf = async ({ lab }: Ui) => (await lab.web('policy.get', {}, lab.token)).policy.rules;
const orderOf = async (ui: Ui) =>
  (await rulesOf(ui)).map(({ id, heading }) => (heading === '' ? id : `${id}:${heading}`)).join(' ');

/** Waits until the page shows these rules, in this order, and nothing is under way. */
const shows = async (page: Page, ids: string): Promise<void> => {
  const shown = `[...document.querySelectorAll('tr[id^="rule-"]')].map((row) => row.id.slice(5)).join('')`;
  const busy = `document.querySelector('.htmx-request, .htmx-settling, .gg-carried') !== null`;
  for (let left = 100; left > 0; left -= 1) {
    // A page that is being loaded has nothing to evaluate in.
    const now = await page.evaluate(`${busy} ? 'busy' : ${shown}`).catch(() => 'busy');
    if (now === ids) return;
    if (left === 1) throw new Error(`The page shows ${now}, not ${ids}`);
    await page.waitForTimeout(100);
  }
};

const drag = async (page: Page, from: string, to: string, edge: 'top' | 'bottom'): Promise<void> => {
  const grip = await page.locator(`#grip-${from}`).boundingBox();
  const row = await page.locator(to).boundingBox();
  if (grip === null || row === null) throw new Error('nothing to drag');
  await page.mouse.move(grip.x + 8, grip.y + 8);
  await page.mouse.down();
  await page.mouse.move(grip.x + 8, grip.y + 20, { steps: 2 });
  await page.mouse.move(grip.x + 8, edge === 'top' ? row.y + 3 : row.y + row.height - 3, { steps: 5 });
  await page.mouse.up();
};

test.serial('a rule is dragged to its place, into a group and out of it', async (t) => {
  const { ui, page } = await open(t);
  await page.evaluate('window.sameDocument = true');
  await drag(page, 'f', '#rule-a', 'top');
  await shows(page, 'fabcde');
  t.is(await orderOf(ui), 'f a b:Mail c:Mail d e');
  await drag(page, 'e', '#rule-b', 'bottom');
  await shows(page, 'fabecd');
  t.is(await orderOf(ui), 'f a b:Mail e:Mail c:Mail d');
  await drag(page, 'b', '#rule-f', 'bottom');
  await shows(page, 'fbaecd');
  t.is(await orderOf(ui), 'f b a e:Mail c:Mail d');
  t.is(await page.evaluate('window.sameDocument'), true, 'no page was loaded, the handle’s link not followed');
});

test.serial('a rule is moved by keyboard: Alt and arrows, or picked up; both are said aloud', async (t) => {
  const { ui, page } = await open(t);
  await page.locator('#grip-f').focus();
  await page.keyboard.press('Alt+ArrowUp');
  await page.keyboard.press('Alt+ArrowUp');
  t.regex((await page.textContent('#told')) ?? '', /Place 4 of 6 on this page/);
  await shows(page, 'abcfde');
  await page.waitForSelector('#told:has-text("Moved: now rule 4.")', { state: 'attached' });
  t.is(await page.evaluate('document.activeElement.id'), 'grip-f', 'the handle keeps the focus');
  t.is(await orderOf(ui), 'a b:Mail c:Mail f d e');
  await page.locator('#grip-a').focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowDown');
  t.regex((await page.textContent('#told')) ?? '', /under Mail/);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Escape');
  await shows(page, 'abcfde');
  t.is(await orderOf(ui), 'a b:Mail c:Mail f d e', 'Escape puts it back');
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await page.waitForSelector('#told:has-text("Moved: now rule 1.")', { state: 'attached' });
  t.is(await orderOf(ui), 'a:Mail b:Mail c:Mail f d e', 'past the heading it belongs to the group');
});

test.serial(
  'j, k and space choose rules, Shift a range; the bar acts, the choice stays, Enter presses nothing',
  async (t) => {
    const { ui, page } = await open(t);
    t.false(await page.locator('.gg-bulk').isVisible());
    await page.locator('h1').click();
    for (const key of ['j', 'j', 'Space', 'k', 'Space', 'Enter']) await page.keyboard.press(key);
    t.true((await rulesOf(ui)).every(({ enabled }) => enabled));
    t.true(await page.locator('.gg-bulk').isVisible());
    await page.locator('#rule-d input').click({ modifiers: ['Shift'] });
    await page.getByRole('button', { name: 'Disable', exact: true }).click();
    await page.waitForSelector('#flash:has-text("4 rules disabled")');
    t.is((await rulesOf(ui)).map(({ enabled }) => (enabled ? 1 : 0)).join(''), '000011');
    t.is(await page.locator('input[name="rule"]:checked').count(), 4);
    await page.locator('#select-page').check();
    await page.getByRole('button', { name: 'Move to …' }).click();
    await page.waitForURL(/\/firewall\/bot\/selected\?do=move/);
    t.is(await page.locator('h1').innerText(), 'Move rules 1, 2, 3, 4, 5 and 6');
  },
);

test.serial('what somebody else saved meanwhile is shown in place, and the move is done by one click', async (t) => {
  const { ui, page } = await open(t);
  await ui.edit({ do: 'toggleRule', id: 'a', log: true });
  await drag(page, 'f', '#rule-a', 'top');
  await page.waitForSelector('.gg-meant');
  await shows(page, 'abcdef');
  t.is(await orderOf(ui), 'a b:Mail c:Mail d e f');
  await page.getByRole('button', { name: 'Do it now' }).click();
  await shows(page, 'fabcde');
  t.is(await orderOf(ui), 'f a b:Mail c:Mail d e');
});

test.serial('deleting is undone with one click; without script moving and deleting have their pages', async (t) => {
  const { ui, page } = await open(t);
  await page.getByRole('button', { name: 'Delete rule 3' }).click();
  await shows(page, 'abdef');
  await page.getByRole('button', { name: 'Undo' }).click();
  await shows(page, 'abcdef');
  t.is(await orderOf(ui), 'a b:Mail c:Mail d e f');
  const plain = await open(t, false);
  await plain.page.locator('#grip-a').click();
  await plain.page.selectOption('#where', 'after');
  await plain.page.fill('#number', '4');
  await plain.page.getByRole('button', { name: 'Move rule' }).click();
  await plain.page.waitForURL(`${plain.ui.url}/firewall/bot#rule-a`);
  t.is(await orderOf(plain.ui), 'b:Mail c:Mail d a e f');
  await plain.page.getByRole('button', { name: 'Delete rule 1' }).click();
  await plain.page.getByRole('button', { name: 'Undo' }).click();
  await plain.page.waitForSelector('text=The rule is back in its place');
  t.is(await orderOf(plain.ui), 'b:Mail c:Mail d a e f');
});
