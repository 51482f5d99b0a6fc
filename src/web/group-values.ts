import { sameName } from '../policy/resolve.ts';
import type { Group, Policy } from '../policy/schema.ts';
import type { Kind } from './collections.ts';
import { type Choice, hostChoices, memberReader, serviceChoices } from './picks.ts';

export type Member = Group['members'][number];

/**
 * What the form of a group holds. `add` names one more, not yet among the members, and `addMany` a list of them; `find` narrows the
 * members that are shown.
 */
export type GroupValues = {
  was: string;
  name: string;
  remark: string;
  members: Member[];
  add: string;
  addMany: string;
  find: string;
};

export const emptyGroup: GroupValues = { was: '', name: '', remark: '', members: [], add: '', addMany: '', find: '' };

/** The group as its form sent it: all members in one field, and the switches of those that were shown. */
export const readGroup = (fields: URLSearchParams): GroupValues => {
  const text = (name: string) => fields.get(name) ?? '';
  const shown = new Set(fields.getAll('shown'));
  const enabled = new Set(fields.getAll('enabled'));
  return {
    was: text('was'),
    name: text('name'),
    remark: text('remark'),
    members: membersOfText(text('members')).map((one, index) =>
      shown.has(String(index)) ? { ...one, enabled: enabled.has(String(index)) } : one,
    ),
    add: text('add'),
    addMany: text('addMany'),
    find: text('find'),
  };
};

/** Members as lines, the smallest form that carries a thousand of them: `+` or `-` for the switch, `o` or `g` for object or group, the name. */
export const membersText = (members: readonly Member[]): string =>
  members.map(({ name, kind, enabled }) => `${enabled ? '+' : '-'}${kind === 'group' ? 'g' : 'o'}${name}`).join('\n');

const membersOfText = (text: string): Member[] =>
  text.split(/\r?\n/).flatMap((line): Member[] => {
    const [, on = '', kind = '', name = ''] = /^([+-])([og])(.+)$/.exec(line) ?? [];
    return name === '' ? [] : [{ name, kind: kind === 'g' ? 'group' : 'object', enabled: on === '+' }];
  });

/** The groups of the kind that a group of this collection may hold. */
export const groupsOf = (policy: Policy, { collection }: Kind): Group[] =>
  collection === 'addressGroups' ? policy.addressGroups : policy.serviceGroups;

/** What may be a member of a group of this kind: objects and groups, own ones and those that are built in. */
const allChoices = (policy: Policy, { collection }: Kind): Choice[] =>
  collection === 'addressGroups' ? hostChoices(policy) : serviceChoices(policy);

/** What the picker of the group called `was` offers: all but the groups through which it would hold itself. */
export const memberChoices = (policy: Policy, kind: Kind, was: string): Choice[] => {
  const groups = groupsOf(policy, kind);
  const self = new Set([was.toLowerCase()]);
  return allChoices(policy, kind).filter(
    (one) => was === '' || one.kind !== 'group' || !reaches(groups, one.name, self),
  );
};

/**
 * The group with what was chosen or listed taken among its members. A listed name may be an object or else a group; those
 * that nothing has stay in their field, and are named.
 */
export const withAdded = (
  policy: Policy,
  kind: Kind,
  values: GroupValues,
): { values: GroupValues; unknown: { add: string[]; addMany: string[] } } => {
  const read = memberReader(allChoices(policy, kind));
  const members = [...values.members];
  const known = new Set(members.map(keyOf));
  /** The lines that nothing is called like. */
  const take = (text: string): string[] =>
    text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => {
        const found = read(line);
        if (line === '' || found === undefined) return line !== '';
        if (!known.has(keyOf(found))) members.push({ ...found, enabled: true });
        known.add(keyOf(found));
        return false;
      });
  const unknown = { add: take(values.add), addMany: take(values.addMany) };
  const left = { add: unknown.add.join(''), addMany: unknown.addMany.join('\n') };
  return { values: { ...values, members, ...left }, unknown };
};

const keyOf = ({ name, kind }: Pick<Member, 'name' | 'kind'>): string => `${kind} ${name.toLowerCase()}`;

/** The members through which a group would hold itself, by their place; a group in these must be left out. */
export const circles = (policy: Policy, kind: Kind, { was, name, members }: GroupValues): number[] => {
  const groups = groupsOf(policy, kind);
  const self = new Set([was, name].map((one) => one.trim().toLowerCase()).filter((one) => one !== ''));
  return members.flatMap((one, index) => (one.kind === 'group' && reaches(groups, one.name, self) ? [index] : []));
};

/** What is behind a member: the value of an object, the size of a group, or that it is not there. */
export const detailer = (policy: Policy, kind: Kind): ((member: Member) => string) => {
  const details = new Map(allChoices(policy, kind).map((one) => [`${one.kind} ${one.name.toLowerCase()}`, one.detail]));
  return (member) => details.get(keyOf(member)) ?? 'missing';
};

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
