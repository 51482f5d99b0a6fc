import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { cached } from '../../image/cache.ts';
import { hashTrees } from '../../image/hash.ts';
import { layOver } from '../../image/overlay.ts';
import { walk } from '../../image/walk.ts';

function scene(t: { teardown: (work: () => void) => void }) {
  const top = mkdtempSync(join(tmpdir(), 'overlay-'));
  t.teardown(() => rmSync(top, { recursive: true }));
  for (const name of ['over/etc/init.d', 'over/var', 'root/etc', 'root/var/log', 'cache'])
    mkdirSync(join(top, name), { recursive: true });
  return { top, over: join(top, 'over'), root: join(top, 'root') };
}

test('files replace what is there and never write into it: it may be a hard link into the cache', async (t) => {
  const { top, over, root } = scene(t);
  writeFileSync(join(top, 'cache/passwd'), 'the base’s');
  linkSync(join(top, 'cache/passwd'), join(root, 'etc/passwd'));
  writeFileSync(join(over, 'etc/passwd'), 'ours');
  t.is(await layOver(over, root), 1);
  t.is(readFileSync(join(root, 'etc/passwd'), 'utf8'), 'ours');
  t.is(readFileSync(join(top, 'cache/passwd'), 'utf8'), 'the base’s');
});

test('modes are the executable bit and the table, whatever the umask of the checkout was', async (t) => {
  const { over, root } = scene(t);
  writeFileSync(join(over, 'etc/init.d/squid'), '', { mode: 0o700 });
  writeFileSync(join(over, 'etc/hosts'), '', { mode: 0o600 });
  writeFileSync(join(over, 'etc/shadow'), '', { mode: 0o644 });
  await layOver(over, root);
  const mode = (name: string) => (statSync(join(root, name)).mode & 0o777).toString(8);
  t.deepEqual([mode('etc/init.d/squid'), mode('etc/hosts'), mode('etc/shadow')], ['755', '644', '600']);
});

test('a link takes the place of a directory', async (t) => {
  const { over, root } = scene(t);
  symlinkSync('/run/log', join(over, 'var/log'));
  await layOver(over, root);
  t.is(readlinkSync(join(root, 'var/log')), '/run/log');
});

test('a tree’s hash changes with names, contents, links and executable bits, and with nothing else', async (t) => {
  const { over } = scene(t);
  const seen = new Set<string>();
  const changes = [
    () => writeFileSync(join(over, 'etc/a'), '1'),
    () => writeFileSync(join(over, 'etc/a'), '2'),
    () => writeFileSync(join(over, 'etc/b'), '2', { mode: 0o755 }),
    () => symlinkSync('a', join(over, 'etc/c')),
  ];
  for (const change of changes) {
    change();
    seen.add(await hashTrees([over]));
  }
  t.is(seen.size, changes.length);
  writeFileSync(join(over, 'etc/a'), '2');
  t.true(seen.has(await hashTrees([over])));
});

test('a walk names links and does not follow them out of the tree', async (t) => {
  const { over } = scene(t);
  symlinkSync('/etc', join(over, 'etc/out'));
  t.deepEqual((await walk(over)).sort(), ['etc', 'etc/init.d', 'etc/out', 'var']);
});

test('the cache makes once, keeps the newest, and never takes what was left half-made', async (t) => {
  const { top } = scene(t);
  const cache = join(top, 'cache');
  const key = (digit: number) => String(digit).repeat(16);
  let made = 0;
  const make = (digit: number, keep = 2) =>
    cached({ cache, name: 'thing', key: key(digit), keep }, async (directory) => {
      made += 1;
      writeFileSync(join(directory, 'x'), String(digit));
      if (digit === 9) throw new Error('killed');
    });
  await t.throwsAsync(make(9));
  t.false((await make(1)).hit);
  t.true((await make(1)).hit);
  t.is(made, 2);
  await t.throwsAsync(make(9));
  t.is(made, 3, 'the half-made one was not taken');
  for (const digit of [2, 3, 4]) await make(digit);
  t.deepEqual((await walk(cache)).filter((name) => name.endsWith('/x') && !name.startsWith('partial')).sort(), [
    `thing-${key(3)}/x`,
    `thing-${key(4)}/x`,
  ]);
});
