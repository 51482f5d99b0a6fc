import type { Page } from 'playwright-core';
import { PASSWORD } from '../../test/agent/lab.ts';
import { launchChrome } from '../../test/lib/chromium.ts';
import { fillMany } from '../../test/web/fill.ts';
import { readyUi, type Ui } from '../../test/web/ui.ts';
import { median } from './measure.ts';
import type { Table } from './table.ts';

const ROUNDS = 11;

/** Pages of a policy of 2 000 rules and 1 000 addresses in Chromium, through agent, web and HTTP: server, load and size, by the browser's own clock. */
export async function pagesTable(parts: string[] = []): Promise<Table> {
  const wanted = (name: string) => parts.length === 0 || parts.some((part) => name.includes(part));
  const ends: (() => Promise<void> | void)[] = [];
  try {
    const ui = await readyUi({ teardown: (end) => void ends.unshift(end) });
    await fillTwice(ui);
    const chrome = await launchChrome();
    ends.unshift(() => chrome.close());
    const page = await chrome.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(`${ui.url}/login`);
    await page.fill('#password', PASSWORD);
    await page.click('button');
    await page.waitForURL(`${ui.url}/`);
    const rows = [['page', 'server ms', 'slowest', 'loaded ms', 'slowest', 'KB']];
    for (const [name, path] of Object.entries(PATHS).filter(([one]) => wanted(one))) {
      const seen: Times[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const answer = await page.goto(`${ui.url}${path}`, { waitUntil: 'load' });
        if (answer?.status() !== 200) throw new Error(`${path}: ${answer?.status()}`);
        seen.push(await timesOf(page));
      }
      rows.push(rowOf(name, seen));
    }
    if (wanted('review')) rows.push(rowOf('review', await reviews(page, ui)));
    const notes = [
      'server: from request to last byte; loaded: until the page’s load event; medians of 11, scripts and styles cached',
    ];
    return { title: 'Pages at 2 000 rules and 1 000 addresses', rows, notes };
  } finally {
    for (const end of ends) await end();
  }
}

const PATHS = {
  'rule list': '/firewall/bot',
  'rule list, page 40': '/firewall/bot?page=40',
  'rule list, searched': '/firewall/bot?q=workplace+99',
  'rule list, by host': '/firewall/bot?host=10.1.2.7',
  'new rule': '/firewall/bot/rules/new',
  'edit rule': '/firewall/bot/rules/r500',
  addresses: '/firewall/objects/addresses',
  'addresses, searched': '/firewall/objects/addresses?q=99',
  'edit address': '/firewall/objects/addresses/edit?name=Workplace+500',
  'why?': '/firewall/why?from=10.1.2.7&to=203.0.113.9&service=tcp/25',
};

type Times = { server: number; loaded: number; size: number };

/** Each address has two rules, twenty addresses a heading. */
async function fillTwice(ui: Ui): Promise<void> {
  await fillMany(ui, 1000);
  const { policy } = await ui.lab.web('policy.get', {}, ui.lab.token);
  const value = policy.rules.flatMap((rule, index) => {
    const heading = `Floor ${Math.floor(index / 20)}`;
    return [
      { ...rule, heading },
      { ...rule, id: `s${index}`, heading, action: 'drop' as const, log: true },
    ];
  });
  await ui.edit({ do: 'replace', value: { ...policy, rules: value } });
}

/** From the form to the review by its button, again and again. */
async function reviews(page: Page, ui: Ui): Promise<Times[]> {
  const seen: Times[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await page.goto(`${ui.url}/firewall/bot/rules/r500`);
    await page.fill('#remark', `Round ${round}`);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Review rule' }).waitFor();
    await page.waitForLoadState('load');
    seen.push(await timesOf(page));
  }
  return seen;
}

const timesOf = (page: Page): Promise<Times> =>
  page.evaluate(
    `(({ requestStart, responseEnd, loadEventEnd, loadEventStart, decodedBodySize }) => ({ server: responseEnd - requestStart, loaded: loadEventEnd || loadEventStart, size: decodedBodySize }))(performance.getEntriesByType('navigation')[0])`,
  );

const rowOf = (name: string, seen: Times[]): string[] => {
  const column = (what: keyof Times) => seen.map((one) => one[what]);
  return [
    name,
    median(column('server')).toFixed(0),
    Math.max(...column('server')).toFixed(0),
    median(column('loaded')).toFixed(0),
    Math.max(...column('loaded')).toFixed(0),
    (median(column('size')) / 1000).toFixed(0),
  ];
};
