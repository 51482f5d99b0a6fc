import { answerOf } from '../../compile/answer.ts';
import type { Box } from '../box.ts';
import { requireRole } from '../caller.ts';
import { worldOf } from '../flows.ts';
import { addedFindings, findingsOf } from '../lint.ts';
import { Refusal } from '../refusal.ts';
import type { Handlers } from '../verbs.ts';
import { draftOf, requireRevision } from './affects.ts';

/** Questions about the policy in force. They change nothing. */
export const explainHandlers: Handlers<'policy.explain' | 'policy.lint'> = {
  'policy.explain': async (box, question) => {
    const { policy } = box.generation;
    const [world, seen] = await Promise.all([worldOf(box, policy), seenHosts(box)]);
    const answer = answerOf(policy, question, world, seen);
    if (!answer.ok) throw new Refusal(422, 'This is no question about a packet.', { problems: answer.problems });
    return answer.value;
  },
  'policy.lint': async (box, { wait, edit, revision }, caller) => {
    const { policy, number } = box.generation;
    const world = await worldOf(box, policy);
    if (edit === undefined) return { findings: await findingsOf(box, world, wait), revision: number };
    requireRole(caller, 'operator');
    requireRevision(box, revision);
    const draft = { key: JSON.stringify(edit), policy: draftOf(box, edit, caller).policy };
    return { findings: await addedFindings(box, draft, world, wait), revision: number };
  },
};

/** Who is on GREEN, by lease or by the neighbour table. */
const seenHosts = async ({ machine }: Box) => {
  const [leases, neighbours] = await Promise.all([machine.leases(), machine.neighbours()]);
  return [...leases, ...[...neighbours].map(([address, mac]) => ({ address, mac, name: '' }))];
};
