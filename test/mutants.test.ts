import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';

/** `make mutants` takes minutes; that its list still fits the code is checked here. */
const top = join(import.meta.dirname, '..');
const mutants = JSON.parse(readFileSync(join(top, 'test/mutants.json'), 'utf8')) as Record<string, string>[];

test('each mutant breaks a text that stands in its file exactly once', (t) => {
  const stale = mutants.filter(
    ({ file = '', find = '' }) => readFileSync(join(top, file), 'utf8').split(find).length !== 2,
  );
  t.deepEqual(
    stale.map(({ sentence }) => sentence),
    [],
  );
});

test('each names a test that is there, changes something, and is listed once', (t) => {
  t.deepEqual(
    mutants.filter(({ test: file = '' }) => !existsSync(join(top, file))),
    [],
  );
  t.deepEqual(
    mutants.filter(({ find, replace }) => find === replace),
    [],
  );
  t.is(new Set(mutants.map(({ sentence }) => sentence)).size, mutants.length);
});
