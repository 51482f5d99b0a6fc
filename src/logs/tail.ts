import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';

/** Where reading stopped: in which file (inode and a print of its first bytes) and at which byte. Kept beside what was read. */
export type Position = { inode: number; offset: number; head: string };

/** What one step of reading gave. `lost` counts bytes that were passed over: overlong lines and what was more than the backlog. */
export type Slice = { lines: string[]; lost: number; position: Position | null; more: boolean };

export type Tail = {
  /** Reads at most `budget` bytes of new whole lines. Never throws for a missing, rotated, cut or unreadable file: it has no lines. */
  read(budget: number): Slice;
  close(): void;
};

/** Longest line, in bytes. Longer ones are passed over. */
export const LINE_MAX = 65_536;

/**
 * Follows a log file through growth, rotation (`path` becomes `path.1`, or vanishes) and truncation. With more than `backlog` bytes
 * unread it goes on with the newest ones, from the start of a line.
 */
export function openTail(path: string, start: Position | null, backlog: number): Tail {
  let file = start === null ? null : resume(path, start);
  return {
    read(budget) {
      file ??= open(path, 0);
      if (file === null) return { lines: [], lost: 0, position: null, more: false };
      const slice = step(file, budget, backlog);
      if (slice.more || slice.lines.length > 0 || !replaced(path, file)) return slice;
      // The writer may have written between our last look at the old file and its switch: look once more.
      const last = step(file, budget, backlog);
      if (last.more || last.lines.length > 0) return last;
      closeSync(file.descriptor);
      file = open(path, 0);
      return file === null ? last : step(file, budget, backlog);
    },
    close() {
      if (file !== null) closeSync(file.descriptor);
      file = null;
    },
  };
}

type Open = { descriptor: number; inode: number; offset: number; dropping: boolean; head: string };

function open(path: string, offset: number): Open | null {
  try {
    // Looked at before it is opened: opening a pipe would block.
    if (!statSync(path).isFile()) return null;
    const descriptor = openSync(path, 'r');
    return { descriptor, inode: fstatSync(descriptor).ino, offset, dropping: false, head: NOTHING };
  } catch {
    return null;
  }
}

function resume(path: string, position: Position): Open | null {
  for (const candidate of [path, `${path}.1`]) {
    const file = open(candidate, position.offset);
    if (file === null) continue;
    const same = file.inode === position.inode && fstatSync(file.descriptor).size >= position.offset;
    if (same && print(file.descriptor, Number.parseInt(position.head, 10)) === position.head) return file;
    closeSync(file.descriptor);
  }
  return null;
}

function step(file: Open, budget: number, backlog: number): Slice {
  const { size } = fstatSync(file.descriptor);
  let lost = 0;
  const rewritten = size < file.offset || print(file.descriptor, Number.parseInt(file.head, 10)) !== file.head;
  if (rewritten) Object.assign(file, { offset: 0, dropping: false, head: NOTHING });
  if (size - file.offset > backlog) {
    lost = size - backlog - file.offset;
    Object.assign(file, { offset: size - backlog, dropping: true });
  }
  const wanted = Math.min(size - file.offset, Math.max(budget, LINE_MAX + 1));
  const bytes = Buffer.allocUnsafe(Math.max(wanted, 0));
  const length = wanted > 0 ? readSync(file.descriptor, bytes, 0, wanted, file.offset) : 0;
  const { lines, used, passed } = split(file, bytes.subarray(0, length));
  file.offset += used;
  // The print covers bytes already read only, so it is complete after 256 of them.
  if (!file.head.startsWith(`${HEAD}:`)) file.head = print(file.descriptor, Math.min(HEAD, file.offset));
  const position = { inode: file.inode, offset: file.offset, head: file.head };
  return { lines, lost: lost + passed, position, more: used > 0 && file.offset < size };
}

/** Whole lines of the bytes; the last, torn one is left to be read again unless it is already too long. */
function split(file: Open, bytes: Buffer): { lines: string[]; used: number; passed: number } {
  const lines: string[] = [];
  let at = 0;
  let passed = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, at)) {
    if (file.dropping || end - at > LINE_MAX) passed += end - at;
    else if (end > at) lines.push(bytes.toString('utf8', at, end));
    file.dropping = false;
    at = end + 1;
  }
  if (file.dropping || bytes.length - at > LINE_MAX) {
    passed += bytes.length - at;
    file.dropping = true;
    at = bytes.length;
  }
  return { lines, used: at, passed };
}

/** Does `path` now name another file than the open one? A path that is gone for a moment is not another file. */
function replaced(path: string, file: Open): boolean {
  let now: Stats;
  try {
    now = statSync(path);
  } catch {
    return false;
  }
  return now.isFile() && now.ino !== file.inode;
}

/** `length:hash` of the first bytes: an inode number alone is soon given to another file. */
function print(descriptor: number, length: number): string {
  if (!(length > 0)) return NOTHING;
  const bytes = Buffer.alloc(Math.min(length, HEAD));
  readSync(descriptor, bytes, 0, bytes.length, 0);
  return `${bytes.length}:${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
}

const HEAD = 256;
const NOTHING = '0:';
