import { allAddresses, allServices } from './builtin.ts';
import type { Problem } from './problem.ts';
import type { Group, Policy } from './schema.ts';

/** The faults of groups: members that do not exist or come twice, and groups that hold themselves by way of others. */
export const groupProblems = (policy: Policy): Problem[] => [
  ...problemsOf('addressGroups', policy.addressGroups, allAddresses(policy), 'address'),
  ...problemsOf('serviceGroups', policy.serviceGroups, allServices(policy), 'service'),
];

const problemsOf = (collection: string, groups: Group[], objects: { name: string }[], what: string): Problem[] => {
  const known = {
    object: new Set(objects.map((one) => one.name.toLowerCase())),
    group: new Set(groups.map((one) => one.name.toLowerCase())),
  };
  const circle = circlesIn(groups);
  return groups.flatMap((group, index) => {
    const seen = new Set<string>();
    return group.members.flatMap((member, at): Problem[] => {
      const name = member.name.toLowerCase();
      const key = `${member.kind} ${name}`;
      const again = seen.has(key);
      seen.add(key);
      const message = !known[member.kind].has(name)
        ? `No ${what}${member.kind === 'group' ? ' group' : ''} is called “${member.name}”.`
        : again
          ? `“${member.name}” is in this group already.`
          : member.kind === 'group' && circle(group.name.toLowerCase(), name)
            ? `“${member.name}” holds this group itself, directly or by way of others. A group cannot be inside itself.`
            : null;
      return message === null
        ? []
        : [{ place: `${collection}/${index}/members/${at}/name`, owner: group.name, message }];
    });
  });
};

/** Can the group `from` be reached from the group `to` by going from member to member? */
const circlesIn = (groups: Group[]): ((from: string, to: string) => boolean) => {
  const inner = new Map(
    groups.map((group) => [
      group.name.toLowerCase(),
      group.members.filter(({ kind }) => kind === 'group').map(({ name }) => name.toLowerCase()),
    ]),
  );
  const reachable = (from: string): Set<string> => {
    const seen = new Set([from]);
    const next = [from];
    for (let at = next.pop(); at !== undefined; at = next.pop())
      for (const name of inner.get(at) ?? [])
        if (!seen.has(name)) {
          seen.add(name);
          next.push(name);
        }
    return seen;
  };
  return (from, to) => reachable(to).has(from);
};
