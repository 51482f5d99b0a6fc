import type { Network } from '../policy/address.ts';
import type { Interval } from '../policy/frames.ts';
import type { Match } from '../policy/matches.ts';
import type { Limit } from '../policy/schema.ts';
import type { Lookup } from './lookup.ts';
import type { NameSet } from './names.ts';
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
  /** Null while SSH is off. */
  sshPort: number | null;
  /** GREEN may ask the box for the time. */
  serveTime: boolean;
  /** Null while the proxy is off. */
  proxy: { port: number; fetch: [number, number][] } | null;
  /** The rules in policy order, and how the kernel finds the first that matches. */
  input: Dispatch[];
  forward: Dispatch[];
  lookups: Record<Family, { input: Lookup; forward: Lookup }>;
  leaves: Leaf[];
  frames: FrameSet[];
  names: NameSet[];
};

/** One policy rule, or part of one, in policy order: what matches goes to the leaf. */
export type Dispatch = { family: Family; source: Side; destination: Side; service: Match; leaf: string };

export type Family = 'ip' | 'ip6';

/**
 * `any`, or one set of addresses of the rule's family, or (source only) of MACs, or (destination only) of what a DNS name was answered
 * with; `except`: what is in neither list.
 */
export type Side =
  | { kind: 'any' }
  | { kind: 'networks'; networks: Network[] }
  | { kind: 'macs'; macs: string[] }
  | { kind: 'name'; set: string }
  | { kind: 'except'; networks: Network[]; macs: string[] };

/** The times at which the leaves that name `key` hold, in seconds since the epoch. */
export type FrameSet = { key: string; intervals: Interval[] };

/** The end of a rule: its counter, log and action. `name` is the origin. `mark` goes into the flow's `ct mark`. */
export type Leaf = {
  name: string;
  mark: number;
  log: boolean;
  action: 'accept' | 'drop' | 'reject' | 'log';
  limit: Limit | null;
  /** The key of its frame; null: always. */
  frame: string | null;
};

/** Origins that are no rule of the owner's. */
export const origins = { admin: 'admin', default: 'default' } as const;
