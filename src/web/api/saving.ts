import { AgentRefusal } from '../../agent/client.ts';
import type { Edit } from '../../policy/edit.ts';
import type { Policy } from '../../policy/schema.ts';
import { ApiRefusal, type Call, type Reply } from './route.ts';

/** The policy as it is now. */
export const policyOf = (call: Call): Promise<{ policy: Policy; revision: number }> => call.agent('policy.get', {});

/** Makes one change. With If-Match it is refused (412) when the policy is another one meanwhile. */
export const save = async (call: Call, edit: Edit, more: Partial<Reply> & { extra?: object } = {}): Promise<Reply> => {
  const { extra, ...reply } = more;
  const saved = await heedingIfMatch(call, (revision) => call.agent('policy.edit', { edit, ...revision }));
  return { ...reply, body: { ...saved, ...extra }, revision: saved.revision };
};

/**
 * Makes a change that depends on the policy as it is: it is worked out anew when somebody else saves between the look and
 * the change, unless If-Match says that this must not be.
 */
export const saveAgainst = async (
  call: Call,
  work: (policy: Policy) => { edit: Edit; more: Partial<Reply> & { extra?: object } },
): Promise<Reply> => {
  for (let tries = 0; ; tries += 1) {
    const { policy, revision } = await policyOf(call);
    const { edit, more } = work(policy);
    try {
      return await save({ ...call, revision: call.revision ?? revision }, edit, more);
    } catch (error) {
      if (!(error instanceof ApiRefusal && error.status === 412 && call.revision === undefined && tries < 5))
        throw error;
    }
  }
};

/** Makes a change that takes the `revision` it is made from; refuses with 412 when If-Match named another one than there is. */
export const heedingIfMatch = async <T>(
  call: Call,
  change: (revision: { revision?: number }) => Promise<T>,
): Promise<T> => {
  const { revision } = call;
  try {
    return await change(revision === undefined ? {} : { revision });
  } catch (error) {
    if (!(error instanceof AgentRefusal && error.status === 409) || revision === undefined) throw error;
    if ((await policyOf(call)).revision === revision) throw error;
    throw new ApiRefusal(412, 'Somebody else saved a change meanwhile. Read it anew before you save.');
  }
};
