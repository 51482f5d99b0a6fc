import { isDnsName } from '../policy/address.ts';
import type { Policy } from '../policy/schema.ts';

/** A DNS name that rules may have as destination, and the kernel's set (one in each family) that holds its addresses. */
export type NameSet = { name: string; set: string };

/** Seconds that an address stays in its set after it was last answered or used. */
export const NAME_TIMEOUT = 7200;

/** The longest time that clients may keep an answer for: well inside the life of a set's element. */
export const NAME_TTL = 1800;

/** Every DNS name of a policy, each once. */
export const nameSets = (policy: Pick<Policy, 'addresses' | 'rules'>): NameSet[] => {
  const typed = policy.rules.flatMap(({ destination }) => (destination.kind === 'typed' ? [destination.value] : []));
  const names = [...policy.addresses.map(({ value }) => value), ...typed].filter(isDnsName);
  return [...new Set(names)].map((name) => ({ name, set: setOfName(name) }));
};

/** The sets that an answer for this name belongs to: its own, and those of every listed name that it is below. */
export const setsOfAnswer = (names: NameSet[], name: string): string[] =>
  names.filter((one) => one.name === name || name.endsWith(`.${one.name}`)).map(({ set }) => set);

/** The set of a name, the same over generations: what dnsmasq put into it stays. Two hashes: of 32 bits alone names were found that clash. */
export const setOfName = (name: string): string => `dns_${hex(hash(name))}${hex(hash(`.${name}`))}`;

const hex = (number: number): string => number.toString(16).padStart(8, '0');

/** FNV-1a, 32 bits. */
export const hash = (text: string): number => {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return value;
};
