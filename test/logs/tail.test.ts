import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { LINE_MAX, openTail, type Position, type Tail } from '../../src/logs/tail.ts';

const PLENTY = 1 << 20;

test('whole lines come, a torn one waits for its end', (t) => {
  const { file, tail } = scene(t);
  t.deepEqual(all(tail), []);
  appendFileSync(file, 'one\ntwo\nthr');
  t.deepEqual(all(tail), ['one', 'two']);
  appendFileSync(file, 'ee\n');
  t.deepEqual(all(tail), ['three']);
});

test('a rotated file is read to its end, then the new one from its start', (t) => {
  const { file, tail } = scene(t);
  writeFileSync(file, 'one\n');
  t.deepEqual(all(tail), ['one']);
  appendFileSync(file, 'two\n');
  renameSync(file, `${file}.1`);
  appendFileSync(`${file}.1`, 'late\n');
  t.deepEqual(all(tail), ['two', 'late']);
  writeFileSync(file, 'three\n');
  t.deepEqual(all(tail), ['three']);
});

test('a file cut in place is read from its start, also when it has grown past the old end', (t) => {
  const { file, tail } = scene(t);
  writeFileSync(file, 'one\ntwo\n');
  all(tail);
  truncateSync(file, 0);
  appendFileSync(file, 'a\n');
  t.deepEqual(all(tail), ['a']);
  writeFileSync(file, 'other text that is longer\nsecond\n');
  t.deepEqual(all(tail), ['other text that is longer', 'second']);
});

test('reading goes on where another process stopped, also in a file rotated meanwhile', (t) => {
  const { file, tail } = scene(t);
  writeFileSync(file, 'one\n');
  const position = lastPosition(tail);
  appendFileSync(file, 'two\n');
  t.deepEqual(all(openTail(file, position, PLENTY)), ['two']);
  renameSync(file, `${file}.1`);
  writeFileSync(file, 'three\n');
  t.deepEqual(all(openTail(file, position, PLENTY)), ['two', 'three']);
});

test('a position of another file of the same place is not believed', (t) => {
  const { file, tail } = scene(t);
  writeFileSync(file, 'one\n');
  const position = lastPosition(tail);
  writeFileSync(file, 'something else\nentirely\n');
  t.deepEqual(all(openTail(file, position, PLENTY)), ['something else', 'entirely']);
});

test('of much unread text only the newest is read, from the start of a line', (t) => {
  const { file } = scene(t);
  const text = Array.from({ length: 1000 }, (_, index) => `line ${String(index).padStart(4, '0')}`);
  writeFileSync(file, `${text.join('\n')}\n`);
  const tail = openTail(file, null, 95);
  const slice = tail.read(PLENTY);
  t.deepEqual(slice.lines, text.slice(-9));
  t.is(slice.lost, 990 * 10 + 9);
});

test('an overlong line is passed over, whole and torn, and the next one is read', (t) => {
  const { file, tail } = scene(t);
  writeFileSync(file, 'one\n');
  appendFileSync(file, 'x'.repeat(3 * LINE_MAX));
  t.deepEqual(all(tail), ['one']);
  appendFileSync(file, `${'x'.repeat(LINE_MAX)}\ntwo\n${'y'.repeat(LINE_MAX + 1)}\nthree\n${'z'.repeat(LINE_MAX)}\n`);
  t.deepEqual(all(tail), ['two', 'three', 'z'.repeat(LINE_MAX)]);
});

test('broken UTF-8 and NUL bytes do not stop it', (t) => {
  const { file, tail } = scene(t);
  writeFileSync(file, Buffer.from([0xff, 0xfe, 0, 0xc3, 10, 0x6f, 0x6b, 10]));
  t.deepEqual(all(tail), ['\uFFFD\uFFFD\0\uFFFD', 'ok']);
});

test('a folder or nothing in the file’s place is no lines', (t) => {
  const { file, tail } = scene(t);
  mkdirSync(file);
  t.deepEqual(all(tail), []);
  rmSync(file, { recursive: true });
  t.deepEqual(all(tail), []);
  writeFileSync(file, 'one\n');
  t.deepEqual(all(tail), ['one']);
});

test('however the writing is torn, cut up and rotated, each line comes once and in order', (t) => {
  const piece = fc.oneof(
    { weight: 5, arbitrary: fc.string({ unit: fc.constantFrom('a', 'é', ' ', '\n'), maxLength: 12 }) },
    { weight: 1, arbitrary: fc.constantFrom('ROTATE', 'READ', 'RESTART') },
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const { file, tail: first, remove } = scene();
      let tail = first;
      let position: Position | null = null;
      let written = '';
      const read: string[] = [];
      const take = () => {
        for (let slice = tail.read(1); ; slice = tail.read(1)) {
          read.push(...slice.lines);
          position = slice.position ?? position;
          if (!slice.more && slice.lines.length === 0) break;
        }
      };
      for (const one of pieces) {
        if (one === 'READ') take();
        else if (one === 'RESTART') {
          take();
          tail.close();
          tail = openTail(file, position, PLENTY);
        } else if (one === 'ROTATE') {
          // A writer ends its line before it lets itself be rotated, and never leaves an unread generation behind.
          appendFileSync(file, '\n');
          written += '\n';
          take();
          renameSync(file, `${file}.1`);
          writeFileSync(file, '');
        } else {
          appendFileSync(file, one);
          written += one;
        }
      }
      appendFileSync(file, '\n');
      take();
      tail.close();
      remove();
      t.deepEqual(
        read,
        `${written}\n`.split('\n').filter((line) => line !== ''),
      );
    }),
    { numRuns: 60 },
  );
});

function scene(t?: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'greengate-tail-'));
  const file = join(folder, 'log');
  const tail = openTail(file, null, PLENTY);
  const remove = () => {
    tail.close();
    rmSync(folder, { recursive: true, force: true });
  };
  t?.teardown(remove);
  return { folder, file, tail, remove };
}

function all(tail: Tail): string[] {
  const lines: string[] = [];
  for (let slice = tail.read(PLENTY); ; slice = tail.read(PLENTY)) {
    lines.push(...slice.lines);
    if (!slice.more && slice.lines.length === 0) return lines;
  }
}

function lastPosition(tail: Tail): Position | null {
  let position: Position | null = null;
  for (let slice = tail.read(PLENTY); ; slice = tail.read(PLENTY)) {
    position = slice.position ?? position;
    if (!slice.more && slice.lines.length === 0) return position;
  }
}
