import { differences } from '../../policy/difference.ts';
import { applyEdit } from '../../policy/edit.ts';
import { restoredPolicy } from '../../policy/restored.ts';
import { clockWords } from '../../policy/zones.ts';
import type { GenerationInfo } from '../api.ts';
import type { Box } from '../box.ts';
import { nameOf } from '../caller.ts';
import { change } from '../change.ts';
import type { Generation, ListedGeneration } from '../ports.ts';
import { Refusal } from '../refusal.ts';
import { returningOf } from '../trial.ts';
import type { Handlers } from '../verbs.ts';

/** What was in force before: look, compare, bring back. */
export const generationHandlers: Handlers<'generations.list' | 'generations.diff' | 'generations.restore'> = {
  'generations.list': async (box) => {
    const listed = await box.store.generations();
    return { generations: listed.map((one) => infoOf(box, one)), revision: box.generation.number };
  },
  'generations.diff': async (box, { number }) => {
    const found = await keptGeneration(box, number);
    const { policy: now, number: revision } = box.generation;
    const policy = restoredPolicy(now, found.policy);
    const generation = infoOf(box, { ...found, damaged: false });
    return { generation, differences: differences(now, policy), policy, revision };
  },
  'generations.restore': async (box, { number, revision }, caller) => {
    const found = await keptGeneration(box, number);
    if (number === box.generation.number) throw new Refusal(409, `Generation ${number} is in force already.`);
    return change(box, {
      user: nameOf(caller),
      what: `restored generation ${number} of ${clockWords(box.generation.policy.network.timezone, found.time)}`,
      revision,
      returning: returningOf(caller),
      edit: (policy) => applyEdit(policy, { do: 'replace', value: restoredPolicy(policy, found.policy) }),
    });
  },
};

const infoOf = (box: Box, { number, user, time, what, damaged }: ListedGeneration): GenerationInfo => ({
  ...{ number, user, time, what, damaged },
  inForce: number === box.generation.number,
});

const keptGeneration = async ({ store }: Box, number: number): Promise<Generation> => {
  const found = await store.generation(number).catch(() => {
    throw new Refusal(404, `Generation ${number} is damaged, or was written by another version: it cannot be read.`);
  });
  if (found === null) throw new Refusal(404, `There is no generation ${number}, or it is kept no longer.`);
  return found;
};
