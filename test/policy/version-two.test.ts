import test from 'ava';
import { defaultPolicy } from '../../src/policy/defaults.ts';
import { applyEdit, type Edit } from '../../src/policy/edit.ts';
import { invertMatches, mergeMatches, serviceMatches } from '../../src/policy/matches.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { membersOf } from '../../src/policy/resolve.ts';
import type { Policy } from '../../src/policy/schema.ts';
import { ruleSentence } from '../../src/policy/sentence.ts';

const done = (policy: Policy, ...edits: Edit[]): Policy => {
  const result = applyEdit(policy, { do: 'batch', edits });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.policy;
};
const faults = (policy: Policy, edit: Edit): [string, string][] => {
  const result = applyEdit(policy, edit);
  return result.ok ? [] : result.problems.map(({ place, message }) => [place, message]);
};
const rule = (more: object): Edit => ({
  do: 'saveRule',
  value: { source: { kind: 'any' }, destination: { kind: 'any' }, service: { kind: 'any' }, action: 'accept', ...more },
});
const group = (name: string, ...inner: string[]): Edit => ({
  do: 'save',
  collection: 'addressGroups',
  value: { name, members: [{ name: 'GREEN Network' }, ...inner.map((one) => ({ name: one, kind: 'group' }))] },
});

test('groups hold groups; a circle is refused at the member that closes it', (t) => {
  const policy = done(defaultPolicy(), group('a'), group('b', 'a'), group('c', 'b'));
  t.deepEqual(membersOf(policy.addressGroups, 'c'), ['GREEN Network']);
  const closed = faults(policy, { ...group('a', 'c'), was: 'a' } as Edit);
  t.deepEqual(
    closed.map(([place]) => place),
    ['addressGroups/0/members/1/name', 'addressGroups/1/members/1/name', 'addressGroups/2/members/1/name'],
  );
  t.regex(closed[0]?.[1] ?? '', /holds this group itself/);
  t.regex(faults(policy, { ...group('a', 'a'), was: 'a' } as Edit)[0]?.[1] ?? '', /cannot be inside itself/);
});

test('a group inside a group is in use, and its new name is followed', (t) => {
  const policy = done(defaultPolicy(), group('a'), group('b', 'a'));
  t.regex(
    faults(policy, { do: 'delete', collection: 'addressGroups', name: 'a' })[0]?.[1] ?? '',
    /in use by group “b”/,
  );
  const renamed = done(policy, { ...group('z'), was: 'a' } as Edit);
  t.is(renamed.addressGroups[1]?.members[1]?.name, 'z');
});

test('a batch is all or nothing, and says where each of its edits is', (t) => {
  const edits: Edit[] = [
    { do: 'save', collection: 'addresses', value: { name: 'pc', value: '192.168.51.7' } },
    rule({ source: { kind: 'address', name: 'pc' } }),
  ];
  const good = applyEdit(defaultPolicy(), { do: 'batch', edits });
  t.deepEqual(good.ats, ['addresses/0', 'rules/0']);
  const bad = applyEdit(defaultPolicy(), {
    do: 'batch',
    edits: [...edits, rule({ source: { kind: 'address', name: 'nobody' } })],
  });
  t.false(bad.ok);
  t.deepEqual(bad.ok ? [] : bad.problems.map(({ place }) => place), ['rules/1/source/name']);
});

test('a step of a batch that nothing can be made of ends in problems, not in a crash', (t) => {
  const result = applyEdit(defaultPolicy(), {
    do: 'batch',
    edits: [
      { do: 'save', collection: 'addressGroups', value: { name: 'g', members: 7 } },
      { do: 'delete', collection: 'addresses', name: 'GREEN Network' },
      { do: 'save', collection: 'addresses', value: { name: 'x', value: '1.2.3.4' } },
      { do: 'delete', collection: 'addresses', name: 'x' },
    ],
  });
  t.false(result.ok);
});

test('a deleted rule comes back under its id and at its place', (t) => {
  const policy = done(defaultPolicy(), rule({ remark: 'one' }), rule({ remark: 'two' }), rule({ remark: 'three' }));
  const [, two] = policy.rules;
  const { id, ...value } = two ?? (policy.rules[0] as Policy['rules'][number]);
  const without = done(policy, { do: 'deleteRule', id });
  const back = done(without, { do: 'saveRule', id, value, position: 1, restore: true });
  t.deepEqual(back.rules, policy.rules);
});

test('the id of a deleted rule or block is never given again', (t) => {
  const one = done(defaultPolicy(), rule({}));
  const id = one.rules[0]?.id ?? '';
  const again = done(one, { do: 'deleteRule', id }, rule({}));
  t.not(again.rules[0]?.id, id);
  const block: Edit = { do: 'block', host: '192.168.51.7', action: 'drop', until: null };
  const blocked = done(again, block);
  t.not(done(blocked, { do: 'unblock', id: blocked.blocks[0]?.id ?? '' }, block).blocks[0]?.id, blocked.blocks[0]?.id);
});

test('a host has one block: a second one replaces the first', (t) => {
  const first = done(defaultPolicy(), { do: 'block', host: '192.168.51.7', action: 'drop', until: 5 });
  const second = done(first, { do: 'block', host: ' 192.168.51.7/32', action: 'accept', until: null });
  t.deepEqual(
    second.blocks.map(({ host, action }) => [host, action]),
    [['192.168.51.7', 'accept']],
  );
  t.deepEqual(done(second, { do: 'unblock', id: second.blocks[0]?.id ?? '' }).blocks, []);
  t.regex(faults(second, { do: 'unblock', id: 'b99' })[0]?.[1] ?? '', /over already/);
  t.deepEqual(
    faults(second, { do: 'block', host: 'www.example.org', action: 'drop', until: null })[0]?.[0],
    'blocks/1/host',
  );
});

for (const [what, more, place] of [
  ['a DNS name as source', { source: { kind: 'typed', value: 'www.example.org' } }, 'source/value'],
  [
    'everything but a DNS name',
    { destination: { kind: 'typed', value: 'www.example.org', invert: true } },
    'destination/value',
  ],
  ['source ports of GRE', { service: { kind: 'service', name: 'GRE' }, sourcePorts: '1000' }, 'sourcePorts'],
  ['inverted source ports that are none', { invertSourcePorts: true }, 'invertSourcePorts'],
  ['port 65536', { sourcePorts: '65536' }, 'sourcePorts'],
  [
    'an action limit of a rule that only logs',
    { action: 'log', limit: { for: 'both', rate: 1, per: 'hour' } },
    'limit/for',
  ],
  [
    'a frame without a day',
    { frame: { days: { kind: 'week', days: [] }, start: '08:00', end: '09:00' } },
    'frame/days/days',
  ],
  [
    'a frame at 24:00',
    { frame: { days: { kind: 'month', from: 1, to: 2 }, start: '08:00', end: '24:00' } },
    'frame/end',
  ],
  ['day 32', { frame: { days: { kind: 'month', from: 1, to: 32 }, start: '08:00', end: '09:00' } }, 'frame/days/to'],
] as const) {
  test(`refused at its field: ${what}`, (t) => {
    t.deepEqual(
      faults(defaultPolicy(), rule(more)).map(([at]) => at),
      [`rules/0/${place}`],
    );
  });
}

test('a version 1 policy comes along, also where its names are taken now', (t) => {
  const parsed = parsePolicy({
    schema: 1,
    addresses: [{ name: 'localhost', value: '192.168.51.9' }],
    addressGroups: [{ name: 'g', members: [{ name: 'Localhost' }] }],
    services: [{ name: 'Ping all', protocol: 'icmp', icmpType: 8 }],
    rules: [
      {
        id: 'r1',
        source: { kind: 'address', name: 'localhost' },
        destination: { kind: 'any' },
        service: { kind: 'any' },
        action: 'accept',
      },
    ],
  });
  if (!parsed.ok) return t.fail(JSON.stringify(parsed.problems));
  t.is(parsed.value.addresses[0]?.name, 'localhost (own)');
  t.is(parsed.value.addressGroups[0]?.members[0]?.name, 'Localhost (own)');
  t.deepEqual(parsed.value.rules[0]?.source, { kind: 'address', name: 'localhost (own)', invert: false });
  t.is(parsed.value.services[0]?.icmpType, '8');
});

test('what a service leaves over, and the rest of that, is the service again', (t) => {
  const services = [
    { protocol: 'tcp', ports: '80, 443' },
    { protocol: 'tcp&udp', ports: '53' },
    { protocol: 'icmp', icmpType: '3/1' },
    { protocol: 'gre' },
    { protocol: 'udp', invertProtocol: true },
    { protocol: '132' },
  ].map((more) => ({
    name: 'x',
    remark: '',
    invertProtocol: false,
    ports: '',
    invertPorts: false,
    icmpType: '',
    ...more,
  }));
  for (const service of services) {
    const matches = mergeMatches(serviceMatches(service));
    t.deepEqual(mergeMatches(invertMatches(invertMatches(matches))), matches, JSON.stringify(service));
  }
  t.deepEqual(invertMatches([{ protocol: 'any' }]), []);
});

test('a rule with everything is one sentence', (t) => {
  const policy = done(
    defaultPolicy(),
    rule({
      source: { kind: 'typed', value: '192.168.51.0/27', invert: true },
      sourcePorts: '1024-',
      destination: { kind: 'typed', value: 'www.example.org' },
      service: { kind: 'service', name: 'HTTPS' },
      action: 'reject',
      log: true,
      limit: { for: 'log', rate: 10, per: 'minute' },
      frame: { days: { kind: 'week', days: [5, 1] }, start: '22:00', end: '06:00' },
    }),
  );
  const [only] = policy.rules;
  t.is(
    only === undefined ? '' : ruleSentence(policy, only),
    'Every host on GREEN but 192.168.51.0/27 from source port 1024- may not reach (rejected) www.example.org outside by HTTPS (TCP 443), ' +
      'on Mon and Fri from 22:00 to 06:00 of the next day, of which at most 10 connections a minute (burst 5) are logged, and each new connection is logged.',
  );
});
