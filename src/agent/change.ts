import type { Plan } from '../plan/plan.ts';
import { withStarterRules } from '../policy/defaults.ts';
import type { EditResult } from '../policy/edit.ts';
import type { Policy } from '../policy/schema.ts';
import type { Changed } from './api.ts';
import { attempt, type Box } from './box.ts';
import { cutDue, ROLLBACK, takeBack } from './catch-up.ts';
import { applyFiles } from './effects.ts';
import { loadPlan, planOf } from './load.ts';
import { type Generation, LoadError } from './ports.ts';
import { Refusal } from './refusal.ts';
import { beginTrial, type Returning, settleTrial } from './trial.ts';

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
  /** Who has to come back before it is kept; undefined: it is kept at once. */
  returning?: Returning | undefined;
};

/**
 * Makes one change, behind the lock: parse, compile, stage in the kernel, keep on the disk, switch, cut, then the daemons. Any problem
 * refuses the whole, and the generation before stays in force, in the kernel and on the disk.
 */
export const change = (box: Box, request: Change): Promise<Changed> => box.lock(() => changeNow(box, request));

/** The same for who holds the lock already. */
export const changeNow = async (box: Box, request: Change): Promise<Changed> => {
  await settleTrial(box, request.returning, request.user);
  const before = box.generation;
  if (request.revision !== undefined && request.revision !== before.number)
    throw new Refusal(409, 'Somebody else saved a change meanwhile. Look at the page again before you save.');
  if (box.trouble.has(ROLLBACK)) await takeBack(box);
  if (box.trouble.has(ROLLBACK))
    throw new Refusal(
      500,
      'The disk still has a change that was refused, and it cannot be taken off. Nothing was changed.',
    );
  const next = await draft(box, request);
  const loads = request.load ?? true;
  const plan = loads ? await planOf(box, next) : await checkedPlan(box, next);
  const generation = { ...next, files: plan.files };
  const tried = loads && request.returning !== undefined && box.trials;
  if (loads) await load(box, plan, generation, { before, tried });
  else await keep(box, generation);
  box.generation = generation;
  await box.store.audit({ user: request.user, what: request.what }).catch(console.error);
  const cut = loads ? await cutDue(box) : 0;
  await applyFiles(box, before.files, generation.files);
  if (tried && request.returning !== undefined)
    await beginTrial(box, before, request.returning.user, trialSeconds(before, generation));
  return { revision: generation.number, cut, onTrial: tried };
};

/** Who changes the network has to find the box again. Nobody shortens the trial of the very change by which he does it. */
const trialSeconds = (before: Generation, after: Generation): number => {
  const seconds = Math.max(...[before, after].map(({ policy }) => policy.settings.trialSeconds));
  return ['network.env', 'web.json'].every((name) => before.files[name] === after.files[name])
    ? seconds
    : Math.max(NETWORK_TRIAL, seconds);
};

/** Seconds. */
const NETWORK_TRIAL = 600;

/** The policy by which flows were judged under a generation: while BOT was disabled nothing was. */
export const judgedBy = ({ setUp, policy }: Generation): Policy | null =>
  setUp && policy.settings.enabled ? policy : null;

/** The policy that a change would put in force, and whether the starter rules were added by then; refuses what cannot be saved. */
export const draftPolicy = (
  box: Box,
  request: Pick<Change, 'edit' | 'mayDisable' | 'chosen'>,
): Pick<Generation, 'policy' | 'starter'> => {
  const { policy, starter } = box.generation;
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
  };
};

const draft = async (box: Box, request: Change): Promise<Omit<Generation, 'files'>> => ({
  ...draftPolicy(box, request),
  setUp: box.generation.setUp || request.setUp === true,
  number: await box.store.nextNumber(),
  user: request.user,
  what: request.what,
  time: box.clock(),
});

const checkedPlan = async (box: Box, next: Omit<Generation, 'files'>): Promise<Plan> => {
  const plan = await planOf(box, next);
  const problems = await box.machine.check(plan);
  if (problems.length > 0) throw new Refusal(422, 'The kernel would not take these rules.', { problems });
  return plan;
};

const keep = async (box: Box, generation: Generation, tried = false): Promise<void> => {
  try {
    await (tried ? box.store.stage(generation) : box.store.save(generation));
  } catch (error) {
    console.error('store:', error);
    await takeBack(box);
    throw new Refusal(500, 'The change could not be written to the disk. Nothing was changed.');
  }
};

/** A refused load leaves the kernel as it was; after anything else nobody knows, and what was there before is loaded again. */
const load = async (
  box: Box,
  plan: Plan,
  generation: Generation,
  { before, tried }: { before: Generation; tried: boolean },
): Promise<void> => {
  let kept = false;
  const staged = async () => {
    await keep(box, generation, tried);
    kept = true;
  };
  try {
    await loadPlan(box, plan, { judged: judgedBy(before), staged });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    if (error instanceof LoadError) {
      if (kept) await takeBack(box);
      throw new Refusal(422, 'The kernel refused these rules. Nothing was changed.', { problems: error.problems });
    }
    console.error('load:', error);
    // Before the disk had it, nothing was switched.
    if (!kept) throw new Refusal(500, AS_BEFORE);
    const outcome = await loadBefore(box, before);
    await takeBack(box);
    await cutDue(box);
    throw new Refusal(500, outcome);
  }
};

const AS_BEFORE = 'The rules could not be loaded. Those from before are in force.';

/** Puts a generation in force again, and returns what came of it. */
const loadBefore = async (box: Box, before: Generation): Promise<string> => {
  await attempt(
    box,
    'rules',
    'The rules in force may not be those shown here. Save again, or restart Greengate.',
    async () => loadPlan(box, await planOf(box, before)),
  );
  if (!box.trouble.has('rules')) return AS_BEFORE;
  const { generation: held } = await box.machine.look();
  if (held === before.number) {
    box.trouble.delete('rules');
    return AS_BEFORE;
  }
  const now =
    held === null
      ? 'What the kernel holds is not known.'
      : `The kernel holds generation ${held}, and ${before.number} is saved.`;
  return `The rules could not be loaded, and those from before could not be put back. ${now} Save again, or restart Greengate.`;
};
