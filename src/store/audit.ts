import { dirname } from 'node:path';
import type { AuditLine } from '../agent/api.ts';
import type { AuditEntry, AuditQuery } from '../agent/ports.ts';
import type { Disk } from './disk.ts';

/** Size in bytes at which the audit log is put aside as `audit.jsonl.1`; the one put aside before is gone then. */
export const AUDIT_MAX = 1_000_000;

/**
 * The audit log in the file `path`, one JSON object a line, and the file before it. Every line carries a number of its own, which
 * only grows: pages stay where they are when the files change places. Lines are written, and pages read, one after the other.
 */
export const openAudit = (disk: Disk, path: string): Audit => {
  let last: Promise<unknown> = Promise.resolve();
  /** The number of the newest line; null when the files must be asked. */
  let newest: number | null = null;
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };
  return {
    append: (time, entry) =>
      inTurn(async () => {
        const id = (newest ?? (await newestId(disk, path))) + 1;
        newest = null;
        await write(disk, path, JSON.stringify({ id, time: new Date(time * 1000).toISOString(), ...entry }));
        newest = id;
      }),
    page: (query) =>
      inTurn(async () => {
        newest ??= await newestId(disk, path);
        return page(disk, path, newest, query);
      }),
  };
};

type Audit = {
  /** Adds a line; resolves when the disk has it. `time` is seconds since the epoch. */
  append(time: number, entry: AuditEntry): Promise<void>;
  /** The newest lines below `before` that hold `q`. Lines that cannot be read are passed over. */
  page(query: AuditQuery): Promise<{ lines: AuditLine[]; older: boolean }>;
};

const write = async (disk: Disk, path: string, line: string): Promise<void> => {
  const folder = dirname(path);
  await disk.mkdir(folder);
  let size = await disk.size(path);
  if (size > AUDIT_MAX) {
    await disk.rename(path, `${path}.1`);
    size = 0;
  }
  // A line that a power loss tore would swallow this one.
  const torn = size > 0 && (await disk.readAt(path, size - 1, 1)).toString() !== '\n';
  await disk.append(path, `${torn ? '\n' : ''}${line}\n`, 0o600);
  await disk.sync(path);
  if (size > 0) return;
  await disk.sync(folder);
  await disk.sync(dirname(folder));
};

const page = async (disk: Disk, path: string, newest: number, { before, q, limit }: AuditQuery) => {
  const wanted = (q ?? '').toLowerCase();
  const lines: AuditLine[] = [];
  let id = newest + 1;
  for await (const line of readBackwards(disk, path)) {
    id = line.id ?? id - 1;
    if (before !== undefined && id >= before) continue;
    if (!`${line.user} ${line.what} ${line.visitor}`.toLowerCase().includes(wanted)) continue;
    if (lines.length === limit) return { lines, older: true };
    lines.push({ ...line, id });
  }
  return { lines, older: false };
};

/** Lines from before they were numbered are counted, once. */
const newestId = async (disk: Disk, path: string): Promise<number> => {
  let count = 0;
  for await (const { id } of readBackwards(disk, path)) {
    if (id !== null) return id + count;
    count += 1;
  }
  return count;
};

type Line = Omit<AuditLine, 'id'> & { id: number | null };

/** Every line, the newest first; as little is read as is asked for. */
async function* readBackwards(disk: Disk, path: string): AsyncGenerator<Line> {
  for (const file of [path, `${path}.1`]) {
    let from = await disk.size(file);
    let rest: Buffer = Buffer.alloc(0);
    while (from > 0) {
      const length = Math.min(CHUNK, from);
      from -= length;
      const block = Buffer.concat([await disk.readAt(file, from, length), rest]);
      // Where the first line begins is known only at the beginning of the file, or behind a line's end.
      const start = from === 0 ? 0 : block.indexOf('\n') + 1;
      rest = block.subarray(0, start === 0 ? block.length : start);
      if (start === 0 && from > 0) continue;
      for (const text of block.toString('utf8', start).split('\n').reverse()) {
        const line = parse(text);
        if (line !== null) yield line;
      }
    }
  }
}

const CHUNK = 65_536;

const parse = (text: string): Line | null => {
  try {
    const { id, time, user, what, visitor } = JSON.parse(text) as Record<string, unknown>;
    const seconds = Math.floor(Date.parse(String(time)) / 1000);
    if (typeof user !== 'string' || typeof what !== 'string' || Number.isNaN(seconds)) return null;
    const number = Number.isSafeInteger(id) ? (id as number) : null;
    return { id: number, time: seconds, user, what, visitor: typeof visitor === 'string' ? visitor : '' };
  } catch {
    return null;
  }
};
