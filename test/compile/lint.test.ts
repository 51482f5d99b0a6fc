import test from 'ava';
import fc from 'fast-check';
import { memo } from '../../src/compile/bits.ts';
import { judgeOf, type Packet } from '../../src/compile/judge.ts';
import { type Finding, lintOf } from '../../src/compile/lint.ts';
import { contains, networksOf } from '../../src/policy/address.ts';
import { greenNetwork } from '../../src/policy/builtin.ts';
import { defaultPolicy } from '../../src/policy/defaults.ts';
import { applyEdit } from '../../src/policy/edit.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { resolveSource } from '../../src/policy/resolve.ts';
import type { Policy } from '../../src/policy/schema.ts';
import { edited, handbook } from '../lib/handbook.ts';
import { office } from '../lib/office.ts';
import { aimAt, draws } from './lib/aim.ts';
import { type Setting, settingsOf } from './lib/policies.ts';

const NOW = 1_795_420_000;

/**
 * Nothing is said that packets disprove: with every fix made, and with one of them, all of them, whatever the time, are decided as before, but for the origin where rules
 * stand in for each other; and each packet that is shown proves what it is shown for.
 */
test('what lint says holds for random policies and packets aimed at their edges', (t) => {
  const kinds = new Map<string, number>();
  const { failed, errorInstance, seed } = fc.check(
    fc.property(settingsOf, fc.array(draws, { minLength: 60, maxLength: 60 }), (setting, list) => {
      const { policy, known, names, laidOut } = setting;
      const found = lintOf(policy, { ...known, now: laidOut, names });
      for (const { kind } of found) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      const fixes = found.filter(({ fix }) => fix !== null);
      const fixed = [fixes, fixes.slice(0, 1), fixes.slice(-1)].map((some) => allFixed(policy, some));
      const judges = memo(9, (now: number) => [policy, ...fixed].map((one) => judgeOf(one, { ...known, now, names })));
      const never = new Set(found.filter(({ kind }) => kind === 'never' || kind === 'duplicate').map(({ id }) => id));
      const sends = senderTest(setting);
      for (const { packet, at } of list
        .map(aimAt(setting))
        .filter((shot) => shot.at >= laidOut && sends(shot.packet))) {
        const [before, ...after] = judges(at).map((judge) => judge(packet));
        if (after.some(({ verdict }) => verdict !== before?.verdict) || never.has(before?.origin ?? ''))
          throw new Error(`${JSON.stringify({ packet, at, before, after })} in ${JSON.stringify(policy.rules)}`);
      }
      const [judge] = judges(laidOut);
      for (const one of found.filter(({ packet }) => packet !== null)) {
        const origin = judge?.(one.packet as Packet).origin;
        const by = one.by.map(({ id }) => id);
        const right =
          one.kind === 'never' || one.kind === 'duplicate'
            ? origin !== one.id
            : one.kind === 'partly' || one.kind === 'proxy'
              ? by.includes(origin ?? '')
              : origin === one.id;
        if (!right) throw new Error(`${JSON.stringify(one)} is not shown: ${origin}`);
      }
    }),
    { numRuns: 40, endOnFailure: true },
  );
  t.log(`seed ${seed}`);
  if (failed) return t.fail(`seed ${seed}: ${(errorInstance as Error).message}`);
  for (const kind of ['never', 'redundant', 'partly', 'wide'])
    t.true((kinds.get(kind) ?? 0) > 0, `${kind}: ${kinds.get(kind)}`);
});

/** Who can send: hosts on GREEN, and those that a rule names. */
function senderTest({ policy, known }: Setting): (packet: Packet) => boolean {
  const rules = policy.rules.filter(({ enabled }) => enabled);
  const networks = [
    ...networksOf(greenNetwork(policy)),
    ...[policy.settings.adminMac, ...policy.settings.moreAdmins].flatMap(networksOf),
    ...rules.flatMap(({ source }) => resolveSource(policy, source, known).networks),
  ];
  return ({ from, mac }) => mac !== null && networks.some((network) => contains(network, from));
}

const allFixed = (policy: Policy, found: Finding[]): Policy => {
  const edits = found.flatMap(({ fix }) => (fix === null ? [] : [fix]));
  const result = applyEdit(policy, { do: 'batch', edits });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.policy;
};

const typed = (value: string) => ({ kind: 'typed', value });
const service = (name: string) => ({ service: { kind: 'service', name } });
const policyOf = (rules: object[], more: Parameters<typeof edited>[1] = []): Policy =>
  edited(edited(defaultPolicy(), more), [
    ...rules.map((value) => ({
      do: 'saveRule' as const,
      value: {
        source: { kind: 'any' },
        destination: { kind: 'any' },
        service: { kind: 'any' },
        action: 'accept',
        ...value,
      },
    })),
  ]);
const told = (policy: Policy) =>
  lintOf(policy, { now: NOW }).map(({ kind, number, by, sentence }) => [
    kind,
    number,
    by.map((one) => one.number).join(),
    sentence,
  ]);
const kindsOf = (policy: Policy) =>
  lintOf(policy, { now: NOW }).map(({ kind, number, by }) =>
    `${kind} ${number} ${by.map((one) => one.number).join()}`.trim(),
  );

test('nothing is to be said of the handbook’s example', (t) => {
  t.deepEqual(told(handbook()), []);
});

test('a rule that rules above hide together is never used: by two halves, by service and by address, by MAC and the rest', (t) => {
  const halves = [
    { source: typed('192.168.51.0/28'), action: 'drop' },
    { source: typed('192.168.51.16/28'), action: 'drop' },
  ];
  t.deepEqual(told(policyOf([...halves, { source: typed('192.168.51.0/27') }])), [
    [
      'never',
      3,
      '1,2',
      'Rule 1 and rule 2 above together already decide everything that this rule speaks of: it is never used.',
    ],
  ]);
  const gap = [halves[0] as object, { source: typed('192.168.51.17-192.168.51.31'), action: 'drop' }];
  t.deepEqual(kindsOf(policyOf([...gap, { source: typed('192.168.51.0/27') }])), ['wide 3'], 'one address is left');
  const crossed = [
    { ...service('SMTP'), action: 'reject' },
    { destination: typed('10.0.0.0/8'), action: 'reject' },
    { destination: typed('10.9.0.0/16'), ...service('SMTP') },
    { destination: typed('10.9.0.0/16'), ...service('POP3') },
    { destination: typed('11.0.0.0/8'), ...service('SMTP') },
  ];
  t.deepEqual(
    lintOf(policyOf(crossed), { now: NOW })
      .filter(({ kind }) => kind === 'never')
      .map(({ number, by }) => [number, by.length]),
    [
      [3, 1],
      [4, 1],
      [5, 1],
    ],
  );
  const cards = [
    { source: typed('02:00:00:00:00:09'), action: 'drop' },
    { source: typed('192.168.51.0/24'), action: 'drop' },
    { source: typed('02:00:00:00:00:09') },
    { source: typed('02:00:00:00:00:08') },
    { source: { kind: 'any' } },
  ];
  t.deepEqual(
    kindsOf(policyOf(cards)).filter((line) => line.startsWith('never')),
    ['never 3 1', 'never 4 2', 'never 5 2'],
  );
});

test('a time, an end or a limit hides nothing for good, unless it is the same', (t) => {
  const frame = { days: { kind: 'week', days: [1, 2, 3, 4, 5] }, start: '08:00', end: '17:00' };
  const limit = { for: 'action', rate: 1, per: 'hour', burst: 1 };
  const below = { source: typed('192.168.51.9'), action: 'drop' };
  for (const above of [{ frame }, { limit }, { expires: NOW + 900 }, { enabled: false }, { action: 'log' }])
    t.deepEqual(
      kindsOf(policyOf([above, below])).filter((line) => line.startsWith('never')),
      [],
      JSON.stringify(above),
    );
  t.deepEqual(
    kindsOf(
      policyOf([
        { frame, ...service('SMTP') },
        { ...below, frame, ...service('SMTP') },
      ]),
    ),
    ['never 2 1'],
  );
  t.deepEqual(
    kindsOf(
      policyOf([
        { expires: NOW + 900, ...service('SMTP') },
        { ...below, expires: NOW + 900, ...service('SMTP') },
      ]),
    ),
    ['never 2 1'],
  );
});

test('what the default action or a rule below does as well is superfluous; of two that stand in for each other only one is', (t) => {
  const drop = { source: typed('192.168.51.9'), action: 'drop', log: true };
  t.deepEqual(told(policyOf([drop])), [
    ['redundant', 1, '', 'Without it the same would happen: the default action does it.'],
  ]);
  t.deepEqual(kindsOf(policyOf([{ ...drop, log: false }])), [], 'it keeps the log quiet');
  t.deepEqual(kindsOf(policyOf([drop, { ...service('SMTP') }])), ['partly 2 1'], 'a rule below would let it out');
  const smtp = { ...service('SMTP') };
  t.deepEqual(told(policyOf([{ ...smtp, source: typed('192.168.51.9') }, smtp])), [
    ['redundant', 1, '2', 'Without it the same would happen: rule 2 below does it.'],
  ]);
  // Without both of them rule 3 would let mail out: one is needed.
  const leaning = [drop, { ...drop, source: typed('192.168.51.8/31') }, { source: typed('192.168.51.9'), ...smtp }];
  t.deepEqual(kindsOf(policyOf(leaning)), ['redundant 1 2', 'never 3 1']);
});

test('a rule of the opposite action above that is more than an exception', (t) => {
  const drop = { source: typed('192.168.51.0/28'), action: 'drop' };
  const mail = { source: typed('192.168.51.8/29'), ...service('SMTP') };
  t.deepEqual(told(policyOf([drop, { ...mail, source: typed('192.168.51.0/24') }])), [
    [
      'partly',
      2,
      '1',
      'Rule 1 above denies part of what this rule allows, and other things as well: the order matters.',
    ],
  ]);
  t.deepEqual(
    kindsOf(
      policyOf([
        { ...drop, ...service('SMTP') },
        { ...mail, source: typed('192.168.51.0/24') },
      ]),
    ),
    [],
    'an exception',
  );
});

test('duplicates, ends, wide rules and unused groups', (t) => {
  const smtp = { ...service('SMTP') };
  t.deepEqual(told(policyOf([smtp, smtp, { ...smtp, expires: NOW - 60 }, { ...smtp, enabled: false }])), [
    ['duplicate', 2, '1', 'Rule 1 says exactly the same.'],
    ['expired', 3, '', 'It ended on Mon 2026-11-23 07:45 and does nothing any more.'],
  ]);
  t.deepEqual(told(policyOf([{ source: typed('192.168.51.9'), remark: 'Boss' }])), [
    ['wide', 1, '', 'It leaves nothing out: 192.168.51.9 may reach any address outside by any service.'],
  ]);
  const group = (name: string, member: string, kind = 'object') =>
    ({ do: 'save', collection: 'serviceGroups', value: { name, members: [{ name: member, kind }] } }) as const;
  const groups = policyOf([], [group('Inner', 'SMTP'), group('Outer', 'Inner', 'group')]);
  const [unused, ...others] = lintOf(groups, { now: NOW });
  t.deepEqual(others, []);
  t.like(unused, {
    kind: 'unused',
    sentence: 'No rule and no other group uses the service group “Outer”.',
    fix: { do: 'delete', collection: 'serviceGroups', name: 'Outer' },
  });
});

test('a rule that opens the user interface to more than the administrators', (t) => {
  const box = { destination: { kind: 'greengate' } };
  const ui = { ...box, ...service('Greengate UI') };
  const admin = {
    do: 'section',
    section: 'settings',
    value: { adminMac: '02:00:00:00:05:0a', moreAdmins: ['192.168.51.9'] },
  } as const;
  const found = lintOf(
    policyOf(
      [
        { ...ui, source: typed('192.168.51.0/28') },
        { ...ui, source: typed('192.168.51.9') },
        { ...box, ...service('Greengate DNS') },
      ],
      [admin],
    ),
    { now: NOW },
  );
  t.deepEqual(
    found.map(({ kind, number, packet }) => [kind, number, packet?.to, packet?.port]),
    [
      ['ui', 1, 'greengate', 445],
      ['never', 2, 'greengate', 445],
    ],
  );
});

test('a denial that the proxy goes round, with the rule that lets the sender use the proxy', (t) => {
  const site = { destination: typed('203.0.113.0/24'), action: 'reject' };
  const proxy = {
    source: typed('192.168.51.32/27'),
    destination: { kind: 'greengate' },
    ...service('Greengate proxy'),
  };
  const said = (rules: object[]) =>
    lintOf(policyOf(rules), { now: NOW })
      .filter(({ kind }) => kind === 'proxy')
      .map(({ number, by, packet }) => [number, by.map((one) => one.number), packet?.from, packet?.to, packet?.port]);
  t.deepEqual(said([site, proxy]), [[1, [2], '192.168.51.33', 'greengate', 800]]);
  t.deepEqual(said([{ ...site, destination: typed('www.example.org') }, proxy]), [
    [1, [2], '192.168.51.33', 'greengate', 800],
  ]);
  t.deepEqual(said([{ ...site, source: typed('192.168.51.0/27') }, proxy]), [], 'other senders');
  t.deepEqual(said([{ ...site, ...service('SMTP') }, proxy]), [], 'no web');
  t.deepEqual(said([{ ...proxy, action: 'reject' }, site, proxy]), [], 'the proxy is kept from them');
  t.deepEqual(
    said([{ ...site, destination: { kind: 'any' } }, proxy]),
    [],
    'the whole web is meant to go by the proxy',
  );
});

test('an office of 2 000 rules: every finding that can be shown is, and the fixes change nothing', (t) => {
  const parsed = parsePolicy(office(10).policy);
  if (!parsed.ok) return t.fail(JSON.stringify(parsed.problems.slice(0, 3)));
  const found = lintOf(parsed.value, { now: NOW });
  t.true(found.length > 500, `${found.length} findings`);
  t.deepEqual(
    found.filter(({ kind, packet }) => packet === null && kind !== 'unused'),
    [],
  );
  const [before, after] = [parsed.value, allFixed(parsed.value, found)].map((policy) => judgeOf(policy, { now: NOW }));
  const shown = found.flatMap(({ packet }) => packet ?? []);
  t.deepEqual(
    shown.filter((packet) => before?.(packet).verdict !== after?.(packet).verdict),
    [],
  );
});
