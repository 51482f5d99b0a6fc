import { isDnsName, isMac } from './address.ts';
import { allAddresses, allServices } from './builtin.ts';
import { canInvert } from './matches.ts';
import type { Problem } from './problem.ts';
import { membersOf, resolveMatches } from './resolve.ts';
import type { Destination, Policy, Rule, Source } from './schema.ts';

/** The faults of rules that no single field shows. Groups must be sound already. */
export const ruleProblems = (policy: Policy): Problem[] => {
  const names = namesOf(policy);
  return policy.rules.flatMap((rule, index) => {
    const missing = missingNames(names, rule);
    const found = missing.length > 0 ? missing : [...hostFaults(policy, names, rule), ...optionFaults(policy, rule)];
    return found.map(([place, message]) => ({
      place: `rules/${index}/${place}`,
      owner: rule.remark || rule.id,
      message,
    }));
  });
};

type Fault = [place: string, message: string];

type Names = ReturnType<typeof namesOf>;

const namesOf = (policy: Policy) => {
  const lower = (list: { name: string }[]) => new Set(list.map(({ name }) => name.toLowerCase()));
  return {
    address: new Map(allAddresses(policy).map(({ name, value }) => [name.toLowerCase(), value])),
    addressGroup: lower(policy.addressGroups),
    service: lower(allServices(policy)),
    serviceGroup: lower(policy.serviceGroups),
  };
};

const missingNames = (names: Names, rule: Rule): Fault[] => {
  const found: Fault[] = [];
  for (const side of ['source', 'destination'] as const) {
    const ref = rule[side];
    if (ref.kind === 'address' && !names.address.has(ref.name.toLowerCase()))
      found.push([`${side}/name`, `No address is called “${ref.name}”.`]);
    if (ref.kind === 'group' && !names.addressGroup.has(ref.name.toLowerCase()))
      found.push([`${side}/name`, `No address group is called “${ref.name}”.`]);
  }
  const { service } = rule;
  if (service.kind === 'service' && !names.service.has(service.name.toLowerCase()))
    found.push(['service/name', `No service is called “${service.name}”.`]);
  if (service.kind === 'group' && !names.serviceGroup.has(service.name.toLowerCase()))
    found.push(['service/name', `No service group is called “${service.name}”.`]);
  return found;
};

/** What a source or destination is made of, as written. */
const valuesOf = (policy: Policy, names: Names, ref: Source | Destination): string[] => {
  if (ref.kind === 'typed') return [ref.value];
  if (ref.kind !== 'address' && ref.kind !== 'group') return [];
  const members = ref.kind === 'address' ? [ref.name] : membersOf(policy.addressGroups, ref.name);
  return members.map((name) => names.address.get(name.toLowerCase()) ?? '');
};

const hostFaults = (policy: Policy, names: Names, rule: Rule): Fault[] => {
  const from = valuesOf(policy, names, rule.source);
  const to = valuesOf(policy, names, rule.destination);
  const field = ({ kind }: Source | Destination) => (kind === 'typed' ? 'value' : 'name');
  const found: Fault[] = [];
  if (from.length > 0 && from.every(isDnsName))
    found.push([
      `source/${field(rule.source)}`,
      'A DNS name can only be a destination. Name the sender by address or MAC.',
    ]);
  // MACs among other members of a destination's group are left out, as in BOT.
  if (to.length > 0 && to.every(isMac))
    found.push([
      `destination/${field(rule.destination)}`,
      'A MAC address cannot be a destination: outside GREEN nobody sees MAC addresses.',
    ]);
  if ('invert' in rule.destination && rule.destination.invert && to.some(isDnsName))
    found.push([
      `destination/${field(rule.destination)}`,
      '“Everything but” a DNS name would be everything while its addresses are not known. Use addresses here.',
    ]);
  if ('invert' in rule.source && rule.source.invert && from.every((value) => value === '' || isDnsName(value)))
    found.push([`source/${field(rule.source)}`, '“Everything but” nothing is everything. Choose another source.']);
  return found;
};

const optionFaults = (policy: Policy, rule: Rule): Fault[] => {
  const found: Fault[] = [];
  const matches = resolveMatches(policy, { ...rule, sourcePorts: '' });
  if (rule.service.kind !== 'any' && rule.service.invert && matches.length === 0)
    found.push(['service/name', '“Everything but” every service is nothing. Choose another service.']);
  if ('invert' in rule.service && rule.service.invert && !canInvert(resolveMatches(policy, straight(rule))))
    found.push([
      'service/name',
      '“Everything but” types of ICMP and of ICMPv6 together cannot be said in one rule. Use a group with one kind of them.',
    ]);
  if (rule.sourcePorts === '' && rule.invertSourcePorts)
    found.push(['invertSourcePorts', '“Every port but” needs ports. Write them, or switch it off.']);
  if (rule.sourcePorts !== '' && matches.length > 0 && resolveMatches(policy, rule).length === 0)
    found.push(['sourcePorts', 'Only TCP and UDP have source ports. Choose such a service, or leave them empty.']);
  if (rule.action === 'log' && rule.limit !== null && rule.limit.for !== 'log')
    found.push(['limit/for', 'A rule that only logs can only limit its log.']);
  return found;
};

/** The rule's service as it is, not inverted, from any port. */
const straight = (rule: Rule): Pick<Rule, 'service' | 'sourcePorts' | 'invertSourcePorts'> => ({
  service: rule.service.kind === 'any' ? rule.service : { ...rule.service, invert: false },
  sourcePorts: '',
  invertSourcePorts: false,
});
