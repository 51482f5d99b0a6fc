import type { Policy } from '../policy/schema.ts';
import { attempt, type Box, settleCounters } from './box.ts';
import { cutForbidden } from './flows.ts';

/**
 * What a failure, or the end of the agent in the middle of a change, left undone; to be called at the start and every few seconds, behind
 * the lock. What somebody released at the console is left alone.
 */
export const catchUp = async (box: Box): Promise<void> => {
  if (box.trouble.has(ROLLBACK)) await takeBack(box);
  await settleCounters(box);
  if (box.cutDue !== null && (await box.machine.look()).bot !== 'released') await cutDue(box);
};

/**
 * Notes, over the agent's end too, that a cut has to follow: to be called before rules come into force. `judged` is the policy by which
 * all flows were judged so far, if there is one. While an older cut is due there is none.
 */
export const markCut = async (box: Box, judged: Policy | null): Promise<void> => {
  box.cutDue = { judged: box.cutDue === null ? judged : null };
  await box.run.write(CUT_DUE, '', 0o600).catch((error) => console.error(`${CUT_DUE}:`, error));
};

/** Forgets the mark: the rules did not come into force, or the cut is done. */
export const unmarkCut = async (box: Box): Promise<void> => {
  box.cutDue = null;
  await box.run.remove(CUT_DUE).catch((error) => console.error(`${CUT_DUE}:`, error));
};

/** Did an agent before this one end before its cut? By what flows were judged until then is not known. */
export const readCutDue = async (box: Box): Promise<void> => {
  // What cannot be read may be there.
  const mark = await box.run.read(CUT_DUE).catch(() => '');
  if (mark !== null) box.cutDue = { judged: null };
};

/** Cuts what the generation in force forbids, if that is due, and returns how many flows there were. */
export const cutDue = async (box: Box): Promise<number> => {
  if (box.cutDue === null) return 0;
  const { judged } = box.cutDue;
  let cut = 0;
  await attempt(
    box,
    'flows',
    'Connections that are no longer allowed could not be cut. Greengate tries again.',
    async () => {
      cut = await cutForbidden(box, box.generation, judged);
      await unmarkCut(box);
    },
  );
  return cut;
};

/** Makes the generation in force the current one on the disk again, after another was kept there and did not come into force. */
export const takeBack = (box: Box): Promise<void> =>
  attempt(
    box,
    ROLLBACK,
    'A change that was refused could not be taken off the disk: the next start would put it in force. Greengate tries again.',
    async () => {
      const { number } = box.generation;
      try {
        await box.store.rollback(number);
      } catch (error) {
        const kept = await box.store.current();
        if (kept !== null && kept.number > number) throw error;
        console.error('rollback:', error);
      }
    },
  );

/** The subject of a notice: a refused generation is the current one on the disk. */
export const ROLLBACK = 'rollback';

const CUT_DUE = 'cut-due';
