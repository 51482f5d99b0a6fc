import type { Network } from '../policy/address.ts';
import type { Match } from '../policy/resolve.ts';
import type { UserIds } from './users.ts';

/** What the kernel should do, as data. Printed by `nft.ts`; every name of an interface, chain or set is chosen there. */
export type Ruleset = {
  /** Forward nothing (set-up not finished), forward GREEN freely (BOT disabled), or judge by rules. */
  mode: 'closed' | 'open' | 'blocking';
  ipv6: boolean;
  uids: UserIds;
  /** Established and related packets pass before the rules. */
  connectionState: boolean;
  uiPort: number;
  /** Null while the proxy is off. */
  proxy: { port: number; fetch: [number, number][] } | null;
  input: Dispatch[];
  forward: Dispatch[];
  leaves: Leaf[];
};

/** One policy rule, or part of one, in policy order: what matches goes to the leaf. */
export type Dispatch = { family: Family; source: Side; destination: Side; service: Match; leaf: string };

export type Family = 'ip' | 'ip6';

/** `any`, or one set of addresses of the rule's family, or (source only) of MACs. */
export type Side = { kind: 'any' } | { kind: 'networks'; networks: Network[] } | { kind: 'macs'; macs: string[] };

/** The end of a rule: its counter, log and action. `name` is the origin. `mark` goes into the flow's `ct mark`. */
export type Leaf = { name: string; mark: number; log: boolean; action: 'accept' | 'drop' | 'reject' };

/** Origins that are no rule of the owner's. */
export const origins = { admin: 'admin', default: 'default' } as const;
