import type { Collection } from './edit.ts';
import { sameName } from './resolve.ts';
import type { Policy } from './schema.ts';

/** One place where an object is used: a rule (id) or a group (name), and words for a message. */
export type Use =
  | { kind: 'rule'; id: string; label: string }
  | { kind: 'addressGroups' | 'serviceGroups'; name: string; label: string };

/** Where an object is used: rules and groups, in order. */
export const usedBy = (policy: Policy, collection: Collection, name: string): Use[] => {
  const kind = collection === 'addresses' ? 'address' : collection === 'services' ? 'service' : 'group';
  const sides = collection.startsWith('address') ? (['source', 'destination'] as const) : (['service'] as const);
  const rules = policy.rules.flatMap((rule, index): Use[] =>
    sides.some((side) => rule[side].kind === kind && 'name' in rule[side] && sameName(rule[side].name, name))
      ? [{ kind: 'rule', id: rule.id, label: `rule ${index + 1}${rule.remark === '' ? '' : ` “${rule.remark}”`}` }]
      : [],
  );
  const groups = collection.startsWith('address') ? 'addressGroups' : 'serviceGroups';
  const member = collection.endsWith('Groups') ? 'group' : 'object';
  const inGroups = policy[groups]
    .filter((group) => group.members.some((one) => one.kind === member && sameName(one.name, name)))
    .map((group): Use => ({ kind: groups, name: group.name, label: `group “${group.name}”` }));
  return [...inGroups, ...rules];
};
