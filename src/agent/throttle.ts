import { Refusal } from './refusal.ts';

/** Longest wait in seconds, whatever happens: nobody is locked out for good. */
export const LONGEST_WAIT = 30;

/**
 * Slows down guessing, by visitor and for all together. `now` is in seconds and only grows.
 *
 * A visitor may fail five times, whoever's secrets are tried, then waits 1, 2, 4 … 30 seconds. A success forgives what failed for
 * the same user only: else a login of one's own between the guesses would make them free. When many visitors fail (one with
 * many addresses), a new visitor has to wait too; but a wait, once told, is not made longer by what others do. So the owner
 * always gets in: after at most 30 seconds, with the right password, at the first try. Where a user logged in before, that
 * user does not wait for others at all.
 */
export const makeThrottle = (now: () => number): Throttle => {
  const visitors = new Map<string, Visitor>();
  let failures = 0;
  let counted = now();

  const pressure = (): number => {
    failures = Math.max(0, failures - (now() - counted) * FORGIVEN_PER_SECOND);
    counted = now();
    return failures < FREE_FOR_ALL ? 0 : Math.min(LONGEST_WAIT, failures - FREE_FOR_ALL + 1);
  };

  const succeed = (visitor: Visitor, user: string): void => {
    visitor.failures.delete(user);
    visitor.trusted.add(user);
  };

  const fail = (visitor: Visitor, user: string): void => {
    visitor.failures.set(user, { count: (visitor.failures.get(user)?.count ?? 0) + 1, at: now() });
    failures = Math.min(failures + 1, FREE_FOR_ALL + LONGEST_WAIT);
    const wait = waitAfter(failuresOf(visitor));
    visitor.notBefore = now() + Math.max(wait, visitor.trusted.has(user) ? 0 : pressure());
  };

  return {
    attempt: async (name, work, user = '') => {
      const visitor = visitors.get(name) ?? newVisitor(now() + pressure());
      remember(visitors, name, visitor);
      forget(visitor, now());
      if (visitor.busy) throw tooSoon(1);
      if (now() < visitor.notBefore) throw tooSoon(visitor.notBefore - now());
      visitor.busy = true;
      try {
        const result = await work();
        if (result === null || result === false) fail(visitor, user);
        else if (result !== UNDECIDED) succeed(visitor, user);
        return result;
      } catch (error) {
        fail(visitor, user);
        throw error;
      } finally {
        visitor.busy = false;
      }
    },
  };
};

/** A secret was right, but another is to come: it forgives no failure and counts as none. */
export const UNDECIDED = Symbol('undecided');

export type Throttle = {
  /**
   * Does the work, a check of a secret of `user` (there are few users: a name that nobody has is the empty one). `null` or
   * `false` is a failure, `UNDECIDED` neither that nor a success. Refuses with 429 when the visitor must wait.
   */
  attempt<T>(visitor: string, work: () => Promise<T>, user?: string): Promise<T>;
};

/** `failures` by user; `trusted` are the users who succeeded. `at` and `notBefore` are seconds. */
type Visitor = {
  failures: Map<string, { count: number; at: number }>;
  trusted: Set<string>;
  busy: boolean;
  notBefore: number;
};

const FREE_TRIES = 5;
const FREE_FOR_ALL = 20;
/** One failure of all is forgiven every ten seconds. */
const FORGIVEN_PER_SECOND = 0.1;
/** A visitor's failures for a user are forgotten after this many seconds without one. */
const FORGET_AFTER = 900;
const VISITORS_MAX = 4096;

const waitAfter = (failures: number): number =>
  failures < FREE_TRIES ? 0 : Math.min(LONGEST_WAIT, 2 ** Math.min(failures - FREE_TRIES, 10));

const tooSoon = (seconds: number): Refusal =>
  new Refusal(429, 'Too many wrong tries.', { retryAfter: Math.max(1, Math.ceil(seconds)) });

const newVisitor = (notBefore: number): Visitor => ({
  failures: new Map(),
  trusted: new Set(),
  busy: false,
  notBefore,
});

const failuresOf = ({ failures }: Visitor): number => [...failures.values()].reduce((sum, { count }) => sum + count, 0);

const forget = ({ failures }: Visitor, now: number): void => {
  for (const [user, { at }] of failures) if (now - at > FORGET_AFTER) failures.delete(user);
};

/** Keeps the map in order of last use, so that the oldest goes when there are too many. */
const remember = (visitors: Map<string, Visitor>, name: string, visitor: Visitor): void => {
  visitors.delete(name);
  visitors.set(name, visitor);
  const oldest = visitors.keys().next().value;
  if (visitors.size > VISITORS_MAX && oldest !== undefined) visitors.delete(oldest);
};
