import test, { type ExecutionContext } from 'ava';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { openPage, useChrome } from './chrome.ts';
import { fillOffice, fillPeople } from './fill.ts';
import { pagePaths } from './pages.ts';
import { readyUi, type Ui } from './ui.ts';
import { faultsOf, walk } from './walk.ts';

/** Every page by Tab alone: where the focus is can be seen at each stop, nothing holds it, nothing is left out, and it goes down the page. */
const chrome = useChrome();

const open = async (t: ExecutionContext, options: BrowserContextOptions = {}): Promise<{ ui: Ui; page: Page }> => {
  const ui = await readyUi(t, { block: true });
  await fillOffice(ui);
  await fillPeople(ui);
  // What fades in is not there yet when it is looked at.
  const page = await openPage(t, chrome(), ui, { reducedMotion: 'reduce', ...options });
  page.on('dialog', (dialog) => dialog.accept());
  return { ui, page };
};

const focused = (page: Page): Promise<string> =>
  page.evaluate('((one) => one.id || one.innerText || one.tagName)(document.activeElement)') as Promise<string>;

/** Some pages put the focus into a field, a moment after they are there. Each is walked from its top all the same. */
const FROM_THE_TOP = `(async () => {
  for (let frame = 0; frame < 2; frame += 1) await new Promise((done) => requestAnimationFrame(done));
  const top = document.createElement('span');
  top.tabIndex = -1;
  document.body.prepend(top);
  top.focus();
  top.remove();
})()`;

const SKIP = `document.querySelector('.gg-skip').getBoundingClientRect()`;

/** A page of a log that stands still, and has a few lines only: the other lines are like them. */
const FEW = 'live=0&chain=GREEN+REJECT&status=403';

const standing = [
  ...pagePaths,
  '/firewall/import',
  '/firewall/bot/rules/r3',
  '/firewall/bot/rules/r3/move',
  '/api',
].map((path) => (path.startsWith('/logs/') ? `${path}?${FEW}` : path));

for (const look of [
  { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const) {
  test.serial(`Tab goes through every page at ${look.viewport.width}, ${look.colorScheme}`, async (t) => {
    const { ui, page } = await open(t, look);
    t.timeout(300_000);
    const linked = new Set<string>();
    const faults: string[] = [];
    for (const path of standing) {
      await page.goto(`${ui.url}${path}`);
      for (const href of (await page.evaluate(
        `[...document.querySelectorAll('#nav a[href]')].map((one) => one.getAttribute('href'))`,
      )) as string[])
        linked.add(href);
      await page.evaluate(FROM_THE_TOP);
      const way = await walk(page);
      faults.push(...faultsOf(way).map((fault) => `${path} ${fault}`));
      if (!/Skip to the content/.test(way.stops[0]?.name ?? '')) faults.push(`${path} begins at ${way.stops[0]?.name}`);
    }
    t.deepEqual(faults, []);
    t.deepEqual(
      [...linked].filter((href) => !standing.some((path) => path === href || path === `${href}?${FEW}`)),
      [],
      'each page of the menu was walked',
    );
  });
}

test.serial('backwards, what has the focus is never under the bar that stands at the top', async (t) => {
  const { ui, page } = await open(t, { viewport: { width: 1280, height: 500 } });
  const faults: string[] = [];
  for (const path of ['/firewall/objects/default-services', '/logs/firewall?live=0', '/firewall/bot/rules/r3']) {
    await page.goto(`${ui.url}${path}`);
    await page.evaluate('document.body.append(Object.assign(document.createElement("button"), { id: "end" }))');
    await page.focus('#end');
    const way = await walk(page, { back: true });
    faults.push(...way.stops.flatMap(({ name, faults }) => faults.map((fault) => `${path} ${name}: ${fault}`)));
  }
  t.deepEqual(faults, []);
  // Rows enough for three screens.
  const value = { source: { kind: 'any' }, destination: { kind: 'any' }, service: { kind: 'any' }, action: 'accept' };
  const more = Array.from({ length: 40 }, (_, index) => ({
    do: 'saveRule' as const,
    value: { ...value, remark: `Rule ${index}` },
  }));
  await ui.edit({ do: 'batch', edits: more });
  await page.goto(`${ui.url}/firewall/bot`);
  await page.locator('h1').click();
  for (let row = 0; row < 30; row += 1) await page.keyboard.press('j');
  for (let row = 0; row < 20; row += 1) await page.keyboard.press('k');
  t.true(
    await page.evaluate(
      `(({ left, top }) => document.elementFromPoint(left + 4, top + 4) === document.activeElement)(document.activeElement.getBoundingClientRect())`,
    ),
    'k goes up to a row that can be seen',
  );
});

test.serial('the skip link shows itself, and leads behind the menu', async (t) => {
  const { ui, page } = await open(t);
  await page.goto(`${ui.url}/firewall/objects/services`);
  t.false(await page.evaluate(`${SKIP}.right > 0`));
  await page.keyboard.press('Tab');
  t.true(await page.evaluate(`${SKIP}.left >= 0`));
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  t.true(await page.evaluate('document.activeElement.closest("main") !== null'));
});

test.serial('what opens by keyboard is entered by Tab, and Escape gives the focus back', async (t) => {
  const { ui, page } = await open(t);
  await page.goto(`${ui.url}/firewall/bot`);
  const filters = page.locator('.gg-more-filters > summary');
  await filters.focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  t.is(await focused(page), 'f-host');
  await page.keyboard.press('Escape');
  t.is(await focused(page), 'Filters');
  t.false(await page.evaluate(`document.querySelector('.gg-more-filters').open`));
  await page.keyboard.press('Enter');
  await page.keyboard.press('Shift+Tab');
  t.false(
    await page.evaluate(`document.querySelector('.gg-more-filters').open`),
    'it covers nothing when the focus has left it',
  );

  await page.goto(`${ui.url}/firewall/bot/rules/new`);
  await page.locator('#source-make-newAddress > summary').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  t.true(await page.evaluate('document.activeElement.closest("#source-make-newAddress") !== null'));
  await page.locator('#source-make-newAddress > summary').press('Enter');
  t.is(await focused(page), 'New address…');

  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${ui.url}/`);
  await page.focus('#menu');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  t.true(await page.evaluate('document.activeElement.closest("#nav") !== null'), 'the menu follows its button');
  await page.keyboard.press('Escape');
  t.is(await focused(page), 'menu');
});

test.serial('what is renewed by the clock keeps the focus where it is', async (t) => {
  const { ui, page } = await open(t);
  const asked = async (path: string) => (await page.waitForResponse((one) => one.url().endsWith(path))).finished();
  await page.goto(`${ui.url}/`);
  await page.focus('#logout');
  await asked('/topbar');
  await page.waitForTimeout(200);
  t.is(await focused(page), 'logout');
  await page.goto(`${ui.url}/logs/firewall`);
  await asked('/logs/firewall');
  await page.locator('#q').focus();
  await page.keyboard.press('Escape');
  for (const key of ['j', 'Tab', 'Tab']) await page.keyboard.press(key);
  const line = await focused(page);
  t.true(await page.evaluate('document.activeElement.closest("#list") !== null'));
  await page.waitForTimeout(4000);
  t.is(await focused(page), line);
  await page.focus('#q');
  await asked('/logs/firewall');
});

test.serial('a rule that is switched, moved or deleted by keyboard leaves the focus at its row', async (t) => {
  const { ui, page } = await open(t);
  await page.goto(`${ui.url}/firewall/bot`);
  const settled = () => page.waitForSelector('.htmx-request, .htmx-settling', { state: 'detached' });
  const ids = (await page.evaluate(
    `[...document.querySelectorAll('.gg-grip')].map((one) => one.id.slice(5))`,
  )) as string[];
  const [first = '', second = '', third = ''] = ids;
  await page.focus(`#on-${second}`);
  const saved = page.waitForResponse((one) => one.request().method() === 'POST');
  await page.keyboard.press('Space');
  await (await saved).finished();
  await settled();
  t.is(await focused(page), `on-${second}`);
  for (const key of ['ArrowDown', 'ArrowUp'] as const) {
    const moved = page.waitForResponse((one) => one.url().endsWith('/move'));
    await page.focus(`#grip-${second}`);
    await page.keyboard.press(`Alt+${key}`);
    await (await moved).finished();
    await page.waitForSelector('#told:has-text("Moved: now rule")', { state: 'attached' });
    t.is(await focused(page), `grip-${second}`, key);
  }
  const gone = page.waitForResponse((one) => one.request().method() === 'POST');
  await page.getByRole('button', { name: 'Delete rule 2' }).focus();
  await page.keyboard.press('Enter');
  await (await gone).finished();
  await page.waitForSelector(`#rule-${second}`, { state: 'detached' });
  await settled();
  t.true(
    await page.evaluate('document.activeElement !== document.body'),
    'the focus is not thrown to the top of the page',
  );
  t.truthy([first, third].every((id) => id !== ''));
});
