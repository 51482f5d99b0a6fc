import type { TrialState } from './api.ts';
import { attempt, type Box } from './box.ts';
import type { Caller } from './caller.ts';
import { cutDue, takeBack } from './catch-up.ts';
import { applyFiles } from './effects.ts';
import { loadPlan, planOf } from './load.ts';
import type { Generation } from './ports.ts';
import { Refusal } from './refusal.ts';

/**
 * A generation that is in force and not confirmed. On the disk it lies beside the confirmed one, which is what every start of the
 * agent or the box goes back to. `since` and `until` are the machine's uptime in seconds.
 */
export type Trial = { before: Generation; user: string; since: number; until: number };

/**
 * Who has to come back for a change to be kept, and when their connection was opened, as the machine's uptime in seconds; null when
 * that is not known.
 */
export type Returning = { user: string; opened: number | null };

/** The one who is logged in; undefined for root, whom no rule locks out of the console. */
export const returningOf = ({ root, user, opened }: Caller): Returning | undefined =>
  root || user === null ? undefined : { user: user.name, opened };

/** Puts the generation in force on trial, for `seconds`. To be called behind the lock, when it has been loaded. */
export const beginTrial = async (box: Box, before: Generation, user: string, seconds: number): Promise<void> => {
  const since = box.uptime();
  box.trial = { before, user, since, until: since + seconds };
  // The console shows it, and whoever starts the agent again knows what was undone. Without it the trial ends all the same.
  await box.run
    .write(
      MARK,
      `${box.generation.number} ${Math.ceil(since + seconds)} ${user}\n${seen(box.generation.what)}\n`,
      0o644,
    )
    .catch((error) => console.error(`${MARK}:`, error));
  const timer = setTimeout(() => void attendTrial(box).catch(console.error), seconds * 1000 + 50);
  timer.unref();
};

/** What is on trial, as `who` sees it; null when nothing is. */
export const trialState = ({ trial, generation, uptime }: Box, who: string | null): TrialState | null =>
  trial === null
    ? null
    : {
        revision: generation.number,
        what: generation.what,
        user: trial.user,
        left: Math.max(0, Math.ceil(trial.until - uptime())),
        mine: trial.user === who,
      };

/**
 * Keeps the change on trial: it becomes the confirmed generation. `returning` undefined: root, from the console. Throws a refusal when
 * somebody else comes, or the same one on a connection from before the load, which proves nothing. To be called behind the lock.
 */
export const keepTrial = async (box: Box, returning: Returning | undefined, by: string): Promise<void> => {
  const { trial, generation } = box;
  if (trial === null) throw new Refusal(409, 'No change is on trial: it was kept or undone already.');
  if (returning !== undefined) {
    if (returning.user !== trial.user)
      throw new Refusal(403, `Only ${trial.user}, who made the change, or the console can keep it.`);
    if (!isFresh(trial, returning))
      throw new Refusal(409, 'This connection is older than the change and proves nothing. Connect again.');
  }
  try {
    await box.store.keep(generation.number);
  } catch (error) {
    console.error('store:', error);
    throw new Refusal(500, 'The change could not be kept: the disk refused it. It stays on trial.');
  }
  await endTrial(box);
  await box.store.audit({ user: by, what: `kept the change: ${generation.what}` }).catch(console.error);
};

/**
 * Puts the confirmed generation in force again. When that fails the change stays on trial, the owner is told, and it is tried again. To
 * be called behind the lock.
 */
export const undoTrial = async (box: Box, by: string, why: string): Promise<void> => {
  const { trial, generation } = box;
  if (trial === null) throw new Refusal(409, 'No change is on trial: it was kept or undone already.');
  const { setUp, policy } = generation;
  const judged = setUp && policy.settings.enabled ? policy : null;
  await attempt(box, 'undo', 'A change could not be undone: it is still in force. Greengate tries again.', async () =>
    loadPlan(box, await planOf(box, trial.before), { judged }),
  );
  if (box.trouble.has('undo')) throw new Refusal(500, 'The change could not be undone. Greengate tries again.');
  box.generation = trial.before;
  await endTrial(box);
  await takeBack(box);
  await box.store.audit({ user: by, what: `${why}: ${generation.what}` }).catch(console.error);
  await cutDue(box);
  await applyFiles(box, generation.files, trial.before.files);
};

/** Undoes the change whose time is over. */
export const attendTrial = (box: Box): Promise<void> =>
  box.lock(async () => {
    if (box.trial === null || box.uptime() < box.trial.until) return;
    await undoTrial(box, 'greengate', 'undid a change that nobody confirmed in time').catch(console.error);
  });

/**
 * Makes room for the next change: the same user, back on a new connection, has shown that the last one left a way in, and it is kept.
 * Root undoes it: at the console somebody mends what it broke. Anybody else is told to wait. To be called behind the lock.
 */
export const settleTrial = async (box: Box, returning: Returning | undefined, by: string): Promise<void> => {
  const { trial } = box;
  if (trial === null) return;
  if (returning === undefined) await undoTrial(box, by, 'undid a change on trial, to make another');
  else if (returning.user === trial.user && isFresh(trial, returning)) await keepTrial(box, returning, by);
  else {
    const left = Math.max(1, Math.ceil(trial.until - box.uptime()));
    throw new Refusal(
      409,
      `A change by ${trial.user} is on trial for ${left} more seconds: ${box.generation.what}. Keep or undo it first.`,
    );
  }
};

/** Says what was on trial when the agent or the box ended; to be called at the start, when the confirmed rules are in force. */
export const forgetTrial = async ({ store, run }: Box): Promise<void> => {
  for (const { user, what } of store.unconfirmed())
    await store
      .audit({ user: 'greengate', what: `undid a change by ${user} at the restart: ${what}` })
      .catch(console.error);
  await run.remove(MARK).catch((error) => console.error(`${MARK}:`, error));
};

/** The console shows it on a terminal: names may hold marks that turn the writing around. */
const seen = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd');

const MARK = 'trial';

const isFresh = ({ since }: Trial, { opened }: Returning): boolean => opened !== null && opened > since;

const endTrial = async (box: Box): Promise<void> => {
  box.trial = null;
  await box.run.remove(MARK).catch((error) => console.error(`${MARK}:`, error));
};
