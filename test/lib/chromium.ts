import { type Browser, chromium } from 'playwright-core';
import { browserPath } from './browser-path.ts';

const flags =
  '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';

/** A Chromium that asks nobody for anything. */
export const launchChrome = (): Promise<Browser> =>
  chromium.launch({ executablePath: browserPath(), args: flags.split(' ') });
