import { Browser } from './browser.ts';

/** A browser that nobody has used yet. */
export const openBare = (url: string): { browser: Browser } => ({ browser: new Browser(url) });
