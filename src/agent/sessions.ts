import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { SessionGrant } from './api.ts';
import type { Run } from './ports.ts';

/** Seconds without a request, and seconds since the login, after which a session ends. */
export const IDLE = 30 * 60;
export const ABSOLUTE = 12 * 60 * 60;

/** A session as its owner's requests see it. `visitor` is the address of the login. `key` names it; the token itself is never kept. */
export type Session = { key: string; user: string; csrf: string; visitor: string };

/**
 * Who is logged in. Kept in RUN, so that a restart of the agent logs nobody out and a reboot everybody. `now` is the
 * machine's uptime in seconds: the clock may be set by years when the box learns the time.
 */
export const openSessions = async (run: Run, now: () => number) => {
  const kept = new Map((await load(run)).map((one) => [one.key, one]));
  let saved: Promise<void> = Promise.resolve();
  let savedAt = now();

  const save = (): Promise<void> => {
    savedAt = now();
    saved = saved.catch(() => {}).then(() => run.write(FILE, JSON.stringify([...kept.values()]), 0o600));
    return saved;
  };
  const isOver = ({ created, used }: Kept) => now() - used > IDLE || now() - created > ABSOLUTE;
  const dropWhere = async (over: (one: Kept) => boolean): Promise<void> => {
    const before = kept.size;
    for (const one of kept.values()) if (over(one)) kept.delete(one.key);
    if (kept.size !== before) await save();
  };

  return {
    /** A new session with a new token and CSRF value. */
    grant: async (user: string, visitor = ''): Promise<SessionGrant> => {
      const [token, csrf] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
      await dropWhere(isOver);
      makeRoom(kept, user);
      kept.set(keyOf(token), { key: keyOf(token), user, csrf, visitor, created: now(), used: now() });
      await save();
      return { token, csrf, user };
    },
    /** The session of a token; null when there is none or it is over. */
    find: async (token: string): Promise<Session | null> => {
      const found = kept.get(keyOf(token));
      if (found === undefined) return null;
      if (isOver(found)) {
        await dropWhere(isOver);
        return null;
      }
      return { key: found.key, user: found.user, csrf: found.csrf, visitor: found.visitor };
    },
    /** Somebody is there: the session's half hour begins anew. */
    use: async (key: string): Promise<void> => {
      const found = kept.get(key);
      if (found === undefined) return;
      found.used = now();
      if (now() - savedAt > SAVE_EVERY) await save();
    },
    drop: (key: string): Promise<void> => dropWhere((one) => one.key === key),
    /** Logs a user out everywhere but in the session `except`. */
    dropUser: (user: string, except?: string): Promise<void> =>
      dropWhere((one) => one.user === user && one.key !== except),
    dropAll: (): Promise<void> => dropWhere(() => true),
  };
};

export type Sessions = Awaited<ReturnType<typeof openSessions>>;

type Kept = z.output<typeof keptSchema>;

const FILE = 'sessions.json';
/** Of each user, so that nobody's logins push out another's session. */
const SESSIONS_MAX = 20;
const SAVE_EVERY = 60;

const keptSchema = z.strictObject({
  key: z.string(),
  user: z.string(),
  csrf: z.string(),
  visitor: z.string().default(''),
  created: z.number(),
  used: z.number(),
});

/** Ends the user's session that was used longest ago, when there are as many as there may be. */
const makeRoom = (kept: Map<string, Kept>, user: string): void => {
  const own = [...kept.values()].filter((one) => one.user === user).sort((one, other) => one.used - other.used);
  for (const { key } of own.slice(0, Math.max(0, own.length - SESSIONS_MAX + 1))) kept.delete(key);
};

/** A stolen sessions.json holds no token; and looking up a hash tells nothing by its timing. */
const keyOf = (token: string): string => createHash('sha256').update(token).digest('hex');

const load = async (run: Run): Promise<Kept[]> => {
  try {
    return z.array(keptSchema).parse(JSON.parse((await run.read(FILE)) ?? '[]'));
  } catch {
    return [];
  }
};
