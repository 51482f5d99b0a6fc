import test, { type ExecutionContext } from 'ava';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { PASSWORD } from '../agent/lab.ts';
import { launchChrome } from '../lib/chromium.ts';
import type { Ui } from './ui.ts';

/** One Chromium for the tests of a file: `const chrome = useChrome()` at its top. */
export const useChrome = (): (() => Browser) => {
  let chrome: Browser | null = null;
  test.before(async () => {
    chrome = await launchChrome();
  });
  test.after.always(() => chrome?.close());
  return () => {
    if (chrome === null) throw new Error('Chromium is not there before the tests begin');
    return chrome;
  };
};

/** A page behind the login; what the browser complains about (CSP, script errors) fails the test. */
export const openPage = async (
  t: ExecutionContext,
  chrome: Browser,
  ui: Ui,
  options: BrowserContextOptions = {},
): Promise<Page> => {
  const context = await chrome.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  t.teardown(() => context.close());
  const page = await context.newPage();
  page.on(
    'console',
    (message) => message.type() === 'error' && !/status of 4\d\d/.test(message.text()) && t.fail(message.text()),
  );
  page.on('pageerror', (error) => t.fail(error.message));
  await page.goto(`${ui.url}/login`);
  await page.fill('#password', PASSWORD);
  await page.click('button');
  await page.waitForURL(`${ui.url}/`);
  return page;
};
