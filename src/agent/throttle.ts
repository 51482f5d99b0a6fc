import { Refusal } from './refusal.ts';

/** Longest wait in seconds, whatever happens: nobody is locked out for good. */
export const LONGEST_WAIT = 30;

/**
 * Slows down guessing, by visitor and for all together. `now` is in seconds and only grows.
 *
 * A visitor may fail five times, then waits 1, 2, 4 … 30 seconds. When many visitors fail (one with many addresses), a new
 * visitor has to wait too; but a wait, once told, is not made longer by what others do. So the owner always gets in: after
 * at most 30 seconds, with the right password, at the first try. Those who logged in before do not wait for others at all.
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

  const settle = (visitor: Visitor, succeeded: boolean): void => {
    visitor.failures = succeeded ? 0 : visitor.failures + 1;
    visitor.trusted ||= succeeded;
    if (!succeeded) failures = Math.min(failures + 1, FREE_FOR_ALL + LONGEST_WAIT);
    visitor.notBefore = now() + Math.max(waitAfter(visitor.failures), visitor.trusted ? 0 : pressure());
  };

  return {
    attempt: async (name, work) => {
      const visitor = known(visitors, name, now()) ?? {
        failures: 0,
        trusted: false,
        busy: false,
        notBefore: now() + pressure(),
        seen: 0,
      };
      remember(visitors, name, visitor, now());
      if (visitor.busy) throw tooSoon(1);
      if (now() < visitor.notBefore) throw tooSoon(visitor.notBefore - now());
      visitor.busy = true;
      let [succeeded, undecided] = [false, false];
      try {
        const result = await work();
        undecided = result === UNDECIDED;
        succeeded = result !== null && result !== false;
        return result;
      } finally {
        visitor.busy = false;
        if (!undecided) settle(visitor, succeeded);
      }
    },
  };
};

/** A secret was right, but another is to come: it forgives no failure and counts as none. */
export const UNDECIDED = Symbol('undecided');

export type Throttle = {
  /** Does the work, a check of a secret: `null` or `false` is a failure, `UNDECIDED` neither that nor a success. Refuses with 429 when the visitor must wait. */
  attempt<T>(visitor: string, work: () => Promise<T>): Promise<T>;
};

type Visitor = { failures: number; trusted: boolean; busy: boolean; notBefore: number; seen: number };

const FREE_TRIES = 5;
const FREE_FOR_ALL = 20;
/** One failure of all is forgiven every ten seconds. */
const FORGIVEN_PER_SECOND = 0.1;
/** Failures of a visitor are forgotten after this many seconds without one. */
const FORGET_AFTER = 900;
const VISITORS_MAX = 4096;

const waitAfter = (failures: number): number =>
  failures < FREE_TRIES ? 0 : Math.min(LONGEST_WAIT, 2 ** Math.min(failures - FREE_TRIES, 10));

const tooSoon = (seconds: number): Refusal =>
  new Refusal(429, 'Too many wrong tries.', { retryAfter: Math.max(1, Math.ceil(seconds)) });

const known = (visitors: Map<string, Visitor>, name: string, now: number): Visitor | undefined => {
  const visitor = visitors.get(name);
  if (visitor !== undefined && now - visitor.seen > FORGET_AFTER) visitor.failures = 0;
  return visitor;
};

/** Keeps the map in order of last use, so that the oldest goes when there are too many. */
const remember = (visitors: Map<string, Visitor>, name: string, visitor: Visitor, now: number): void => {
  visitors.delete(name);
  visitors.set(name, visitor);
  visitor.seen = now;
  const oldest = visitors.keys().next().value;
  if (visitors.size > VISITORS_MAX && oldest !== undefined) visitors.delete(oldest);
};
