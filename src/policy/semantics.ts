import { isMac } from './address.ts';
import { allAddresses, allServices, defaultNetworks, greengateServices } from './builtin.ts';
import { defaultServices } from './default-services.ts';
import { dhcpProblems, networkProblems } from './network-semantics.ts';
import type { Problem } from './problem.ts';
import { sameName } from './resolve.ts';
import type { Destination, Group, Policy, Rule } from './schema.ts';

/** The faults of a policy that no single field shows: names used twice, names that do not exist, a MAC as destination … */
export const semanticProblems = (policy: Policy): Problem[] => [
  ...nameProblems(policy),
  ...groupProblems(policy),
  ...policy.rules.flatMap((rule, index) => ruleProblems(policy, rule, index)),
  ...settingsProblems(policy),
  ...networkProblems(policy),
  ...dhcpProblems(policy),
];

const problem = (place: string, owner: string, message: string): Problem => ({ place, owner, message });

const nameProblems = (policy: Policy): Problem[] => [
  ...twice('addresses', policy.addresses, defaultNetworks(policy), 'a default network'),
  ...twice('addressGroups', policy.addressGroups, [], ''),
  ...twice('services', policy.services, [...greengateServices(policy), ...defaultServices], 'a default service'),
  ...twice('serviceGroups', policy.serviceGroups, [], ''),
  ...sameIds(policy.rules),
];

const twice = (
  collection: string,
  own: { name: string }[],
  fixed: readonly { name: string }[],
  what: string,
): Problem[] => {
  const seen = new Map(fixed.map((one) => [one.name.toLowerCase(), what]));
  return own.flatMap(({ name }, index) => {
    const taken = seen.get(name.toLowerCase());
    seen.set(name.toLowerCase(), 'another one');
    return taken === undefined
      ? []
      : [
          problem(
            `${collection}/${index}/name`,
            name,
            `${taken === what ? `This is the name of ${what}` : 'This name is taken'}. Choose another name.`,
          ),
        ];
  });
};

/** Words that counters and log lines have for what is no rule of the owner's. */
const reservedIds = ['default', 'admin'];

const sameIds = (rules: Rule[]): Problem[] => {
  const seen = new Set<string>(reservedIds);
  return rules.flatMap((rule, index) => {
    const again = seen.has(rule.id);
    seen.add(rule.id);
    return again ? [problem(`rules/${index}/id`, rule.remark, `The id ${rule.id} is taken.`)] : [];
  });
};

const groupProblems = (policy: Policy): Problem[] => [
  ...members('addressGroups', policy.addressGroups, allAddresses(policy), 'address'),
  ...members('serviceGroups', policy.serviceGroups, allServices(policy), 'service'),
];

const members = (collection: string, groups: Group[], known: { name: string }[], what: string): Problem[] => {
  const names = new Set(known.map((one) => one.name.toLowerCase()));
  return groups.flatMap((group, index) =>
    group.members.flatMap((member, at) => {
      const place = `${collection}/${index}/members/${at}/name`;
      if (!names.has(member.name.toLowerCase()))
        return [problem(place, group.name, `No ${what} is called “${member.name}”.`)];
      return group.members.findIndex((other) => sameName(other.name, member.name)) < at
        ? [problem(place, group.name, `“${member.name}” is in this group already.`)]
        : [];
    }),
  );
};

const ruleProblems = (policy: Policy, rule: Rule, index: number): Problem[] => {
  const found: Problem[] = [];
  const add = (place: string, message: string) =>
    found.push(problem(`rules/${index}/${place}`, rule.remark || rule.id, message));
  const missing = (list: { name: string }[], name: string) => !list.some((one) => sameName(one.name, name));
  for (const side of ['source', 'destination'] as const) {
    const ref = rule[side];
    if (ref.kind === 'address' && missing(allAddresses(policy), ref.name))
      add(`${side}/name`, `No address is called “${ref.name}”.`);
    if (ref.kind === 'group' && missing(policy.addressGroups, ref.name))
      add(`${side}/name`, `No address group is called “${ref.name}”.`);
  }
  const { service } = rule;
  if (service.kind === 'service' && missing(allServices(policy), service.name))
    add('service/name', `No service is called “${service.name}”.`);
  if (service.kind === 'group' && missing(policy.serviceGroups, service.name))
    add('service/name', `No service group is called “${service.name}”.`);
  const mac = destinationMac(policy, rule.destination);
  if (mac !== null) add(mac, 'A MAC address cannot be a destination: outside GREEN nobody sees MAC addresses.');
  return found;
};

/** The field at fault when a destination is a MAC. MACs among other members of a group are left out, as in BOT. */
const destinationMac = (policy: Policy, destination: Destination): string | null => {
  if (destination.kind === 'typed') return isMac(destination.value) ? 'destination/value' : null;
  const addressOf = (name: string) => allAddresses(policy).find((one) => sameName(one.name, name))?.value ?? '';
  if (destination.kind === 'address') return isMac(addressOf(destination.name)) ? 'destination/name' : null;
  if (destination.kind !== 'group') return null;
  const group = policy.addressGroups.find((one) => sameName(one.name, destination.name));
  const members = group?.members.filter((one) => one.enabled) ?? [];
  return members.length > 0 && members.every((one) => isMac(addressOf(one.name))) ? 'destination/name' : null;
};

const settingsProblems = ({ settings, proxy }: Policy): Problem[] => {
  const found: Problem[] = [];
  if (settings.enabled && settings.adminMac === '') {
    found.push(
      problem(
        'settings/adminMac',
        'BOT settings',
        'BOT needs the MAC address of the PC that administers it: without it nobody could reach this page.',
      ),
    );
  }
  if (settings.uiPort === proxy.port) {
    found.push(
      problem('settings/uiPort', 'BOT settings', `The proxy has port ${proxy.port} already. Choose another port.`),
    );
  }
  for (const [place, taken] of [
    ['settings/uiPort', settings.uiPort],
    ['proxy/port', proxy.port],
  ] as const) {
    if (reserved.has(taken))
      found.push(problem(place, 'Greengate', `Port ${taken} is used by the box itself. Choose another port.`));
  }
  return found;
};

/** DNS, DHCP, NTP and the SSH port of IPCop's users. */
const reserved = new Set([53, 67, 68, 123, 222]);
