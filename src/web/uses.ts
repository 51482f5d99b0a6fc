import type { Collection } from '../policy/edit.ts';
import type { Policy } from '../policy/schema.ts';
import { type Use, usedBy } from '../policy/used-by.ts';

/**
 * Where an object is used, for a table cell: a short count, and links, of which the first twenty are listed. `count` are the places
 * that name it; `through`: the groups and rules that hold it by way of these groups.
 */
export type UseView = { count: number; summary: string; links: UseLink[]; more: number; through: UseLink[] };

export type UseLink = { label: string; href: string };

const SHOWN = 20;

/** The uses of an object as links to the rules and groups. */
export const useView = (policy: Policy, collection: Collection, name: string): UseView => {
  const uses = usedBy(policy, collection, name);
  const through = usesThrough(policy, uses);
  return {
    count: uses.length,
    summary: summaryOf([...uses, ...through]),
    links: uses.slice(0, SHOWN).map(linkOf),
    more: Math.max(0, uses.length - SHOWN),
    through: through.slice(0, SHOWN).map(linkOf),
  };
};

/** How often each object of a collection is named by a rule or group, by its name in lower case; in one pass, for sorting. */
export const useCounts = (policy: Policy, collection: Collection): Map<string, number> => {
  const counts = new Map<string, number>();
  const add = (names: string[]) => {
    for (const name of new Set(names)) counts.set(name, (counts.get(name) ?? 0) + 1);
  };
  const addresses = collection.startsWith('address');
  const isGroup = collection.endsWith('Groups');
  const kind = isGroup ? 'group' : addresses ? 'address' : 'service';
  for (const rule of policy.rules) {
    const refs = addresses ? [rule.source, rule.destination] : [rule.service];
    add(refs.flatMap((ref) => (ref.kind === kind && 'name' in ref ? [ref.name.toLowerCase()] : [])));
  }
  for (const group of addresses ? policy.addressGroups : policy.serviceGroups)
    add(group.members.filter((one) => (one.kind === 'group') === isGroup).map((one) => one.name.toLowerCase()));
  return counts;
};

/** What uses the groups among these, and the groups around them; nothing twice, and nothing that is among them. */
const usesThrough = (policy: Policy, uses: Use[]): Use[] => {
  const found = new Map<string, Use>();
  const direct = new Set(uses.map(keyOf));
  const todo = [...uses];
  for (let use = todo.pop(); use !== undefined; use = todo.pop()) {
    if (use.kind === 'rule') continue;
    for (const next of usedBy(policy, use.kind, use.name)) {
      if (found.has(keyOf(next)) || direct.has(keyOf(next))) continue;
      found.set(keyOf(next), next);
      todo.push(next);
    }
  }
  return [...found.values()];
};

const keyOf = (use: Use): string => (use.kind === 'rule' ? `rule ${use.id}` : `${use.kind} ${use.name.toLowerCase()}`);

/** Groups and rules together, however they come to it: `2 groups, 1 rule`. */
const summaryOf = (uses: Use[]): string => {
  const rules = uses.filter((use) => use.kind === 'rule').length;
  const groups = uses.length - rules;
  const parts = [
    ...(groups > 0 ? [`${groups} ${groups === 1 ? 'group' : 'groups'}`] : []),
    ...(rules > 0 ? [`${rules} ${rules === 1 ? 'rule' : 'rules'}`] : []),
  ];
  return parts.length === 0 ? 'not used' : parts.join(', ');
};

const linkOf = (use: Use): UseLink => ({ label: use.label, href: hrefOf(use) });

const hrefOf = (use: Use): string => {
  if (use.kind === 'rule') return `/firewall/bot/rules/${encodeURIComponent(use.id)}`;
  const page = use.kind === 'addressGroups' ? 'address-groups' : 'service-groups';
  return `/firewall/objects/${page}/edit?name=${encodeURIComponent(use.name)}`;
};
