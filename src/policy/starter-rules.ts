import { sameName } from './resolve.ts';
import type { Policy } from './schema.ts';

/**
 * A ready-made rule. `on`: ticked when BOT is first enabled. `rule` is null for what Greengate allows above the rules anyway: it is
 * said, so that nobody looks for it. `value` is parsed with the edit that saves it. `there`: the policy has it already.
 */
export type StarterRule = {
  id: string;
  kind: 'use' | 'quiet';
  on: boolean;
  sentence: string;
  why: string;
  rule: { position: 'first' | 'last'; value: Record<string, unknown> } | null;
  services: { name: string; protocol: string; ports: string; remark: string }[];
  there: boolean;
};

/** The ready-made rules for this policy: what GREEN usually needs of the box, and what only fills the log. */
export const starterRules = (policy: Policy): StarterRule[] =>
  all.map((one) => ({ ...one, there: policy.rules.some(({ id }) => one.rule !== null && id === one.id) }));

/** The edits that add the chosen ones, in this order of ids; those that are there already, and unknown ids, add nothing. */
export const starterEdits = (policy: Policy, ids: readonly string[]): StarterEdit[] => {
  const chosen = starterRules(policy).filter(({ id, there, rule }) => ids.includes(id) && !there && rule !== null);
  const missing = chosen
    .flatMap(({ services }) => services)
    .filter(({ name }) => !policy.services.some((one) => sameName(one.name, name)));
  const firsts = chosen.filter(({ rule }) => rule?.position === 'first').reverse();
  const lasts = chosen.filter(({ rule }) => rule?.position === 'last');
  return [
    ...missing.map((value): StarterEdit => ({ do: 'save', collection: 'services', value })),
    ...firsts.map(
      ({ id, rule }): StarterEdit => ({ do: 'saveRule', id, value: rule?.value, position: 0, restore: true }),
    ),
    ...lasts.map(({ id, rule }): StarterEdit => ({ do: 'saveRule', id, value: rule?.value, restore: true })),
  ];
};

/** Edits of these two kinds only; `Edit` of `edit.ts` takes them. */
export type StarterEdit =
  | { do: 'save'; collection: 'services'; value: unknown }
  | { do: 'saveRule'; id: string; value: unknown; position?: number; restore: true };

const toBox = (service: string, remark: string) => ({
  source: { kind: 'any' },
  destination: { kind: 'greengate' },
  service: { kind: 'service', name: service },
  action: 'accept',
  remark,
});

const use = (id: string, on: boolean, service: string, sentence: string, why: string): Omit<StarterRule, 'there'> => ({
  id,
  kind: 'use',
  on,
  sentence,
  why,
  rule: { position: 'first', value: toBox(service, sentence) },
  services: [],
});

const above = (id: string, sentence: string): Omit<StarterRule, 'there'> => ({
  id,
  kind: 'use',
  on: true,
  sentence,
  why: 'Always allowed, above all rules.',
  rule: null,
  services: [],
});

/** Hosts call into their network all day. To the box such calls are noise: dropped unlogged, they leave the log readable. */
const quiet = (
  id: string,
  service: [name: string, ports: string],
  sentence: string,
  why: string,
): Omit<StarterRule, 'there'> => ({
  id,
  kind: 'quiet',
  on: false,
  sentence,
  why,
  rule: {
    position: 'last',
    value: { ...toBox(service[0], sentence), action: 'drop', log: false, heading: 'Not worth a log line' },
  },
  services: [{ name: service[0], protocol: 'udp', ports: service[1], remark: why }],
});

const all: readonly Omit<StarterRule, 'there'>[] = [
  use(
    'dns',
    true,
    'Greengate DNS',
    'GREEN may use DNS on Greengate',
    'Without it no name is found, and “the internet stops”.',
  ),
  above('dhcp', 'GREEN gets addresses by DHCP'),
  use(
    'ntp',
    true,
    'Greengate NTP',
    'GREEN may take the time from Greengate',
    'Clocks that are wrong break logins and certificates.',
  ),
  above('ping', 'GREEN may ping Greengate'),
  use(
    'proxy',
    false,
    'Greengate proxy',
    'GREEN may use the proxy',
    'Everybody on GREEN then reaches any web site through it.',
  ),
  // Ports from IANA's registry of service names, but for those of single makers: what their programs are seen to send.
  quiet(
    'quietnetbios',
    ['NetBIOS calls', '137-138'],
    'Drop NetBIOS calls unlogged',
    'Windows looks for names and workgroups.',
  ),
  quiet(
    'quietmdns',
    ['mDNS calls', '5353'],
    'Drop mDNS calls unlogged',
    'Apple, printers and phones look for each other.',
  ),
  quiet(
    'quietssdp',
    ['SSDP calls', '1900'],
    'Drop SSDP calls unlogged',
    'UPnP: televisions, routers and players announce themselves.',
  ),
  quiet('quietllmnr', ['LLMNR calls', '5355'], 'Drop LLMNR calls unlogged', 'Windows asks its neighbours for names.'),
  quiet(
    'quietbroadcast',
    ['Broadcast calls', '1947, 3289, 3702, 5678, 8610-8612, 10001, 17500, 27036'],
    'Drop other broadcasts unlogged',
    'WS-Discovery, printers, Dropbox, games and the like call everybody.',
  ),
];
