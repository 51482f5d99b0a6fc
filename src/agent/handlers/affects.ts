import { applyEdit, type Edit } from '../../policy/edit.ts';
import { affectedBy } from '../affects.ts';
import type { Box } from '../box.ts';
import { type Caller, nameOf, requireRole } from '../caller.ts';
import { draftPolicy } from '../change.ts';
import type { Generation } from '../ports.ts';
import { Refusal } from '../refusal.ts';
import { roleForEdit } from '../roles.ts';
import type { Handlers } from '../verbs.ts';
import { signed } from './policy.ts';

/** A change that is only looked at. */
export const affectsHandlers: Handlers<'policy.affects'> = {
  'policy.affects': async (box, { edit, revision }, caller) => {
    requireRole(caller, roleForEdit(edit));
    requireRevision(box, revision);
    return affectedBy(box, draftOf(box, edit, caller).policy);
  },
};

/** The policy that `policy.edit` would put in force for this caller; refuses what it would refuse. */
export const draftOf = (box: Box, edit: Edit, caller: Caller): Pick<Generation, 'policy' | 'starter'> =>
  draftPolicy(box, {
    mayDisable: caller.root,
    edit: (policy) => applyEdit(policy, signed(edit, nameOf(caller))),
  });

/** Refuses what was made from another policy than the one in force. */
export const requireRevision = (box: Box, revision: number | undefined): void => {
  if (revision !== undefined && revision !== box.generation.number)
    throw new Refusal(409, 'Somebody else saved a change meanwhile. Look at the page again before you save.');
};
