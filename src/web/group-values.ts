import { allServices, defaultNetworks, greengateServices } from '../policy/builtin.ts';
import { defaultServices } from '../policy/default-services.ts';
import { sameName } from '../policy/resolve.ts';
import type { Group, Policy } from '../policy/schema.ts';
import type { Kind } from './collections.ts';
import { serviceText } from './words.ts';

export type Member = Group['members'][number];

/** What the form of a group holds. `add` and `addGroup` are chosen, but not yet among the members; `addMany` is a list of names. */
export type GroupValues = {
  was: string;
  name: string;
  remark: string;
  members: Member[];
  add: string;
  addGroup: string;
  addMany: string;
};

export const emptyGroup: GroupValues = {
  was: '',
  name: '',
  remark: '',
  members: [],
  add: '',
  addGroup: '',
  addMany: '',
};

/** The group as its form sent it. */
export const readGroup = (fields: URLSearchParams): GroupValues => {
  const enabled = new Set(fields.getAll('enabled'));
  const groups = new Set(fields.getAll('memberGroup'));
  const text = (name: string) => fields.get(name) ?? '';
  return {
    was: text('was'),
    name: text('name'),
    remark: text('remark'),
    members: fields.getAll('member').map((name, index) => ({
      name,
      kind: groups.has(String(index)) ? 'group' : 'object',
      enabled: enabled.has(String(index)),
    })),
    add: text('add'),
    addGroup: text('addGroup'),
    addMany: text('addMany'),
  };
};

/** The groups of the kind that a group of this collection may hold. */
export const groupsOf = (policy: Policy, { collection }: Kind): Group[] =>
  collection === 'addressGroups' ? policy.addressGroups : policy.serviceGroups;

/** What a group of this kind may name, groups apart: own objects, then those that are built in. */
export const objectsOf = (policy: Policy, { collection }: Kind): { name: string; detail: string }[] =>
  collection === 'addressGroups'
    ? [...policy.addresses, ...defaultNetworks(policy)].map(({ name, value }) => ({ name, detail: value }))
    : allServices(policy).map((one) => ({ name: one.name, detail: serviceText(one) }));

/**
 * The group with what was chosen or listed taken among its members. A listed name may be an object or else a group; those
 * that nothing has stay in the list, and are named.
 */
export const withAdded = (
  policy: Policy,
  kind: Kind,
  values: GroupValues,
): { values: GroupValues; unknown: string[] } => {
  const objects = nameMap(objectsOf(policy, kind));
  const groups = nameMap(groupsOf(policy, kind));
  const members = [...values.members];
  const add = (name: string, as: Member['kind']) => {
    if (!members.some((one) => one.kind === as && sameName(one.name, name)))
      members.push({ name, kind: as, enabled: true });
  };
  if (values.add !== '') add(values.add, 'object');
  if (values.addGroup !== '') add(values.addGroup, 'group');
  const unknown: string[] = [];
  for (const line of values.addMany.split(/\r?\n/)) {
    const key = line.trim().toLowerCase();
    const [object, group] = [objects.get(key), groups.get(key)];
    if (object !== undefined) add(object, 'object');
    else if (group !== undefined) add(group, 'group');
    else if (key !== '') unknown.push(line.trim());
  }
  return { values: { ...values, members, add: '', addGroup: '', addMany: unknown.join('\n') }, unknown };
};

/** The members through which a group would hold itself, by their place; a group in these must be left out. */
export const circles = (policy: Policy, kind: Kind, { was, name, members }: GroupValues): number[] => {
  const groups = groupsOf(policy, kind);
  const self = new Set([was, name].map((one) => one.trim().toLowerCase()).filter((one) => one !== ''));
  return members.flatMap((one, index) => (one.kind === 'group' && reaches(groups, one.name, self) ? [index] : []));
};

/** What may still be added, in the order: own, the box's, default ones; and the groups that would make no circle. */
export const choicesOf = (policy: Policy, kind: Kind, values: GroupValues) => {
  const taken = new Set(values.members.filter((one) => one.kind === 'object').map((one) => one.name.toLowerCase()));
  const details = new Map(objectsOf(policy, kind).map(({ name, detail }) => [name, detail]));
  const options = (list: readonly { name: string }[]) =>
    list
      .filter(({ name }) => !taken.has(name.toLowerCase()))
      .map(({ name }) => ({ value: name, label: `${name} — ${details.get(name) || 'not known now'}` }));
  return kind.collection === 'addressGroups'
    ? [
        { label: 'Addresses', options: options(policy.addresses) },
        { label: 'Default networks', options: options(defaultNetworks(policy)) },
      ]
    : [
        { label: 'Services', options: options(policy.services) },
        { label: 'Default services', options: options(defaultServices) },
        { label: 'Greengate', options: options(greengateServices(policy)) },
      ];
};

/** The groups that may still be added. */
export const groupChoices = (policy: Policy, kind: Kind, values: GroupValues) => {
  const groups = groupsOf(policy, kind);
  const self = new Set([values.was, values.name].map((one) => one.toLowerCase()).filter((one) => one !== ''));
  const taken = (name: string) => values.members.some((one) => one.kind === 'group' && sameName(one.name, name));
  return groups
    .filter(({ name }) => !taken(name) && !reaches(groups, name, self))
    .map(({ name, members }) => ({ value: name, label: `${name} — ${countText(members.length)}` }));
};

/** `1 member`, `12 members`. */
export const countText = (count: number): string => `${count} ${count === 1 ? 'member' : 'members'}`;

/** Is the group `from` one of the wanted, or does it hold one, however deep? */
const reaches = (groups: readonly Group[], from: string, wanted: Set<string>): boolean => {
  const seen = new Set<string>();
  const todo = [from.toLowerCase()];
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (wanted.has(name)) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    const members = groups.find((one) => sameName(one.name, name as string))?.members ?? [];
    todo.push(...members.filter((one) => one.kind === 'group').map((one) => one.name.toLowerCase()));
  }
  return false;
};

const nameMap = (list: readonly { name: string }[]): Map<string, string> =>
  new Map(list.toReversed().map(({ name }) => [name.toLowerCase(), name]));
