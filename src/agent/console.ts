import { isForgotten } from './accounts.ts';
import type { Box } from './box.ts';
import { changeNow } from './change.ts';
import { recordConsole } from './console-acts.ts';
import { greenCidr, withGreen } from './green.ts';
import { Refusal } from './refusal.ts';
import { keepTrial, undoTrial } from './trial.ts';

/**
 * Does what the console has left for the agent: on the data partition a forgotten password or another GREEN address, in RUN what is to
 * become of the change on trial.
 */
export const attendConsole = async (box: Box): Promise<void> => {
  // A full disk must not keep anybody from undoing a change.
  await recordConsole(box).catch((error) => console.error('console-acts:', error));
  await obeyConsole(box);
  const [reset, override] = await Promise.all([box.store.resetWanted(), box.store.greenOverride()]);
  if (reset) await box.lock(() => forgetAdmin(box));
  if (override !== null) await box.lock(() => adoptGreen(box));
};

/**
 * Forgets every administrator, with second step and tokens: one of them may be why the owner stands at the console. Nobody is logged
 * in, and the console shows a new set-up code. Operators, viewers and the rules stay as they are.
 */
const forgetAdmin = async (box: Box): Promise<void> => {
  if (!(await box.store.resetWanted())) return;
  const users = await box.store.users();
  const gone = users.filter(isForgotten).map(({ name }) => name);
  await box.store.setUsers(users.filter((user) => !isForgotten(user)));
  await box.sessions.dropAll();
  await box.code.renew();
  const whom = gone.length === 0 ? '' : `, which forgot ${gone.join(', ')}`;
  await box.store.audit({ user: 'console', what: `reset the admin password${whom}` }).catch(console.error);
  await box.store.resetDone();
};

/** Takes the GREEN address that was set at the console into the policy. Rules that the console released stay released. */
const adoptGreen = async (box: Box): Promise<void> => {
  const cidr = await box.store.greenOverride();
  if (cidr === null) return;
  try {
    if (cidr !== greenCidr(box.generation.policy)) {
      await changeNow(box, {
        user: 'console',
        what: `set the GREEN address to ${cidr}`,
        load: (await box.machine.look()).bot !== 'released',
        edit: (policy) => {
          const moved = withGreen(policy, cidr);
          return moved.ok ? { ok: true, at: 'network', policy: moved.value } : { ...moved, at: 'network' };
        },
      });
    }
    box.trouble.delete('override');
  } catch (error) {
    const reasons = error instanceof Refusal ? error.problems.map((one) => one.message).join(' ') : '';
    if (!(error instanceof Refusal)) console.error('green-override:', error);
    box.trouble.set('override', `The GREEN address set at the console, ${cidr}, was not taken over. ${reasons}`.trim());
  }
  await box.store.forgetGreenOverride();
};

/** `keep` or `undo`. It was for the change of that moment: it is forgotten, whatever comes of it. */
const obeyConsole = async (box: Box): Promise<void> => {
  const wish = (await box.run.read(WISH))?.trim();
  if (wish === undefined) return;
  await box.run.remove(WISH);
  await box.lock(async () => {
    if (box.trial === null) return;
    if (wish === 'keep') await keepTrial(box, undefined, 'console');
    if (wish === 'undo') await undoTrial(box, 'console', 'undid the change');
  });
};

const WISH = 'trial-wish';
