import { defaultPolicy } from '../policy/defaults.ts';
import { leavesNobody } from './accounts.ts';
import { attempt, type Box, makeBox, type Ports } from './box.ts';
import { catchUp, readCutDue } from './catch-up.ts';
import { attendConsole } from './console.ts';
import { applyFiles, renewCertificate } from './effects.ts';
import { loadPlan, planOf } from './load.ts';
import type { Generation, Store } from './ports.ts';
import { forgetTrial } from './trial.ts';

/**
 * The agent's start: takes up the generation that is kept (or makes the first), and brings the box to it where it differs.
 * The kernel's rules are left alone when they are those of this generation, and when somebody released BOT at the console:
 * only a save, Enable or a reboot ends that.
 */
export const start = async (ports: Ports): Promise<Box> => {
  const kept = await ports.store.current();
  const box = await makeBox(ports, kept ?? (await firstGeneration(ports)));
  if (kept === null)
    await attempt(
      box,
      'store',
      'The policy could not be written to the disk: changes are lost at the next restart.',
      () => box.store.save(box.generation),
    );
  else
    await attempt(
      box,
      'anew',
      'The policy could not be compiled anew for this version: the plan from before is in force.',
      () => compileAnew(box),
    );
  await readCutDue(box);
  await attempt(box, 'rules', 'The rules could not be loaded: the box holds what it held before.', () =>
    loadIfNeeded(box, kept === null ? null : ports.store),
  );
  await forgetTrial(box);
  await attempt(box, 'catch up', 'What an interrupted change left undone could not be done.', () => catchUp(box));
  await applyFiles(box, null, box.generation.files);
  await renewCertificate(box);
  await attempt(box, 'console', 'What the console left for the agent could not be read.', () => attendConsole(box));
  if (leavesNobody(await box.store.users())) await box.code.offer();
  else await box.code.withdraw();
  return box;
};

/** The policy of a box that nobody has touched, as generation 1: it forwards nothing until set-up is finished. */
const firstGeneration = async ({ machine, store, clock }: Ports): Promise<Generation> => {
  const number = await store.nextNumber();
  const first = { policy: defaultPolicy(), number, setUp: false };
  const { files } = await planOf({ machine, clock }, first);
  return { ...first, files, starter: false, user: 'greengate', what: 'first start', time: clock() };
};

/**
 * Another version of Greengate may say the same policy in other words: then they become a generation of their own. Compared is
 * as of the time of its saving, for time frames are laid out from then on.
 */
const compileAnew = async (box: Box): Promise<void> => {
  const kept = box.generation;
  const then = await planOf({ machine: box.machine, clock: () => kept.time }, kept);
  if (sameFiles(then.files, kept.files)) return;
  const number = await box.store.nextNumber();
  const plan = await planOf(box, { ...kept, number });
  const problems = await box.machine.check(plan);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join(' '));
  const { version } = await box.machine.observe();
  const what = `compiled anew by version ${version}`;
  const anew = { ...kept, number, files: plan.files, user: 'greengate', what, time: box.clock() };
  await box.store.save(anew);
  box.generation = anew;
  await box.store.audit({ user: 'greengate', what }).catch(console.error);
};

const sameFiles = (one: Generation['files'], other: Generation['files']): boolean =>
  Object.keys(one).length === Object.keys(other).length &&
  Object.entries(one).every(([name, text]) => other[name] === text);

/** `disk`: where the generation comes from; null when it is none of the disk's. */
const loadIfNeeded = async (box: Box, disk: Store | null): Promise<void> => {
  const { generation: held, bot } = await box.machine.look();
  if (held !== null && (held === box.generation.number || bot === 'released')) return;
  if (held !== null && held > box.generation.number) {
    // A newer one that the disk has, too, but that we cannot read: an older one may allow more. One that the disk does not have was refused.
    if (disk === null || (await disk.nextNumber()) > held) return;
  }
  await loadPlan(box, await planOf(box, box.generation));
  // Boot turns forwarding on only with rules in force; these came later.
  await box.machine.applyNetwork();
};
