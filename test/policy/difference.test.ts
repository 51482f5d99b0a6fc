import test from 'ava';
import { defaultPolicy } from '../../src/policy/defaults.ts';
import { differences, MOST } from '../../src/policy/difference.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { restoredPolicy } from '../../src/policy/restored.ts';
import type { Policy, Rule } from '../../src/policy/schema.ts';

/** A policy from what differs of the default one. */
const policyOf = (parts: object): Policy => {
  const parsed = parsePolicy({ ...defaultPolicy(), ...parts });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
};

const rule = (id: string, more: object = {}): object => ({
  id,
  source: { kind: 'any' },
  destination: { kind: 'any' },
  service: { kind: 'service', name: 'SMTP' },
  action: 'accept',
  remark: `Rule of ${id}`,
  ...more,
});

const member = (name: string, enabled = true, kind = 'object') => ({ name, kind, enabled });

const office: Policy = policyOf({
  addresses: [
    { name: 'Anna', value: '192.168.51.11' },
    { name: 'Bert', value: '192.168.51.12', remark: 'Left desk' },
    { name: 'Cleo', value: '192.168.51.13' },
  ],
  addressGroups: [{ name: 'Desks', members: [member('Anna'), member('Bert'), member('Cleo', false)] }],
  services: [{ name: 'Till', protocol: 'tcp', ports: '8080' }],
  serviceGroups: [{ name: 'Shop', members: [member('Till'), member('SMTP')] }],
  rules: [
    rule('r1', { source: { kind: 'group', name: 'Desks' } }),
    rule('r2', { source: { kind: 'address', name: 'Bert' }, service: { kind: 'group', name: 'Shop' } }),
    rule('r3'),
    rule('r4', { action: 'drop', enabled: false }),
  ],
  dhcp: { ...defaultPolicy().dhcp, fixed: [{ mac: '00:16:3e:00:00:25', address: '192.168.51.25', name: 'pc' }] },
});

const withRules = (change: (rules: Rule[]) => object[]): Policy => policyOf({ ...office, rules: change(office.rules) });

test('a policy differs in nothing from itself, nor by blocked hosts', (t) => {
  t.deepEqual(differences(office, office), []);
  const block = { id: 'b9', host: '192.168.51.25', action: 'drop' };
  t.deepEqual(differences(office, policyOf({ ...office, blocks: [block], lastId: 9 })), []);
});

test('settings and services of the box are told by field, with the old and the new value', (t) => {
  const { settings, network, dhcp, dns, proxy, time, ssh } = office;
  const key = (owner: string) =>
    `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ${owner}`;
  const after = policyOf({
    ...office,
    settings: { ...settings, uiPort: 444, logging: false, moreAdmins: ['192.168.51.9'], defaultDeny: 'reject' },
    network: {
      ...network,
      hostname: 'gate',
      red: { mode: 'static', address: '203.0.113.2', netmask: '255.255.255.0', gateway: '203.0.113.1' },
    },
    dhcp: {
      ...dhcp,
      leaseMinutes: 60,
      fixed: [
        { mac: '00:16:3e:00:00:25', address: '192.168.51.26', name: 'pc' },
        { mac: '00:16:3e:00:00:35', address: '192.168.51.35' },
      ],
    },
    dns: { ...dns, servers: ['192.0.2.53', '192.0.2.54'] },
    proxy: { ...proxy, cache: true, safePorts: '80, 443, 8080' },
    time: { ...time, servers: ['0.pool.ntp.org', '2.pool.ntp.org', 'time.example'] },
    ssh: { ...ssh, keys: [key('anna')] },
  });
  t.deepEqual(differences(office, after), [
    'Further administrators: 192.168.51.9 is added.',
    'The port of the user interface changes from 445 to 444.',
    'Logging of what no rule matches is switched off.',
    'The default action changes from DROP to REJECT.',
    'RED’s address changes from one by DHCP to a fixed one.',
    'RED’s fixed address changes from none to 203.0.113.2.',
    'RED’s netmask changes from none to 255.255.255.0.',
    'RED’s gateway changes from none to 203.0.113.1.',
    'The host name changes from greengate to gate.',
    'The lease time changes from 720 minutes to 60 minutes.',
    'The fixed lease of 00:16:3e:00:00:25 (pc): the address changes from 192.168.51.25 to 192.168.51.26.',
    'The fixed lease of 00:16:3e:00:00:35 is added: 192.168.51.35.',
    'DNS servers to ask: 192.0.2.53 and 192.0.2.54 are added.',
    'The cache of the proxy is switched on.',
    'The list of ports that the proxy may fetch from changes from 80, 443 to 80, 443, 8080.',
    'Time servers: time.example is added, 1.pool.ntp.org is removed.',
    'Keys that may log in by SSH: ssh-ed25519 …scHR4f anna is added.',
  ]);
});

test('objects: added, removed, renamed, changed, and which members of a group', (t) => {
  const after = policyOf({
    ...office,
    addresses: [
      { name: 'Anna', value: '192.168.51.111' },
      { name: 'Bertha', value: '192.168.51.12', remark: 'Left desk' },
      { name: 'Cleo', value: '192.168.51.13', remark: 'Right desk' },
      { name: 'Dora', value: '192.168.51.14' },
    ],
    addressGroups: [{ name: 'Desks', members: [member('Bertha'), member('Cleo'), member('Dora')] }],
    services: [{ name: 'Till', protocol: 'udp', ports: '8080', invertPorts: true }],
    serviceGroups: [{ name: 'Market', members: [member('Till'), member('SMTP')] }],
    rules: office.rules.map((one) =>
      one.id === 'r2'
        ? { ...one, source: { kind: 'address', name: 'Bertha' }, service: { kind: 'group', name: 'Market' } }
        : one,
    ),
  });
  t.deepEqual(differences(office, after), [
    'Address “Bert” is now called “Bertha”.',
    'Address “Anna”: it changes from 192.168.51.11 to 192.168.51.111.',
    'Address “Cleo”: the remark changes from none to “Right desk”.',
    'Address “Dora” is added: 192.168.51.14.',
    'Address group “Desks”: “Dora” is added, “Anna” is removed; “Cleo” is switched on.',
    'Service “Till”: it changes from TCP 8080 to UDP, every port but 8080.',
    'Service group “Shop” is now called “Market”.',
  ]);
  t.deepEqual(differences(after, office).slice(1, 4), [
    'Address “Anna”: it changes from 192.168.51.111 to 192.168.51.11.',
    'Address “Cleo”: the remark changes from “Right desk” to none.',
    'Address “Dora” is removed; it was 192.168.51.14.',
  ]);
});

test('two objects that are alike are not taken for renamed ones', (t) => {
  const two = (one: string, other: string) =>
    policyOf({ addresses: [one, other].map((name) => ({ name, value: '192.168.51.9' })) });
  t.deepEqual(differences(two('A', 'B'), two('C', 'D')), [
    'Address “C” is added: 192.168.51.9.',
    'Address “D” is added: 192.168.51.9.',
    'Address “A” is removed; it was 192.168.51.9.',
    'Address “B” is removed; it was 192.168.51.9.',
  ]);
});

test('rules: added, removed, switched, moved, and the fields that change', (t) => {
  const after = withRules(([first, second, , fourth]) => [
    { ...fourth, enabled: true },
    { ...first, destination: { kind: 'greengate' }, action: 'reject', log: true, expires: 1_795_213_800 },
    {
      ...second,
      service: { kind: 'service', name: 'Till', invert: true },
      frame: { days: { kind: 'week', days: [1, 2, 3, 4, 5] }, start: '08:00', end: '17:00' },
      limit: { for: 'both', rate: 10, per: 'minute', burst: 5 },
      sourcePorts: '53',
      heading: 'Shop',
    },
    rule('r9', { source: { kind: 'typed', value: '192.168.51.77' }, enabled: false }),
  ]);
  t.deepEqual(differences(office, after), [
    'Rule 1 “Rule of r4” is switched on.',
    'Rule 1 “Rule of r4” moves here from place 4.',
    'Rule 2 “Rule of r1”: the destination changes from any address outside to Greengate itself; the action changes from ACCEPT to REJECT; its logging changes from off to on; the end changes from never to Fri 2026-11-20 22:30.',
    'Rule 3 “Rule of r2”: the source port changes from any to 53; the service changes from Shop (Till, SMTP) to every service but Till (TCP 8080); the limit changes from none to “up to 10 connections a minute (burst 5), log included; beyond that the next rules decide”; the time changes from always to “on weekdays from 08:00 to 17:00”; the heading changes from none to “Shop”.',
    'Rule 4 “Rule of r9” is added, switched off: 192.168.51.77 may reach any address outside by SMTP (TCP 25).',
    'Rule 3 “Rule of r3” is removed: Any host on GREEN may reach any address outside by SMTP (TCP 25).',
  ]);
});

test('as few rules as can be are told to have moved', (t) => {
  const many = policyOf({ rules: Array.from({ length: 9 }, (_, index) => rule(`r${index + 1}`)) });
  const order = (ids: number[]) => ({ ...many, rules: ids.map((id) => many.rules[id - 1] as Rule) });
  t.deepEqual(differences(many, order([9, 1, 2, 3, 5, 6, 4, 7, 8])), [
    'Rule 1 “Rule of r9” moves here from place 9.',
    'Rule 7 “Rule of r4” moves here from place 4.',
  ]);
  t.deepEqual(differences(many, order([1, 2, 4, 5, 6, 7, 8, 9])).length, 1, 'who only moves up does not count');
});

test('thousands of differences are cut short, and said to be', (t) => {
  const many = policyOf({ rules: Array.from({ length: 2000 }, (_, index) => rule(`r${index + 1}`)) });
  const said = differences(policyOf({}), many);
  t.is(said.length, MOST + 1);
  t.is(said.at(-1), `And ${2000 - MOST} more differences.`);
  t.is(differences(policyOf({}), { ...many, rules: many.rules.slice(0, MOST + 1) }).at(-1), 'And 1 more difference.');
});

test('whatever field differs, something is said', (t) => {
  const leaves = (value: unknown, path: string[] = []): string[][] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, inside]) => leaves(inside, [...path, key]))
      : [path];
  const changed = (value: unknown, [key, ...rest]: string[]): unknown => {
    if (key === undefined)
      return typeof value === 'number'
        ? value + 1
        : typeof value === 'boolean'
          ? !value
          : value === null
            ? 1
            : `${value}x`;
    const inside = (value as Record<string, unknown>)[key];
    return Array.isArray(value)
      ? value.with(Number(key), changed(inside, rest))
      : { ...(value as object), [key]: changed(inside, rest) };
  };
  // A rule that names nothing would be no policy, nor one with a text as its time.
  const free = leaves(office).filter(
    (path) => !/^(rules.*(kind|service.name|limit|frame)|serviceGroups.0.name)$/.test(path.join('/')),
  );
  const silent = free.filter((path) => differences(office, changed(office, path) as Policy).length === 0);
  t.deepEqual(silent, [['schema'], ['lastId']]);
});

test('restored: all of the older policy, but for BOT’s switch, the blocks, and ids that were given since', (t) => {
  const block = { id: 'b40', host: '192.168.51.25', action: 'drop' };
  const settings = { ...office.settings, enabled: true, adminMac: '00:16:3e:00:00:25', logging: false };
  const now = policyOf({ settings, blocks: [block], lastId: 41 });
  const older = policyOf({ ...office, blocks: [{ ...block, id: 'b7' }], lastId: 7 });
  const back = restoredPolicy(now, older);
  t.deepEqual(back, { ...older, settings: { ...older.settings, enabled: true }, blocks: now.blocks, lastId: 41 });
  t.is(restoredPolicy(office, now).settings.enabled, false);
  t.is(restoredPolicy(policyOf({}), policyOf({ rules: [rule('r99')] })).lastId, 99);
});
