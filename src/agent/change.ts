import { compile } from '../compile/compile.ts';
import type { Plan } from '../plan/plan.ts';
import { withStarterRules } from '../policy/defaults.ts';
import type { EditResult } from '../policy/edit.ts';
import type { Policy } from '../policy/schema.ts';
import { addCounted, attempt, type Box } from './box.ts';
import { applyFiles } from './effects.ts';
import { cutForbidden } from './flows.ts';
import { type Generation, LoadError } from './ports.ts';
import { Refusal } from './refusal.ts';

/** A change to the policy. Without `mayDisable` it is refused when it would switch BOT off; `load: false` leaves the kernel's rules. */
export type Change = {
  user: string;
  what: string;
  edit: (policy: Policy) => EditResult;
  revision?: number | undefined;
  mayDisable?: boolean;
  setUp?: boolean;
  /** The starter rules were chosen by hand: none is added. */
  chosen?: boolean;
  load?: boolean;
};

/**
 * Makes one change, behind the lock: parse, compile, stage in the kernel, keep on the disk, switch, cut, then the daemons. Any problem
 * refuses the whole, and the generation before stays in force, in the kernel and on the disk.
 */
export const change = (box: Box, request: Change): Promise<{ revision: number; cut: number }> =>
  box.lock(() => changeNow(box, request));

/** The same for who holds the lock already. */
export const changeNow = async (box: Box, request: Change): Promise<{ revision: number; cut: number }> => {
  const before = box.generation;
  if (request.revision !== undefined && request.revision !== before.number)
    throw new Refusal(409, 'Somebody else saved a change meanwhile. Look at the page again before you save.');
  const next = await draft(box, request);
  const loads = request.load ?? true;
  const plan = loads ? await planOf(box, next) : await checkedPlan(box, next);
  const generation = { ...next, files: plan.files };
  if (loads) await load(box, plan, generation, before);
  else await keep(box, generation, before);
  box.generation = generation;
  await box.store.audit({ user: request.user, what: request.what }).catch(console.error);
  let cut = 0;
  if (loads)
    await attempt(
      box,
      'flows',
      'Connections that are no longer allowed could not be cut. Restart to be sure.',
      async () => {
        cut = await cutForbidden(box, generation, judgedBy(before));
      },
    );
  await applyFiles(box, before.files, generation.files);
  return { revision: generation.number, cut };
};

/** While BOT was disabled nothing was judged. */
const judgedBy = ({ setUp, policy }: Generation): Policy | null => (setUp && policy.settings.enabled ? policy : null);

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

/** Loads a plan into the kernel and keeps what the one before had counted. */
export const loadPlan = async (box: Box, plan: Plan, staged?: () => Promise<void>): Promise<void> => {
  await addCounted(box, await box.machine.load(plan, staged));
  box.trouble.delete('rules');
};

const draft = async (box: Box, request: Change): Promise<Omit<Generation, 'files'>> => {
  const { policy, starter, setUp } = box.generation;
  // Blocks that are over go with the next change; the kernel let go of them by itself.
  const now = box.clock();
  const edited = request.edit({
    ...policy,
    blocks: policy.blocks.filter(({ until }) => until === null || until > now),
  });
  if (!edited.ok) throw new Refusal(422, 'This could not be saved.', { problems: edited.problems });
  const wasEnabled = policy.settings.enabled;
  const { enabled } = edited.policy.settings;
  if (wasEnabled && !enabled && request.mayDisable !== true)
    throw new Refusal(403, 'Disabling BOT asks for the password. Use “Disable BOT”.');
  const first = !wasEnabled && enabled && !starter;
  return {
    policy: first && request.chosen !== true ? withStarterRules(edited.policy) : edited.policy,
    starter: starter || first,
    setUp: setUp || request.setUp === true,
    number: await box.store.nextNumber(),
    user: request.user,
    what: request.what,
    time: now,
  };
};

const checkedPlan = async (box: Box, next: Omit<Generation, 'files'>): Promise<Plan> => {
  const plan = await planOf(box, next);
  const problems = await box.machine.check(plan);
  if (problems.length > 0) throw new Refusal(422, 'The kernel would not take these rules.', { problems });
  return plan;
};

const keep = async (box: Box, generation: Generation, before: Generation): Promise<void> => {
  try {
    await box.store.save(generation);
  } catch (error) {
    console.error('store:', error);
    await box.store.rollback(before.number).catch(() => {});
    throw new Refusal(500, 'The change could not be written to the disk. Nothing was changed.');
  }
};

/** A refused load leaves the kernel as it was; anything else is put right by loading what was there before. */
const load = async (box: Box, plan: Plan, generation: Generation, before: Generation): Promise<void> => {
  let kept = false;
  try {
    await loadPlan(box, plan, async () => {
      await keep(box, generation, before);
      kept = true;
    });
  } catch (error) {
    if (kept) await box.store.rollback(before.number);
    if (error instanceof Refusal) throw error;
    if (error instanceof LoadError)
      throw new Refusal(422, 'The kernel refused these rules. Nothing was changed.', { problems: error.problems });
    console.error('load:', error);
    await attempt(
      box,
      'rules',
      'The rules in force may not be those shown here. Save again, or restart Greengate.',
      async () => loadPlan(box, await planOf(box, before)),
    );
    throw new Refusal(500, 'The rules could not be loaded. Those from before are in force.');
  }
};
