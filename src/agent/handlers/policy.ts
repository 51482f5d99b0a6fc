import { changesOf } from '../../compile/changes.ts';
import { applyEdit, type Edit } from '../../policy/edit.ts';
import { starterEdits } from '../../policy/starter-rules.ts';
import { nameOf, requirePassword, requireRole } from '../caller.ts';
import { change } from '../change.ts';
import { describeEdit } from '../describe.ts';
import { planOf } from '../load.ts';
import { roleForEdit } from '../roles.ts';
import { returningOf } from '../trial.ts';
import type { Handlers } from '../verbs.ts';

/** The policy: look, check, change; and BOT's switch. */
export const policyHandlers: Handlers<'policy.get' | 'policy.edit' | 'policy.check' | 'bot.enable' | 'bot.disable'> = {
  'policy.get': async ({ generation }) => ({ policy: generation.policy, revision: generation.number }),
  'policy.edit': async (box, { edit, revision }, caller) => {
    requireRole(caller, roleForEdit(edit));
    return change(box, {
      user: nameOf(caller),
      what: describeEdit(edit),
      revision,
      returning: returningOf(caller),
      mayDisable: caller.root,
      edit: (policy) => applyEdit(policy, signed(edit, nameOf(caller))),
    });
  },
  'policy.check': async (box, { edit }) => {
    const edited = applyEdit(box.generation.policy, edit);
    const where = edited.ats === undefined ? { at: edited.at } : { at: edited.at, ats: edited.ats };
    if (!edited.ok) return { ...where, problems: edited.problems };
    const plan = await planOf(box, { ...box.generation, policy: edited.policy });
    const problems = await box.machine.check(plan);
    const { red } = await box.machine.facts();
    const world = { now: box.clock(), ...(red === undefined ? {} : { red }) };
    return { ...where, problems, changes: changesOf(box.generation.policy, edited.policy, edit, world) };
  },
  'bot.enable': (box, { starters, revision }, caller) =>
    change(box, {
      user: nameOf(caller),
      what: 'enabled BOT',
      revision,
      returning: returningOf(caller),
      chosen: starters !== undefined,
      edit: (policy) =>
        applyEdit(policy, { do: 'batch', edits: [...starterEdits(policy, starters ?? []), switchTo(true)] }),
    }),
  'bot.disable': async (box, { password, revision: expected }, caller) => {
    await requirePassword(box, caller, password);
    return change(box, {
      user: nameOf(caller),
      what: 'disabled BOT',
      revision: expected,
      returning: returningOf(caller),
      mayDisable: true,
      edit: (policy) => applyEdit(policy, switchTo(false)),
    });
  },
};

/** Blocks carry the name of who made them, whatever the form says. */
export const signed = (edit: Edit, by: string): Edit => {
  if (edit.do === 'batch') return { ...edit, edits: edit.edits.map((one) => signed(one, by)) };
  return edit.do === 'block' ? { ...edit, by } : edit;
};

const switchTo = (enabled: boolean): Edit => ({ do: 'section', section: 'settings', value: { enabled } });
