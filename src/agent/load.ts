import { compile } from '../compile/compile.ts';
import type { Plan } from '../plan/plan.ts';
import type { Policy } from '../policy/schema.ts';
import { type Box, keepLeaving, settleCounters } from './box.ts';
import { markCut, unmarkCut } from './catch-up.ts';
import { type Generation, LoadError } from './ports.ts';

/** The plan of a generation for this box, right now. */
export const planOf = async (
  box: Pick<Box, 'machine' | 'clock'>,
  generation: Pick<Generation, 'policy' | 'number' | 'setUp'>,
): Promise<Plan> => {
  const facts = {
    ...(await box.machine.facts()),
    now: box.clock(),
    generation: generation.number,
    setUp: generation.setUp,
  };
  return compile(generation.policy, facts);
};

/**
 * Loads a plan into the kernel, keeps what the one before had counted, and leaves a cut due. `judged` is the policy by which all flows
 * were judged until now, if there was one.
 */
export const loadPlan = async (
  box: Box,
  plan: Plan,
  { judged = null, staged }: { judged?: Policy | null; staged?: () => Promise<void> } = {},
): Promise<void> => {
  const due = box.cutDue;
  const load = box.machine.load(plan, {
    staged: async () => {
      await staged?.();
      await markCut(box, judged);
    },
    leaving: (counters) => keepLeaving(box, counters),
  });
  const { removed } = await load.catch(async (error) => {
    // Not in force: nothing more is due than before.
    if (error instanceof LoadError && due === null) await unmarkCut(box);
    throw error;
  });
  if (removed) box.trouble.delete('removal');
  else
    box.trouble.set(
      'removal',
      'The rules from before could not be removed. They have no effect, and go with the next save.',
    );
  await settleCounters(box, { removed });
  box.trouble.delete('rules');
};
