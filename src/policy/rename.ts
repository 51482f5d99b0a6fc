import type { Collection } from './edit.ts';
import { sameName } from './resolve.ts';
import type { Group, Policy, Rule } from './schema.ts';

/** The policy in which everything that names `from` in that collection names `to`. The object itself is left alone. */
export const renamed = (policy: Policy, collection: Collection, from: string, to: string): Policy => {
  if (from === to) return policy;
  const isGroup = collection.endsWith('Groups');
  const swap = (name: string) => (sameName(name, from) ? to : name);
  const inGroups = (groups: Group[]) =>
    groups.map((group) => ({
      ...group,
      members: group.members.map((one) =>
        (one.kind === 'group') === isGroup ? { ...one, name: swap(one.name) } : one,
      ),
    }));
  const addresses = collection === 'addresses' || collection === 'addressGroups';
  const sides = addresses ? (['source', 'destination'] as const) : (['service'] as const);
  const kind = isGroup ? 'group' : addresses ? 'address' : 'service';
  const rules = policy.rules.map((rule): Rule => {
    const copy = { ...rule };
    for (const side of sides) {
      const ref = rule[side];
      if (ref.kind === kind && 'name' in ref) Object.assign(copy, { [side]: { ...ref, name: swap(ref.name) } });
    }
    return copy;
  });
  const groups = addresses ? 'addressGroups' : 'serviceGroups';
  return { ...policy, [groups]: inGroups(policy[groups]), rules };
};
