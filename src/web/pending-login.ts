import { randomBytes } from 'node:crypto';

/** A login whose password was right and whose code is still to come. */
export type Pending = { user: string; password: string };

/**
 * Logins between their two steps, in this process alone and for three minutes, so that nobody types the password twice. Who
 * does not know a password gets none in; what is found by `id` is what that browser sent before.
 */
export const makePending = (clock: () => number = Date.now) => {
  const entries = new Map<string, Pending & { until: number }>();
  return {
    keep: (pending: Pending): string => {
      for (const [id, { until }] of entries) if (until < clock()) entries.delete(id);
      const [oldest] = entries.keys();
      if (entries.size >= MOST && oldest !== undefined) entries.delete(oldest);
      const id = randomBytes(18).toString('base64url');
      entries.set(id, { ...pending, until: clock() + MINUTES * 60_000 });
      return id;
    },
    find: (id: string): Pending | undefined => {
      const entry = entries.get(id);
      return entry !== undefined && entry.until >= clock() ? entry : undefined;
    },
    forget: (id: string): void => void entries.delete(id),
  };
};

const MOST = 50;
const MINUTES = 3;
