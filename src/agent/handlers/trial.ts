import { nameOf, requireRole } from '../caller.ts';
import { keepTrial, returningOf, undoTrial } from '../trial.ts';
import type { Handlers } from '../verbs.ts';

/** What is on trial: keep, undo. */
export const trialHandlers: Handlers<'trial.keep' | 'trial.undo'> = {
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
