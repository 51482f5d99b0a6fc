import type { Group } from '../policy/schema.ts';
import type { Catalogue, Found } from './catalogue.ts';
import { type Line, say } from './lines.ts';
import { cleanText, isOn } from './names.ts';
import type { Draft, Entry } from './settle.ts';

type Gathered = { entry: Entry<Group>; found: Found; head: boolean };

/**
 * The lines of `serviceGroups` or `addressGroups`: `GROUP,name,counter,remark`, then `SERVICE,name,member,default|custom,on|off` (or
 * `ADDRESS`). A group with a member that is not there is in doubt: rules that name it come in disabled.
 */
export const readGroups = (
  lines: Line[],
  kind: 'addressGroups' | 'serviceGroups',
  catalogue: Catalogue,
  draft: Draft,
): void => {
  const word = kind === 'addressGroups' ? 'ADDRESS' : 'SERVICE';
  const groups = new Map<string, Gathered>();
  const groupOf = (old: string): Gathered => {
    const known = groups.get(old);
    if (known !== undefined) return known;
    const found = catalogue.name(kind, old);
    const made = {
      entry: { value: { name: found.name, remark: '', members: [] }, lines: [], old },
      found,
      head: false,
    };
    groups.set(old, made);
    return made;
  };
  for (const line of lines) {
    const [first = '', name = '', ...rest] = line.text.split(',').map((one) => one.trim());
    if (!line.open) continue;
    if (name === '' || (first !== 'GROUP' && first !== word))
      say(line, 'refused', `A line here begins with GROUP or ${word} and the name of a group.`);
    else if (first === 'GROUP') addHead(line, groupOf(name), rest.slice(1).join(','));
    else addMember(line, groupOf(name), rest, kind, catalogue);
  }
  for (const { entry, found } of groups.values()) {
    if (entry.value.members.some(({ enabled }) => enabled)) draft[kind].push(entry);
    else {
      found.doubt = `The group “${entry.old}” has no member that is switched on.`;
      entry.value.members = [
        {
          name: catalogue.standIn(kind === 'addressGroups' ? 'addresses' : 'services', entry.old).name,
          kind: 'object',
          enabled: true,
        },
        ...entry.value.members,
      ];
      for (const line of entry.lines)
        say(line, 'note', 'The group has no member that is switched on: it stands here with one that matches nothing.');
      draft[kind].push(entry);
    }
  }
};

const addHead = (line: Line, { entry, ...group }: Gathered, remark: string): void => {
  if (entry.lines.some(({ text }) => text.startsWith('GROUP'))) {
    say(line, 'refused', `The group “${entry.old}” has its line already.`);
    return;
  }
  entry.value.remark = cleanText(remark, 200);
  entry.lines.push(line);
  const renamed = group.found.name === entry.old ? '' : `Here it is called “${group.found.name}”.`;
  say(line, 'imported', renamed, renamed !== '');
};

const addMember = (
  line: Line,
  { entry, found }: Gathered,
  [member = '', type = '', state]: string[],
  kind: 'addressGroups' | 'serviceGroups',
  catalogue: Catalogue,
): void => {
  if (member === '') {
    say(line, 'refused', 'The line names no member.');
    return;
  }
  const enabled = isOn(state);
  const custom = type.toLowerCase().startsWith('cust');
  const group = kind === 'serviceGroups' && !custom ? catalogue.boxGroup(member) : null;
  const one = group ?? memberOf(kind, member, custom, catalogue);
  if (entry.value.members.some(({ name }) => name.toLowerCase() === one.name.toLowerCase())) {
    say(line, 'refused', `“${one.name}” is in this group already.`);
    return;
  }
  entry.value.members.push({ name: one.name, kind: group === null ? 'object' : 'group', enabled });
  entry.lines.push(line);
  if (one.doubt === '') {
    say(line, 'imported', one.name === member ? '' : `Here it is called “${one.name}”.`);
    return;
  }
  if (enabled && found.doubt === '') found.doubt = `The group “${entry.old}” is not whole: ${one.doubt}`;
  say(
    line,
    enabled ? 'imported disabled' : 'imported',
    `${one.doubt} A stand-in takes its place; rules with this group come in disabled.`,
    true,
  );
};

const memberOf = (
  kind: 'addressGroups' | 'serviceGroups',
  member: string,
  custom: boolean,
  catalogue: Catalogue,
): Found => {
  if (kind === 'addressGroups') return custom ? catalogue.custom('addresses', member) : catalogue.network(member);
  return custom ? catalogue.custom('services', member) : catalogue.service(member);
};
