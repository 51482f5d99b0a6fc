import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';

const top = join(import.meta.dirname, '..');
const page = readFileSync(join(top, 'docs/SECURITY.md'), 'utf8');

const promises = /^## Promises\n([\s\S]*?)^## /m.exec(page)?.[1] ?? '';

/** Rows of the table of promises: the promise, and the files named beside it. Headings between them name none. */
const rows = [...promises.matchAll(/^\| (?!---|promise \|)(?!\*\*)(.+?) \| (.*) \|$/gm)].map(
  ([, promise = '', where = '']) => ({
    promise,
    files: [...where.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
  }),
);

test('each promise of docs/SECURITY.md names test files, and each of them is there and has tests', (t) => {
  t.true(rows.length >= 20, `${rows.length} promises`);
  for (const { promise, files } of rows) {
    t.true(files.length > 0, promise);
    for (const file of files) {
      t.regex(file, /^test\/.*\.test\.ts$/, promise);
      t.true(
        existsSync(join(top, file)) && /^import test\b/m.test(readFileSync(join(top, file), 'utf8')),
        `${file}: ${promise}`,
      );
    }
  }
  for (const [, file = ''] of page.matchAll(/`(test\/[^`]+)`/g)) t.true(existsSync(join(top, file)), file);
});
