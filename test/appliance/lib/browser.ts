import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { browserPath } from '../../lib/browser-path.ts';
import type { Host } from './host.ts';
import { runFolder, TOP } from './process.ts';

/** Chromium at a host of the test: the whole browser runs in the host's namespace. Gives a page; closing the browser is the caller's. */
export async function openBrowser(host: Host, proxy?: string): Promise<{ browser: Browser; page: Page }> {
  const folder = runFolder();
  const wrapper = join(folder, `chromium-${host}`);
  writeFileSync(wrapper, `#!/bin/sh\nexec ${host.space.enter.join(' ')} ${browserPath()} "$@"\n`);
  chmodSync(wrapper, 0o755);
  const browser = await chromium.launch({
    executablePath: wrapper,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--ignore-certificate-errors',
      // Chromium's own look-ups would fill the box's firewall log; the pages are called by address.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 192.168.51.254, EXCLUDE 10.9.0.2',
    ],
    ...(proxy === undefined ? {} : { proxy: { server: proxy, bypass: '<-loopback>' } }),
  });
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 900 } });
  // An emulated box of half a processor may need long for a page.
  context.setDefaultTimeout(60_000);
  return { browser, page: await context.newPage() };
}

/** Keeps a picture of the page at both widths that people use, in `build/screens/appliance`. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = join(TOP, 'build/screens/appliance');
  mkdirSync(folder, { recursive: true });
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: join(folder, `${name}-${width}.png`), fullPage: true });
  }
}
