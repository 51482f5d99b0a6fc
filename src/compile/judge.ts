import type { Policy } from '../policy/schema.ts';
import { deciderOf } from './decide.ts';
import type { World } from './model.ts';

export type { World } from './model.ts';

/**
 * The first packet of a flow from GREEN. `mac` null: not known. `to` is the box itself or an address outside.
 * `protocol` is the IP protocol's number; `port` the destination port, `sport` the sender's, `type` and `code` of ICMP, where there are
 * any. `mark`: of a flow that runs already, the mark of the rule that let it in.
 */
export type Packet = {
  from: string;
  mac: string | null;
  to: 'greengate' | string;
  protocol: number;
  port?: number;
  sport?: number;
  type?: number;
  code?: number;
  mark?: number;
};

/** `needsMac`: the outcome depends on the sender's MAC, and it was not known. When in doubt, closed. */
export type Verdict = { verdict: 'accept' | 'drop' | 'reject'; origin: string; needsMac: boolean };

/**
 * A function that judges packets by an enabled BOT: the admin access rule, blocks, the rules in order, the default action. Of a limit on
 * the action only its rule's own flows are known to be within it; the others are judged as if it were used up.
 */
export const judgeOf = (policy: Policy, world: World): ((packet: Packet) => Verdict) => deciderOf(policy, world).decide;
