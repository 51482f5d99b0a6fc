import { applyEdit, type Edit } from '../../policy/edit.ts';
import { nameOf, requirePassword } from '../caller.ts';
import { change, planOf } from '../change.ts';
import { describeEdit } from '../describe.ts';
import type { Handlers } from '../verbs.ts';

/** The policy: look, check, change; and BOT's switch. */
export const policyHandlers: Handlers<'policy.get' | 'policy.edit' | 'policy.check' | 'bot.enable' | 'bot.disable'> = {
  'policy.get': async ({ generation }) => ({ policy: generation.policy, revision: generation.number }),
  'policy.edit': (box, { edit, revision }, caller) =>
    change(box, {
      user: nameOf(caller),
      what: describeEdit(edit),
      revision,
      mayDisable: caller.root,
      edit: (policy) => applyEdit(policy, edit),
    }),
  'policy.check': async (box, { edit }) => {
    const edited = applyEdit(box.generation.policy, edit);
    if (!edited.ok) return { at: edited.at, problems: edited.problems };
    const plan = await planOf(box, { ...box.generation, policy: edited.policy });
    return { at: edited.at, problems: await box.machine.check(plan) };
  },
  'bot.enable': (box, _input, caller) =>
    change(box, { user: nameOf(caller), what: 'enabled BOT', edit: (policy) => applyEdit(policy, switchTo(true)) }),
  'bot.disable': async (box, { password }, caller) => {
    await requirePassword(box, caller, password);
    const { revision } = await change(box, {
      user: nameOf(caller),
      what: 'disabled BOT',
      mayDisable: true,
      edit: (policy) => applyEdit(policy, switchTo(false)),
    });
    return { revision };
  },
};

const switchTo = (enabled: boolean): Edit => ({ do: 'section', section: 'settings', value: { enabled } });
