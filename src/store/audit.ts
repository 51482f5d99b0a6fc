import type { AuditLine } from '../agent/api.ts';
import type { AuditQuery } from '../agent/ports.ts';
import type { Disk } from './disk.ts';

/**
 * The newest lines of the audit log, from its file and the one before it. A line's id is its number, counted from the beginning of the
 * older file: it stays the same while lines are added. Lines that cannot be read are passed over.
 */
export const auditLines = async (
  disk: Disk,
  path: string,
  { before, q, limit }: AuditQuery,
): Promise<{ lines: AuditLine[]; older: boolean }> => {
  const text = `${(await disk.read(`${path}.1`)) ?? ''}${(await disk.read(path)) ?? ''}`;
  const wanted = (q ?? '').toLowerCase();
  const found: AuditLine[] = [];
  const all = text.split('\n');
  for (let id = all.length - 1; id >= 0; id -= 1) {
    if (before !== undefined && id >= before) continue;
    const line = parse(all[id] ?? '', id);
    if (line === null || !`${line.user} ${line.what} ${line.visitor}`.toLowerCase().includes(wanted)) continue;
    if (found.length === limit) return { lines: found, older: true };
    found.push(line);
  }
  return { lines: found, older: false };
};

const parse = (text: string, id: number): AuditLine | null => {
  try {
    const { time, user, what, visitor } = JSON.parse(text) as Record<string, unknown>;
    const seconds = Math.floor(Date.parse(String(time)) / 1000);
    if (typeof user !== 'string' || typeof what !== 'string' || Number.isNaN(seconds)) return null;
    return { id, time: seconds, user, what, visitor: typeof visitor === 'string' ? visitor : '' };
  } catch {
    return null;
  }
};
