import { randomBytes } from 'node:crypto';
import type { Edit } from '../policy/edit.ts';
import type { Policy } from '../policy/schema.ts';

/** What takes a deletion back: the edits to the policy as it is then, what is said, and the page that shows it. */
export type Deleted = { edits: (policy: Policy) => Edit[]; done: string; to: string };

/** What “Undo” would bring back: kept in this process alone, for a while, and given to nobody but who deleted it. */
export type Kept = {
  keep: (user: string, deleted: Deleted) => string;
  find: (user: string, id: string) => Deleted | undefined;
  forget: (id: string) => void;
};

/** Keeps the newest deletions only. `clock` is in milliseconds. */
export const makeKept = (clock: () => number = Date.now): Kept => {
  const entries = new Map<string, { user: string; deleted: Deleted; until: number }>();
  return {
    keep: (user, deleted) => {
      for (const [id, { until }] of entries) if (until < clock()) entries.delete(id);
      const [oldest] = entries.keys();
      if (entries.size >= MOST && oldest !== undefined) entries.delete(oldest);
      const id = randomBytes(12).toString('base64url');
      entries.set(id, { user, deleted, until: clock() + MINUTES * 60_000 });
      return id;
    },
    find: (user, id) => {
      const entry = entries.get(id);
      return entry?.user === user && entry.until >= clock() ? entry.deleted : undefined;
    },
    forget: (id) => void entries.delete(id),
  };
};

const MOST = 20;
const MINUTES = 30;
