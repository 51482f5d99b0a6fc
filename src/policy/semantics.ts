import { contains, ipv4Number, isMac, netmaskBits, parseNetwork } from './address.ts';
import { allAddresses, allServices, defaultNetworks, greengateServices } from './builtin.ts';
import { defaultServices } from './default-services.ts';
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

const sameIds = (rules: Rule[]): Problem[] => {
  const seen = new Set<string>();
  return rules.flatMap((rule, index) => {
    const again = seen.has(rule.id);
    seen.add(rule.id);
    return again ? [problem(`rules/${index}/id`, rule.remark, `Two rules have the id ${rule.id}.`)] : [];
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
  return group?.members.every((one) => isMac(addressOf(one.name))) ? 'destination/name' : null;
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

const networkProblems = ({ network: { green, red } }: Policy): Problem[] => {
  const found: Problem[] = [];
  const bits = netmaskBits(green.netmask) ?? 32;
  const inside = parseNetwork(`${green.address}/${bits}`);
  if (bits > 30 || bits < 8)
    found.push(
      problem('network/green/netmask', 'GREEN', 'GREEN needs a netmask between 255.0.0.0 and 255.255.255.252.'),
    );
  else if (isEdge(green.address, bits))
    found.push(
      problem('network/green/address', 'GREEN', 'This is the address of the network or its broadcast, not of a host.'),
    );
  if (red.mode === 'static') {
    for (const field of ['address', 'netmask', 'gateway'] as const) {
      if (red[field] === '')
        found.push(problem(`network/red/${field}`, 'RED', 'A static RED needs an address, a netmask and a gateway.'));
    }
    const outside = parseNetwork(`${red.address}/${netmaskBits(red.netmask)}`);
    if (inside !== null && outside !== null && (contains(inside, red.address) || contains(outside, green.address))) {
      found.push(problem('network/red/address', 'RED', 'RED and GREEN must be different networks.'));
    }
    if (outside !== null && red.gateway !== '' && !contains(outside, red.gateway)) {
      found.push(problem('network/red/gateway', 'RED', 'The gateway must be inside the network of RED.'));
    }
  }
  return found;
};

const isEdge = (address: string, bits: number): boolean => {
  const rest = ipv4Number(address) % 2 ** (32 - bits);
  return rest === 0 || rest === 2 ** (32 - bits) - 1;
};

const dhcpProblems = ({ dhcp, network }: Policy): Problem[] => {
  const inside = parseNetwork(`${network.green.address}/${netmaskBits(network.green.netmask)}`);
  const found: Problem[] = [];
  const mustBeInside = (place: string, owner: string, address: string) => {
    if (address === '') found.push(problem(place, owner, 'An address is needed while DHCP is on.'));
    else if (inside !== null && !contains(inside, address))
      found.push(problem(place, owner, 'This address is not inside the GREEN network.'));
    else if (address === network.green.address)
      found.push(problem(place, owner, 'This is the address of the box itself.'));
  };
  if (dhcp.enabled) {
    mustBeInside('dhcp/start', 'DHCP', dhcp.start);
    mustBeInside('dhcp/end', 'DHCP', dhcp.end);
    if (dhcp.start !== '' && dhcp.end !== '' && ipv4Number(dhcp.start) > ipv4Number(dhcp.end)) {
      found.push(problem('dhcp/end', 'DHCP', 'The range ends before it starts.'));
    }
  }
  dhcp.fixed.forEach((lease, index) => {
    mustBeInside(`dhcp/fixed/${index}/address`, lease.name || lease.mac, lease.address);
    const earlier = dhcp.fixed.slice(0, index);
    if (earlier.some((one) => one.mac === lease.mac))
      found.push(problem(`dhcp/fixed/${index}/mac`, lease.name || lease.mac, 'This MAC has a fixed lease already.'));
    if (earlier.some((one) => one.address === lease.address))
      found.push(
        problem(
          `dhcp/fixed/${index}/address`,
          lease.name || lease.mac,
          'This address is given to another MAC already.',
        ),
      );
  });
  return found;
};
