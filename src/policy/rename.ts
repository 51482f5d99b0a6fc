import type { Collection } from './edit.ts';
import { sameName } from './resolve.ts';
import type { Group, Policy, Rule } from './schema.ts';

/** The policy in which everything that names `from` in that collection names `to`. The object itself is left alone. */
export const renamed = (policy: Policy, collection: Collection, from: string, to: string): Policy => {
  if (from === to) return policy;
  const swap = (name: string) => (sameName(name, from) ? to : name);
  const inGroups = (groups: Group[]) =>
    groups.map((group) => ({ ...group, members: group.members.map((one) => ({ ...one, name: swap(one.name) })) }));
  const inRules = (kind: 'address' | 'group' | 'service', sides: ('source' | 'destination' | 'service')[]) =>
    policy.rules.map((rule): Rule => {
      const copy = { ...rule };
      for (const side of sides) {
        const ref = rule[side];
        if (ref.kind === kind && 'name' in ref) Object.assign(copy, { [side]: { ...ref, name: swap(ref.name) } });
      }
      return copy;
    });
  switch (collection) {
    case 'addresses':
      return {
        ...policy,
        addressGroups: inGroups(policy.addressGroups),
        rules: inRules('address', ['source', 'destination']),
      };
    case 'addressGroups':
      return { ...policy, rules: inRules('group', ['source', 'destination']) };
    case 'services':
      return { ...policy, serviceGroups: inGroups(policy.serviceGroups), rules: inRules('service', ['service']) };
    case 'serviceGroups':
      return { ...policy, rules: inRules('group', ['service']) };
  }
};
