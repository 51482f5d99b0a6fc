import { appendFile, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { AUDIT_MAX, openAudit } from '../../src/store/audit.ts';
import { type Disk, disk } from '../../src/store/disk.ts';

const TIME = 1_700_000_000;

/** A log in a folder of its own; `add` writes lines one after the other. */
const openLog = async (t: ExecutionContext, on: Disk = disk) => {
  const folder = await mkdtemp(join(tmpdir(), 'greengate-audit-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'log/audit.jsonl');
  const log = openAudit(on, path);
  const add = async (...lines: string[]) => {
    for (const what of lines) await log.append(TIME, { user: 'admin', what });
  };
  return { log, path, add };
};

/** What the lines of a page say, and its last id. */
const read = async (log: ReturnType<typeof openAudit>, limit: number, before?: number, q?: string) => {
  const { lines, older } = await log.page({ limit, before, q });
  return { said: lines.map(({ what }) => what), ids: lines.map(({ id }) => id), last: lines.at(-1)?.id ?? 0, older };
};

const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index));

test('the audit log is one JSON object a line, numbered, for root only', async (t) => {
  const { log, path, add } = await openLog(t);
  await log.append(TIME, { user: 'line\nbreak', what: 'one', visitor: '192.168.51.9' });
  t.is(
    await readFile(path, 'utf8'),
    '{"id":1,"time":"2023-11-14T22:13:20.000Z","user":"line\\nbreak","what":"one","visitor":"192.168.51.9"}\n',
  );
  t.is((await stat(path)).mode & 0o777, 0o600);
  await add('two');
  t.deepEqual((await log.page({ limit: 9 })).lines.at(0), {
    id: 2,
    time: TIME,
    user: 'admin',
    what: 'two',
    visitor: '',
  });
});

test('it does not grow for ever, and no line is lost when many come while it is put aside', async (t) => {
  const { log, path, add } = await openLog(t);
  await add('x'.repeat(AUDIT_MAX + 1));
  await Promise.all(numbers(20).map((what) => add(what)));
  t.true((await stat(`${path}.1`)).size > AUDIT_MAX);
  t.true((await stat(path)).size < 3000);
  const { said, ids } = await read(log, 100);
  t.deepEqual(said.slice(0, 20), numbers(20).reverse());
  t.is(said[20]?.length, AUDIT_MAX + 1);
  t.deepEqual(
    ids,
    numbers(21)
      .map((number) => Number(number) + 1)
      .reverse(),
  );
});

test('pages stay where they are while lines are added and the file is put aside, also after a restart', async (t) => {
  const { log, path, add } = await openLog(t);
  await add(...numbers(6));
  const first = await read(log, 2);
  t.deepEqual([first.said, first.older], [['5', '4'], true]);
  await add('y'.repeat(AUDIT_MAX + 1), 'begins a new file');
  const second = await read(log, 2, first.last);
  t.deepEqual(second.said, ['3', '2']);
  const third = await read(openAudit(disk, path), 9, second.last);
  t.deepEqual([third.said, third.older], [['1', '0'], false]);
  await add('z'.repeat(AUDIT_MAX + 1), 'another');
  t.deepEqual((await read(log, 2, first.last)).said, [], 'what is gone is gone');
});

test('the number goes on after a restart and where only the file put aside is left', async (t) => {
  const { path, add } = await openLog(t);
  await add('one', 'two');
  await rename(path, `${path}.1`);
  const again = openAudit(disk, path);
  await again.append(TIME, { user: 'admin', what: 'three' });
  t.deepEqual((await read(again, 9)).ids, [3, 2, 1]);
});

test('lines from before they were numbered keep the numbers that they are given', async (t) => {
  const { path, add } = await openLog(t);
  const line = (what: string) => `${JSON.stringify({ time: '2023-11-14T22:13:20.000Z', user: 'admin', what })}\n`;
  await add('x');
  await writeFile(path, ['a', 'b', 'c'].map(line).join('torn{\n'));
  const again = openAudit(disk, path);
  const before = await read(again, 2);
  t.deepEqual(
    [before.said, before.ids],
    [
      ['c', 'b'],
      [3, 2],
    ],
  );
  await again.append(TIME, { user: 'admin', what: 'd' });
  t.deepEqual((await read(again, 9)).ids, [4, 3, 2, 1]);
  t.deepEqual((await read(again, 9, before.last)).said, ['a']);
});

test('a line that failed half-way, and one that a power loss tore, take no other with them', async (t) => {
  let full = false;
  const filling: Disk = {
    ...disk,
    append: async (path, content, mode) => {
      if (!full) return disk.append(path, content, mode);
      await disk.append(path, content.slice(0, 20), mode);
      throw new Error('no space left on device');
    },
  };
  const { log, path, add } = await openLog(t, filling);
  await add('one');
  full = true;
  await t.throwsAsync(add('lost'), { message: /no space/ });
  full = false;
  await add('two');
  await appendFile(path, '{"time":"2026-1');
  await add('three');
  const { said, ids } = await read(log, 9);
  t.deepEqual(said, ['three', 'two', 'one']);
  t.deepEqual(ids, [3, 2, 1]);
});

test('a page reads the end of the file only; a line may be longer than what is read at once', async (t) => {
  let bytes = 0;
  const counting: Disk = {
    ...disk,
    read: () => Promise.reject(new Error('the whole file was read')),
    readAt: async (path, from, length) => {
      const got = await disk.readAt(path, from, length);
      bytes += got.length;
      return got;
    },
  };
  const { log, add } = await openLog(t, counting);
  const long = '→ü'.repeat(70_000);
  await add('first', long, ...numbers(3000));
  bytes = 0;
  await add('newest');
  t.true(bytes <= 1, `${bytes} to add a line`);
  t.deepEqual((await read(log, 2)).said, ['newest', '2999']);
  t.true(bytes < 100_000, `${bytes} to show the newest`);
  const found = await read(log, 9, undefined, '→');
  t.deepEqual([found.said.length, found.said[0] === long], [1, true]);
  t.deepEqual((await read(log, 9, undefined, 'FIRST')).said, ['first']);
});
