import { isAddress } from '../policy/address.ts';
import type { Edit } from '../policy/edit.ts';
import type { Policy } from '../policy/schema.ts';
import { type Choice, hostChoices, memberReader, serviceChoices } from './picks.ts';
import type { RuleValues } from './rule-values.ts';

/** One object that the form makes on the spot: its edit, what it is called on the page, and the fields of its places in the policy. */
export type Make = {
  edit: Extract<Edit, { do: 'save' }>;
  what: string;
  name: string;
  detail: string;
  /** Field of the form by what follows the object's own place: `name`, `value`, `members` …; `''` for all others. */
  fields: Record<string, string>;
};

type Member = { name: string; kind: 'object' | 'group' };

/** Every object that the form makes, in the order in which they must come. */
export const makesOf = (policy: Policy, values: RuleValues): Make[] => [
  ...hostMakes(policy, values, 'source'),
  ...hostMakes(policy, values, 'destination'),
  ...serviceMakes(policy, values),
];

const hostMakes = (policy: Policy, values: RuleValues, side: 'source' | 'destination'): Make[] => {
  if (values[side] === 'newAddress') {
    const [name, value] = [values[`${side}AddressName`].trim(), values[`${side}AddressValue`].trim()];
    const fields = { name: `${side}AddressName`, value: `${side}AddressValue`, '': `${side}AddressName` };
    return [addressMake(name, value, fields)];
  }
  if (values[side] !== 'newGroup') return [];
  const field = `${side}GroupMembers`;
  const lines = linesOf(values[`${side}GroupMembers`]);
  const choices = hostChoices(policy);
  // An address that has no name yet gets itself as its name: pasting a list of addresses makes a group of them.
  const read = memberReader(choices);
  const typed = lines.filter((line) => read(line) === undefined && isAddress(line));
  const members = membersOf(choices, lines);
  return [
    ...typed.map((line) => addressMake(line, line, { '': field })),
    groupMake('addressGroups', values[`${side}GroupName`], members, `${side}Group`),
  ];
};

const serviceMakes = (policy: Policy, values: RuleValues): Make[] => {
  if (values.service === 'newGroup') {
    const members = membersOf(serviceChoices(policy), linesOf(values.serviceGroupMembers));
    return [groupMake('serviceGroups', values.serviceGroupName, members, 'serviceGroup')];
  }
  if (values.service !== 'newService') return [];
  const protocol = values.serviceNewProtocol;
  // Fields that the chosen protocol does not have are left behind: without script the form shows them all.
  const ports = ['tcp', 'udp', 'tcp&udp'].includes(protocol) ? values.serviceNewPorts : '';
  const icmpType = ['icmp', 'icmpv6'].includes(protocol) ? values.serviceNewIcmp : '';
  const name = values.serviceNewName.trim();
  return [
    {
      edit: { do: 'save', collection: 'services', value: { name, protocol, ports, icmpType } },
      what: 'Service',
      name,
      detail: `${protocol === 'tcp&udp' ? 'TCP and UDP' : protocol.toUpperCase()} ${ports}${icmpType}`.trim(),
      fields: {
        name: 'serviceNewName',
        protocol: 'serviceNewProtocol',
        ports: 'serviceNewPorts',
        icmpType: 'serviceNewIcmp',
        '': 'serviceNewName',
      },
    },
  ];
};

const addressMake = (name: string, value: string, fields: Record<string, string>): Make => ({
  edit: { do: 'save', collection: 'addresses', value: { name, value } },
  what: 'Address',
  name,
  detail: value,
  fields,
});

const groupMake = (
  collection: 'addressGroups' | 'serviceGroups',
  typedName: string,
  members: Member[],
  prefix: string,
): Make => {
  const name = typedName.trim();
  return {
    edit: { do: 'save', collection, value: { name, members } },
    what: collection === 'addressGroups' ? 'Address group' : 'Service group',
    name,
    detail: members.map((one) => one.name).join(', '),
    fields: { name: `${prefix}Name`, members: `${prefix}Members`, '': `${prefix}Name` },
  };
};

/** Each member once: names in another spelling are the same. */
const membersOf = (choices: Choice[], lines: string[]): Member[] => {
  const read = memberReader(choices);
  const members = lines.map((line) => read(line) ?? { name: line, kind: 'object' as const });
  const keyOf = ({ name, kind }: Member) => `${kind} ${name.toLowerCase()}`;
  return [...new Map(members.map((one) => [keyOf(one), one])).values()];
};

const linesOf = (text: string): string[] => [
  ...new Set(
    text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  ),
];
