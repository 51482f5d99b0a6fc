import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import test from 'ava';
import { PASSWORD } from '../agent/lab.ts';
import { useChrome } from './chrome.ts';
import { fillOffice } from './fill.ts';
import { pagePaths } from './pages.ts';
import { readyUi } from './ui.ts';

/** Accessibility of every page by axe: nothing serious, light and dark, on a desk and on a phone. */
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const chrome = useChrome();

type Finding = { id: string; impact: string; nodes: { html: string; failureSummary: string }[] };

for (const look of [
  { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const) {
  test.serial(`axe finds nothing serious at ${look.viewport.width}, ${look.colorScheme}`, async (t) => {
    const ui = await readyUi(t, { block: true });
    await fillOffice(ui);
    const context = await chrome().newContext(look);
    t.teardown(() => context.close());
    const page = await context.newPage();
    const found: string[] = [];
    const inspect = async (path: string): Promise<void> => {
      await page.goto(`${ui.url}${path}`);
      await page.evaluate(axe);
      const findings = (await page.evaluate(
        "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
      )) as Finding[];
      for (const { id, impact, nodes } of findings.filter((one) => ['serious', 'critical'].includes(one.impact)))
        found.push(`${path} ${id} (${impact}): ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
    };
    await inspect('/login');
    await page.fill('#password', PASSWORD);
    await page.click('button');
    await page.waitForURL(`${ui.url}/`);
    for (const path of [
      ...pagePaths,
      '/firewall/bot?state=found',
      '/firewall/bot/rules/r3',
      '/firewall/why?from=nobody',
      '/nothing',
    ])
      await inspect(path);
    t.deepEqual(found, []);
  });
}
