import { nameOf, requireRole } from '../caller.ts';
import { keepTrial, returningOf, trialState, undoTrial } from '../trial.ts';
import type { Handlers } from '../verbs.ts';

/** What is on trial: look, keep, undo. */
export const trialHandlers: Handlers<'trial.get' | 'trial.keep' | 'trial.undo'> = {
  'trial.get': async (box, _input, { user }) => ({ trial: trialState(box, user?.name ?? null) }),
  'trial.keep': (box, _input, caller) =>
    box.lock(async () => {
      await keepTrial(box, returningOf(caller), nameOf(caller));
      return { revision: box.generation.number };
    }),
  'trial.undo': (box, _input, caller) =>
    box.lock(async () => {
      // Operators take back their own changes; an administrator's stays for administrators.
      if (box.trial !== null && box.trial.user !== caller.user?.name) requireRole(caller, 'administrator');
      await undoTrial(box, nameOf(caller), 'undid the change');
      return { revision: box.generation.number };
    }),
};
