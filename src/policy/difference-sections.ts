import { exchanged, type Line, same, short, turned } from './difference-words.ts';
import type { Policy } from './schema.ts';

/** What changes in the settings of BOT, the network, and the services of the box, a sentence for each field. */
export const sectionLines = (before: Policy, after: Policy): Line[] => [
  ...told(settings, before.settings, after.settings),
  ...told(network, before.network, after.network),
  ...told(dhcp, before.dhcp, after.dhcp),
  ...told(dns, before.dns, after.dns),
  ...told(proxy, before.proxy, after.proxy),
  ...told(time, before.time, after.time),
  ...told(ssh, before.ssh, after.ssh),
];

/** Every field has its words: one that comes to the schema does not compile before it has. */
type Words<Section> = { [Field in keyof Section]: (before: Section[Field], after: Section[Field]) => Line[] };

const told = <Section extends object>(words: Words<Section>, before: Section, after: Section): Line[] =>
  (Object.keys(words) as (keyof Section)[]).flatMap((field) =>
    same(before[field], after[field]) ? [] : words[field](before[field], after[field]),
  );

const value =
  (what: string, words: (value: never) => string = String) =>
  (before: unknown, after: unknown): Line[] => [
    () => `${turned(what, words(before as never) || 'none', words(after as never) || 'none')}.`,
  ];

const flag =
  (what: string) =>
  (_before: boolean, after: boolean): Line[] => [() => `${what} is switched ${after ? 'on' : 'off'}.`];

const list =
  (what: string, words: (one: string) => string = (one) => one) =>
  (before: readonly string[], after: readonly string[]): Line[] => [
    () => `${what}: ${exchanged(before.map(words), after.map(words))}.`,
  ];

const settings: Words<Policy['settings']> = {
  enabled: flag('BOT'),
  adminMac: value('The Admin MAC'),
  moreAdmins: list('Further administrators'),
  uiPort: value('The port of the user interface'),
  connectionState: flag('Connection state'),
  logging: flag('Logging of what no rule matches'),
  defaultDeny: value('The default action', (word: string) => word.toUpperCase()),
  advancedMode: flag('Advanced mode'),
  trialSeconds: value('The time on trial', (seconds: number) => `${seconds} seconds`),
};

const green: Words<Policy['network']['green']> = {
  address: value('GREEN’s address'),
  netmask: value('GREEN’s netmask'),
};

const red: Words<Policy['network']['red']> = {
  mode: value('RED’s address', (mode: string) => (mode === 'dhcp' ? 'one by DHCP' : 'a fixed one')),
  address: value('RED’s fixed address'),
  netmask: value('RED’s netmask'),
  gateway: value('RED’s gateway'),
};

const network: Words<Policy['network']> = {
  green: (before, after) => told(green, before, after),
  red: (before, after) => told(red, before, after),
  hostname: value('The host name'),
  domain: value('The domain'),
  names: list('Further names of the user interface'),
  timezone: value('The time zone'),
};

type Lease = Policy['dhcp']['fixed'][number];

const lease: Words<Omit<Lease, 'mac'>> = {
  address: value('the address'),
  name: value('the name'),
  remark: value('the remark'),
};

const dhcp: Words<Policy['dhcp']> = {
  enabled: flag('DHCP'),
  start: value('The first address that DHCP gives'),
  end: value('The last address that DHCP gives'),
  leaseMinutes: value('The lease time', (minutes: number) => `${minutes} minutes`),
  fixed: (before, after) => leaseLines(before, after),
};

const dns: Words<Policy['dns']> = { servers: list('DNS servers to ask') };

const proxy: Words<Policy['proxy']> = {
  enabled: flag('The proxy'),
  port: value('The port of the proxy'),
  cache: flag('The cache of the proxy'),
  cacheMegabytes: value('The size of the proxy’s cache', (size: number) => `${size} MB`),
  safePorts: value('The list of ports that the proxy may fetch from'),
  connectPorts: value('The list of ports that the proxy may tunnel to'),
};

const time: Words<Policy['time']> = {
  servers: list('Time servers'),
  serveGreen: flag('The time for GREEN'),
};

/** `ssh-ed25519 …Zk3pQ2 anna@desk`. */
const keyWords = (key: string): string => {
  const [type = '', code = '', ...owner] = key.split(' ');
  return short(`${type} …${code.slice(-6)} ${owner.join(' ')}`.trim());
};

const ssh: Words<Policy['ssh']> = {
  enabled: flag('SSH'),
  port: value('The port of SSH'),
  keys: list('Keys that may log in by SSH', keyWords),
};

const leaseLines = (before: Lease[], after: Lease[]): Line[] => {
  const [old, fresh] = [byMac(before), byMac(after)];
  return [
    ...after.flatMap((one): Line[] => {
      const was = old.get(one.mac);
      if (was === undefined) return [() => `${leaseName(one)} is added: ${one.address}.`];
      return told(lease, was, one).map((line) => () => `${leaseName(one)}: ${line()}`);
    }),
    ...before.flatMap((one): Line[] =>
      fresh.has(one.mac) ? [] : [() => `${leaseName(one)} is removed; it was ${one.address}.`],
    ),
  ];
};

const byMac = (leases: Lease[]): Map<string, Lease> => new Map(leases.map((one) => [one.mac, one]));

const leaseName = ({ mac, name }: Lease): string => `The fixed lease of ${mac}${name === '' ? '' : ` (${name})`}`;
