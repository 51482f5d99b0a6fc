import { type Family, type Leaf, origins } from './ruleset.ts';

/** The chains of a lookup, and the named sets that they use. The first chain is where the hook enters. */
export type Printed = { chains: [name: string, rules: string[]][]; sets: string[] };

/** Where a lookup stands: `hook` is `input` or `forward`, `tag` the generation's. */
export type Place = { family: Family; tag: string; hook: 'input' | 'forward' };

/** Rules have a space of names of their own: no id of an owner's rule may be that of a chain of ours. */
export const leafChain = (tag: string, leaf: string): string => `${tag}_${counterOf(leaf)}`;

/** The chain that rejects, for all leaves that do. */
export const rejectChain = (tag: string): string => `${tag}_reject`;

/** The counter of a leaf. It has the same name in every generation: a load does not touch what it has counted. */
export const counterOf = (leaf: string): string =>
  Object.values<string>(origins).includes(leaf) ? leaf : `rule_${leaf}`;

/** The leaf of a counter. */
export const originOf = (counter: string): string => counter.replace(/^rule_/, '');

/** The chain before a leaf that holds at times only, or so many times. */
export const gateChain = (tag: string, leaf: string): string => `${tag}_gate_${leaf}`;

/** Established flows whose rule holds at times only pass through this chain: outside its frame they end. */
export const whileChain = (tag: string, key: string): string => `${tag}_while_${key}`;

/** The set with the times of a frame. */
export const frameSet = (tag: string, key: string): string => `${tag}_frame_${key}`;

/** Where a match leads. After a gate that is closed, and after a leaf that only logs, the next rule is asked. */
export const wayTo = (tag: string, leaf: Leaf | undefined, name: string, hasGate: boolean): string => {
  if (hasGate) return `jump ${gateChain(tag, name)}`;
  return `${leaf?.action === 'log' ? 'jump' : 'goto'} ${leafChain(tag, name)}`;
};

/** The chain of a class of services. */
export const classChain = ({ tag, hook }: Place, index: number): string => `${tag}_${hook}_s${index + 1}`;
