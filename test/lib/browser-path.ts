import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The Chromium that `scripts/deps` saw to: Debian's package, or the npm package where the distribution has none. */
export const browserPath = (): string => {
  const found = ['/usr/bin/chromium', join(import.meta.dirname, '../../build/browser/chromium')].find((path) =>
    existsSync(path),
  );
  if (found === undefined) throw new Error('There is no Chromium: scripts/deps test');
  return found;
};
