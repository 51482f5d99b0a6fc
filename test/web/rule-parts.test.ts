import test from 'ava';
import { applyEdit, type Edit } from '../../src/policy/edit.ts';
import type { Policy, Rule } from '../../src/policy/schema.ts';
import { makeKept } from '../../src/web/kept.ts';
import { ruleFilter } from '../../src/web/rule-filter.ts';
import { moveEdits, numbersOf, runOf } from '../../src/web/rule-moves.ts';
import { rowsOf } from '../../src/web/rule-rows.ts';
import { clockAt, frameWords, limitWords, remarksOf } from '../../src/web/rule-when.ts';
import { edited, handbook } from '../lib/handbook.ts';

const rule = (id: string, more: object = {}): Edit => ({
  do: 'saveRule',
  id,
  restore: true,
  value: { source: { kind: 'any' }, destination: { kind: 'any' }, service: { kind: 'any' }, action: 'accept', ...more },
});

/** A policy whose rules are `ids`; `x:Mail` is rule x under the heading Mail. */
const policyOf = (...ids: string[]): Policy =>
  edited(
    { ...handbook(), rules: [] },
    ids.map((one) => rule(one.split(':')[0] ?? '', { heading: one.split(':')[1] ?? '' })),
  );

const written = ({ rules }: Pick<Policy, 'rules'>) =>
  rules.map(({ id, heading }) => (heading ? `${id}:${heading}` : id)).join(' ');

const after = (policy: Policy, edits: Edit[]): string => {
  const result = applyEdit(policy, { do: 'batch', edits });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return written(result.policy);
};

test('rules move together, in their order, to any place', (t) => {
  const policy = policyOf('a', 'b', 'c', 'd', 'e');
  const moved = (ids: string[], at: number) => after(policy, moveEdits(policy.rules, ids, at));
  t.is(moved(['a'], 4), 'b c d e a');
  t.is(moved(['e'], 0), 'e a b c d');
  t.is(moved(['d', 'a'], 1), 'b a d c e');
  t.is(moved(['a', 'c', 'e'], 2), 'b d a c e');
  t.is(moved(['b'], 99), 'a c d e b');
  t.deepEqual(moveEdits(policy.rules, ['c'], 2), [], 'staying is no edit');
});

test('a moved rule takes the heading of its place, and loses its own where that means nothing', (t) => {
  const policy = policyOf('a', 'b:Mail', 'c:Mail', 'd', 'e:Web', 'f');
  const moved = (id: string, at: number, heading?: string) => after(policy, moveEdits(policy.rules, [id], at, heading));
  t.is(moved('a', 1), 'b:Mail a:Mail c:Mail d e:Web f', 'between two of a group it joins');
  t.is(moved('c', 3), 'a b:Mail d c e:Web f', 'out of its group it has none');
  t.is(moved('e', 0), 'e:Web a b:Mail c:Mail d f', 'the only one of a heading keeps it');
  t.is(moved('a', 2), 'b:Mail c:Mail a d e:Web f', 'beside its like it stays as it is');
  t.is(moved('f', 5, 'Web'), 'a b:Mail c:Mail d e:Web f:Web', 'told to, it joins in place');
  t.is(
    after(policy, moveEdits(policy.rules, ['b', 'c'], 4)),
    'a d e:Web f b:Mail c:Mail',
    'a whole group keeps its name',
  );
});

test('groups are runs of the same heading; numbers of rules read well', (t) => {
  const { rules } = policyOf('a', 'b:Mail', 'c:Mail', 'd', 'e:Mail');
  t.deepEqual(runOf(rules, 2), [1, 3]);
  t.deepEqual(runOf(rules, 4), [4, 5]);
  t.is(numbersOf(rules, ['a']), 'rule 1');
  t.is(numbersOf(rules, ['e', 'a', 'c']), 'rules 1, 3 and 5');
});

/** Thursday 26 November 2026, 10:00 in Berlin. */
const NOW = Date.UTC(2026, 10, 26, 9) / 1000;
const clock = clockAt('Europe/Berlin', NOW);
const full = (more: Partial<Rule>): Rule => ({ ...(policyOf('a').rules[0] as Rule), ...more });

test('frames, limits and expiries in words, and whether they are in force', (t) => {
  const week = (days: number[], start = '08:00', end = '17:00') => ({
    days: { kind: 'week' as const, days },
    start,
    end,
  });
  t.is(frameWords(week([1, 2, 3, 4, 5])), 'Mon–Fri, 08:00–17:00');
  t.is(frameWords(week([0, 5, 6])), 'Fri–Sun, 08:00–17:00');
  t.is(frameWords(week([0, 1, 3])), 'Mon, Wed, Sun, 08:00–17:00');
  t.is(frameWords(week([0, 1, 2, 3, 4, 5, 6], '22:00', '06:00')), 'every day, 22:00–06:00 of the next day');
  t.is(
    frameWords({ days: { kind: 'month', from: 25, to: 3 }, start: '00:00', end: '00:00' }),
    '25th to 3rd of the month, all day',
  );
  const said = (more: Partial<Rule>) => remarksOf(full(more), clock).map(({ text, state }) => `${state} ${text}`);
  t.deepEqual(said({ frame: week([1, 2, 3, 4, 5]) }), ['now Mon–Fri, 08:00–17:00 · in force now, until 17:00']);
  t.deepEqual(said({ frame: week([1]) }), ['later Mon, 08:00–17:00 · not in force now, from Mon 08:00']);
  t.deepEqual(said({ expires: NOW + 32 * 3600 }), ['now until Fri 27 Nov, 18:00']);
  t.deepEqual(said({ expires: NOW - 3600 }), ['over expired Thu 26 Nov, 09:00']);
  t.regex(said({ expires: NOW + 400 * 86400 })[0] ?? '', /2027/);
  const limit = { for: 'log' as const, rate: 10, per: 'minute' as const, burst: 5 };
  t.is(limitWords(limit), 'logs at most 10 per minute, 5 at once');
  t.regex(limitWords({ ...limit, for: 'action' }), /^acts at most .*; then the next rules decide$/);
});

const filterOf = (policy: Policy, filter: object, found: ReadonlySet<string> | null = null): string => {
  const empty = { q: '', host: '', service: '', action: '', state: '', heading: '' };
  const passes = ruleFilter(policy, { ...empty, ...filter }, NOW, found);
  return policy.rules
    .filter(passes)
    .map(({ id }) => id)
    .join(' ');
};

test('an address finds the rules whose source or destination holds it, whatever they are called', (t) => {
  const policy = edited({ ...handbook(), rules: [] }, [
    { do: 'save', collection: 'addresses', value: { name: 'Printer', value: '00:16:3e:aa:00:07' } },
    { do: 'save', collection: 'addressGroups', value: { name: 'Office', members: [{ name: 'MailAccess' }] } },
    {
      do: 'section',
      section: 'dhcp',
      value: { fixed: [{ mac: '00:16:3e:aa:00:07', address: '192.168.51.7', name: 'printer' }] },
    },
    rule('net', { source: { kind: 'address', name: 'MailAccess' } }),
    rule('group', { source: { kind: 'group', name: 'Office' } }),
    rule('mac', { source: { kind: 'address', name: 'Printer' } }),
    rule('range', {
      source: { kind: 'typed', value: '192.168.51.200-192.168.51.210' },
      destination: { kind: 'typed', value: '203.0.113.0/24' },
    }),
    rule('not', { source: { kind: 'typed', value: '192.168.51.5', invert: true }, destination: { kind: 'greengate' } }),
    rule('any', { destination: { kind: 'typed', value: 'www.example.org' } }),
  ]);
  t.is(filterOf(policy, { host: '192.168.51.5' }), 'net group any');
  t.is(filterOf(policy, { host: '192.168.51.7' }), 'net group mac not any', 'its MAC is known from DHCP');
  t.is(filterOf(policy, { host: '192.168.51.205' }), 'range not any');
  t.is(filterOf(policy, { host: '00-16-3E-AA-00-07' }), 'mac any');
  t.is(filterOf(policy, { host: '203.0.113.9' }), 'net group mac range not');
  t.is(filterOf(policy, { host: '198.51.100.9' }), 'net group mac not');
  t.is(filterOf(policy, { host: 'mail.www.example.org' }).includes('any'), true, 'a name stands for those below it');
  t.is(filterOf(policy, { host: 'office' }), 'group');
  t.is(filterOf(policy, { q: '192.168.51.205' }), 'range not any', 'the search field knows addresses, too');
  t.is(filterOf(policy, { q: 'printer' }), 'mac');
});

test('services are found by name, by member and by port; action, state and heading filter', (t) => {
  const policy = edited({ ...handbook(), rules: [] }, [
    rule('smtp', { service: { kind: 'service', name: 'SMTP' }, heading: 'Mail' }),
    rule('mail', { service: { kind: 'group', name: 'MailingServices' }, action: 'reject', enabled: false }),
    rule('web', { service: { kind: 'service', name: 'HTTPS' }, action: 'drop', expires: NOW - 5 }),
    rule('notweb', { service: { kind: 'service', name: 'HTTPS', invert: true }, action: 'log', log: true }),
  ]);
  t.is(filterOf(policy, { service: 'smtp' }), 'smtp mail');
  t.is(filterOf(policy, { service: '25' }), 'smtp mail notweb');
  t.is(filterOf(policy, { service: 'udp 25' }), 'notweb');
  t.is(filterOf(policy, { service: 'tcp/443' }), 'web');
  t.is(filterOf(policy, { action: 'log' }), 'notweb');
  t.is(filterOf(policy, { state: 'on' }), 'smtp notweb');
  t.is(filterOf(policy, { state: 'off' }), 'mail');
  t.is(filterOf(policy, { state: 'expired' }), 'web');
  t.is(filterOf(policy, { state: 'logged' }), 'notweb');
  t.is(filterOf(policy, { heading: 'Mail' }), 'smtp');
});

test('a filter by findings lets nothing through while nobody knows them', (t) => {
  const policy = policyOf('a', 'b', 'c');
  t.is(filterOf(policy, { state: 'found' }), '');
  t.is(filterOf(policy, { state: 'found' }, new Set(['b'])), 'b');
});

test('groups have a head once, also where a page begins within one, and an end', (t) => {
  const policy = policyOf('a', 'b:Mail', 'c:Mail', 'd');
  const heads = (shown: number[]) =>
    rowsOf({ policy, counters: {}, hits: {}, clock, logged: {}, found: new Map() }, shown).map(({ head }) =>
      head === null ? '-' : `${head.name || 'none'} ${head.count}${head.continued ? ' continued' : ''}`,
    );
  t.deepEqual(heads([0, 1, 2, 3]), ['-', 'Mail 2', '-', 'none 1']);
  t.deepEqual(heads([2, 3]), ['Mail 2 continued', 'none 1']);
  t.deepEqual(heads([3]), ['-']);
});

test('what was deleted is given back to its deleter only, and not for ever', (t) => {
  let now = 0;
  const kept = makeKept(() => now);
  const deleted = { edits: () => [], done: 'Back.', to: '/' };
  const id = kept.keep('anna', deleted);
  t.is(kept.find('anna', id), deleted);
  t.is(kept.find('bert', id), undefined);
  now = 31 * 60_000;
  t.is(kept.find('anna', id), undefined);
  const first = kept.keep('anna', deleted);
  for (let count = 0; count < 20; count += 1) kept.keep('anna', deleted);
  t.is(kept.find('anna', first), undefined, 'only the newest are kept');
});
