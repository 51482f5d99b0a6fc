import { isDnsName } from './address.ts';
import { defaultNetworks, greengateServices } from './builtin.ts';
import { defaultServices } from './default-services.ts';
import { groupProblems } from './group-semantics.ts';
import { dhcpProblems, networkProblems, serverProblems } from './network-semantics.ts';
import type { Problem } from './problem.ts';
import { ruleProblems } from './rule-semantics.ts';
import type { Policy, Rule } from './schema.ts';
import { sshKeyFault } from './ssh-key.ts';
import { isTimezone } from './zones.ts';

/** The faults of a policy that no single field shows: names used twice, names that do not exist, a MAC as destination … */
export const semanticProblems = (policy: Policy): Problem[] => {
  const groups = groupProblems(policy);
  return [
    ...nameProblems(policy),
    ...groups,
    ...(groups.length > 0 ? [] : ruleProblems(policy)),
    ...blockProblems(policy),
    ...settingsProblems(policy),
    ...sshProblems(policy),
    ...networkProblems(policy),
    ...dhcpProblems(policy),
    ...serverProblems(policy),
    ...nestedNames(policy),
  ];
};

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

/** Ids of blocks: they share counters, marks and log lines with the rules. */
const isBlockId = (id: string): boolean => /^b\d+$/.test(id);

const sameIds = (rules: Rule[]): Problem[] => {
  const seen = new Set<string>(reservedIds);
  return rules.flatMap((rule, index) => {
    const again = seen.has(rule.id) || isBlockId(rule.id);
    seen.add(rule.id);
    return again ? [problem(`rules/${index}/id`, rule.remark, `The id ${rule.id} is taken.`)] : [];
  });
};

const blockProblems = ({ blocks }: Policy): Problem[] =>
  blocks.flatMap(({ id, host }, index) => [
    ...(isDnsName(host)
      ? [problem(`blocks/${index}/host`, host, 'Name the host by its IP address or MAC, not by a DNS name.')]
      : []),
    ...(blocks.findIndex((one) => one.host === host || one.id === id) < index
      ? [problem(`blocks/${index}/host`, host, 'This host is blocked or allowed already.')]
      : []),
  ]);

const settingsProblems = ({ settings, proxy, ssh, network }: Policy): Problem[] => {
  const found: Problem[] = [];
  if (settings.enabled && settings.adminMac === '' && settings.moreAdmins.length === 0) {
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
  settings.moreAdmins.forEach((admin, index) => {
    if (isDnsName(admin))
      found.push(
        problem(`settings/moreAdmins/${index}`, admin, 'Name an administrator’s PC by MAC, address, network or range.'),
      );
  });
  if (!isTimezone(network.timezone))
    found.push(problem('network/timezone', 'Time zone', 'This time zone is not known. Write it like Europe/Berlin.'));
  for (const [place, taken] of [
    ['settings/uiPort', settings.uiPort],
    ['proxy/port', proxy.port],
    ['ssh/port', ssh.port],
  ] as const) {
    if (place !== 'ssh/port' && taken === ssh.port)
      found.push(problem(place, 'Greengate', `SSH has port ${taken}. Choose another port.`));
    if (reserved.has(taken))
      found.push(problem(place, 'Greengate', `Port ${taken} is used by the box itself. Choose another port.`));
  }
  return found;
};

const sshProblems = ({ ssh }: Policy): Problem[] =>
  ssh.keys.flatMap((key, index) => {
    const fault = sshKeyFault(key);
    return fault === null ? [] : [problem(`ssh/keys/${index}`, 'SSH', fault)];
  });

/**
 * What dnsmasq is told of a DNS name takes the set of each listed name that it is below, all in one line, and its lines have no more than
 * 1024 characters. A set takes 67 of them, once for each family (src/plan/dnsmasq.ts), and the longest name 253: ten sets above its own fit.
 */
const nestedNames = ({ addresses, rules }: Policy): Problem[] => {
  const listed = [
    ...addresses.map(({ name, value }, index) => ({ place: `addresses/${index}/value`, owner: name, value })),
    ...rules.flatMap(({ destination, remark, id }, index) =>
      destination.kind === 'typed'
        ? [{ place: `rules/${index}/destination/value`, owner: remark || id, value: destination.value }]
        : [],
    ),
  ].filter(({ value }) => isDnsName(value));
  const names = new Set(listed.map(({ value }) => value));
  const above = (value: string): number => {
    const parts = value.split('.');
    return parts.filter((_, first) => first > 0 && names.has(parts.slice(first).join('.'))).length;
  };
  return listed.flatMap(({ place, owner, value }) =>
    above(value) > NESTED_MAX
      ? [problem(place, owner, `This name is below more than ${NESTED_MAX} other DNS names. Leave some of them out.`)]
      : [],
  );
};

const NESTED_MAX = 10;

/** DNS, DHCP and NTP. */
const reserved = new Set([53, 67, 68, 123]);
