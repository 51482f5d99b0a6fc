import test from 'ava';
import fc from 'fast-check';
import { memo } from '../../src/compile/bits.ts';
import { explainerOf, type StepField } from '../../src/compile/explain.ts';
import { judgeOf, type Packet } from '../../src/compile/judge.ts';
import { flowMark } from '../../src/compile/ruleset.ts';
import { defaultPolicy } from '../../src/policy/defaults.ts';
import type { Policy, Rule } from '../../src/policy/schema.ts';
import { ADMIN_MAC, edited, handbook } from '../lib/handbook.ts';
import { aimAt, draws, type Shot } from './lib/aim.ts';
import { type Setting, settingsOf } from './lib/policies.ts';
import { referenceOf } from './lib/reference.ts';

test('the steps are the rules up to the one that decides, each with the first field that does not match', (t) => {
  const seen = new Map<StepField | null, number>();
  fc.assert(
    fc.property(settingsOf, fc.array(draws, { minLength: 30, maxLength: 30 }), (setting, list) => {
      const { policy, known, names } = setting;
      const wrongIn = wrongFields(setting);
      const at = memo(9, (now: number) => {
        const world = { ...known, now, names };
        return { judge: judgeOf(policy, world), ...explainerOf(policy, world) };
      });
      for (const shot of list.map(aimAt(setting)).flatMap((one) => [one, fromElsewhere(one)])) {
        const { judge, explain, decide } = at(shot.at);
        const { steps, verdict, origin, needsMac, number } = explain(shot.packet);
        const last = number ?? (origin === 'default' ? policy.rules.length : 0);
        const rules = steps.filter((step) => step.number !== null);
        const found = [
          judge(shot.packet),
          decide(shot.packet),
          rules.map(({ id }) => id),
          steps.at(-1)?.id,
          steps.filter(({ field }) => field === null).length,
          rules.flatMap(({ field, number: place }) => {
            const wrong = field === null ? null : wrongIn(policy.rules[(place ?? 0) - 1] as Rule, shot);
            return field === wrong ? [] : [`${field} instead of ${wrong} in ${place}`];
          }),
        ];
        const answer = { verdict, origin, needsMac };
        const expected = [answer, answer, policy.rules.slice(0, last).map(({ id }) => id), origin, 1, []];
        if (JSON.stringify(found) !== JSON.stringify(expected))
          throw new Error(`${JSON.stringify(shot)}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
        for (const { field } of rules) seen.set(field, (seen.get(field) ?? 0) + 1);
      }
    }),
    { numRuns: 15, endOnFailure: true },
  );
  for (const field of ['enabled', 'source', 'destination', 'service', 'source port', 'time', 'action', null] as const)
    t.true((seen.get(field) ?? 0) > 0, `${field}`);
});

/** The same packet from a port that few rules speak of. */
const fromElsewhere = ({ packet, ...shot }: Shot): Shot => ({
  ...shot,
  packet: packet.sport === undefined ? packet : { ...packet, sport: 7 },
});

/** The same by asking the reference about rules that have one side of the rule in question each. */
function wrongFields({ policy, known, names }: Setting): (rule: Rule, shot: Shot) => StepField {
  const kept = new Map<string, ReturnType<typeof referenceOf>>();
  return (rule, { packet, at }) => {
    const any = { kind: 'any' as const };
    const place = { kind: packet.to === 'greengate' ? ('greengate' as const) : ('any' as const) };
    const loose = { frame: null, expires: null, limit: null, enabled: true, sourcePorts: '', invertSourcePorts: false };
    const matches = (word: string, change: Partial<Rule>): boolean => {
      const key = `${rule.id} ${place.kind} ${word}`;
      const one = { ...rule, ...loose, source: any, destination: place, service: any, ...change };
      const alone = { ...one, action: one.action === 'log' ? ('accept' as const) : one.action };
      const settings = { ...policy.settings, adminMac: '', moreAdmins: [] };
      const reference = kept.get(key) ?? referenceOf({ ...policy, settings, blocks: [], rules: [alone] }, known);
      kept.set(key, reference);
      return reference(packet, { at, laidOut: at, names, within: () => true }).origin === rule.id;
    };
    const { enabled, source, destination, service, sourcePorts, invertSourcePorts, frame, expires, action } = rule;
    if (!enabled) return 'enabled';
    if (!matches('source', { source })) return 'source';
    if (!matches('destination', { destination })) return 'destination';
    if (!matches('service', { service })) return 'service';
    if (!matches('ports', { sourcePorts, invertSourcePorts })) return 'source port';
    if (!matches('expires', { expires })) return 'expiry';
    if (!matches('frame', { frame, expires })) return 'time';
    return action === 'log' ? 'action' : 'limit';
  };
}

test('the judge says when a MAC that is not known could change the outcome', (t) => {
  const counts = { open: 0, settled: 0 };
  const macs = [
    '02:00:00:00:05:0a',
    '02:00:00:00:05:0b',
    '02:00:00:00:05:0c',
    '02:00:00:00:05:0d',
    '02:67:67:00:00:01',
  ];
  fc.assert(
    fc.property(settingsOf, fc.array(draws, { minLength: 50, maxLength: 50 }), (setting, list) => {
      const { policy, known, names } = setting;
      const judges = memo(9, (now: number) => judgeOf(policy, { ...known, now, names }));
      return list.map(aimAt(setting)).every(({ packet, at }) => {
        const judge = judges(at);
        const unknown = judge({ ...packet, mac: null });
        counts[unknown.needsMac ? 'open' : 'settled'] += 1;
        return unknown.needsMac || macs.every((mac) => judge({ ...packet, mac }).origin === unknown.origin);
      });
    }),
    { numRuns: 15, endOnFailure: true },
  );
  t.true(counts.open > 20 && counts.settled > 20, JSON.stringify(counts));
});

test('a flow that a rule with a limit let in is within it, others are judged as if it were used up', (t) => {
  const limit = { for: 'action', rate: 1, per: 'hour', burst: 1 };
  const both = [{ action: 'reject', limit }, { action: 'accept', limit }, { action: 'accept' }];
  const judge = judgeOf(policyOf(both), { now: NOW });
  const packet = tcp('192.168.51.9', '10.9.0.2', 80);
  t.like(judge(packet), { verdict: 'reject', origin: 'r1' });
  t.like(judge({ ...packet, mark: flowMark('r2') }), { verdict: 'accept', origin: 'r2' });
  t.like(judge({ ...packet, mark: flowMark('r3') }), { verdict: 'accept', origin: 'r3' });
  t.like(judge({ ...packet, mark: flowMark('r9') }), { verdict: 'reject', origin: 'r1' });
  const accepting = judgeOf(policyOf(both.slice(1, 2)), { now: NOW });
  t.is(accepting(packet).verdict, 'drop');
  t.is(accepting({ ...packet, mark: flowMark('r1') }).verdict, 'accept');
});

/** A Monday morning in Berlin. */
const NOW = 1_795_420_000;

const tcp = (from: string, to: string, port: number, mac: string | null = null): Packet => ({
  from,
  to,
  port,
  mac,
  protocol: 6,
});

const policyOf = (rules: object[]): Policy =>
  edited(
    defaultPolicy(),
    rules.map((value) => ({
      do: 'saveRule' as const,
      value: {
        source: { kind: 'any' },
        destination: { kind: 'any' },
        service: { kind: 'any' },
        action: 'accept',
        ...value,
      },
    })),
  );
const explained = (rules: object[], packet: Packet, more: object = {}) =>
  explainerOf(policyOf(rules), { now: NOW, ...more }).explain(packet);
const typed = (value: string) => ({ kind: 'typed', value });

test('the answer names the rule that decides by number and remark, and says what it does', (t) => {
  const { explain } = explainerOf(handbook(), { now: NOW });
  const mail = explain(tcp('192.168.51.25', '10.9.0.2', 110));
  t.like(mail, { verdict: 'accept', rule: 'MailAccess PCs can use MailingServices', number: 1, origin: 'r1' });
  t.is(
    mail.sentence,
    '192.168.51.25 may reach 10.9.0.2 by TCP 110: rule 1 (“MailAccess PCs can use MailingServices”) lets it through.',
  );
  const web = explain(tcp('192.168.51.25', '10.9.0.2', 80), { who: 'The mail room', what: 'HTTP' });
  t.like(web, { verdict: 'drop', rule: null, number: null });
  t.is(
    web.sentence,
    'The mail room may not reach 10.9.0.2 by HTTP: no rule speaks of it, and the default action drops it silently.',
  );
  t.deepEqual(
    web.steps.map(({ field, sentence }) => [field, sentence]),
    [
      ['service', 'It speaks of MailingServices (POP3, SMTP); this is TCP 80.'],
      ['source', 'It speaks of WebAccess (192.168.51.32/27); the sender is 192.168.51.25.'],
      [null, 'No rule decided: the default action drops it silently.'],
    ],
  );
});

test('without a MAC, rules that speak of one do not match, and the answer says so', (t) => {
  const rules = [{ source: typed('02:00:00:00:00:09'), action: 'reject' }, { source: typed('192.168.51.0/24') }];
  const said = explained(rules, tcp('192.168.51.9', '10.9.0.2', 80));
  t.like(said, { verdict: 'accept', number: 2, needsMac: true });
  t.regex(said.sentence, /The sender’s MAC is not known: rules that speak of a MAC were taken as not matching/);
  t.like(said.steps[0], {
    field: 'source',
    sentence: 'It speaks of 02:00:00:00:00:09, by MAC; the sender’s MAC is not known.',
  });
  const known = explained(rules, tcp('192.168.51.9', '10.9.0.2', 80, '02:00:00:00:00:09'));
  t.like(known, { verdict: 'reject', number: 1, needsMac: false });
  t.notRegex(known.sentence, /MAC is not known/);
});

test('a limit has two outcomes; a rule that only logs goes on', (t) => {
  const limit = { for: 'action', rate: 10, per: 'minute', burst: 5 };
  const rules = [{ action: 'log' }, { limit, remark: 'Ten' }, { source: typed('192.168.51.9'), action: 'reject' }];
  const said = explained(rules, tcp('192.168.51.9', '10.9.0.2', 80));
  t.like(said, { verdict: 'reject', number: 3 });
  t.deepEqual(
    said.outcomes.map(({ when, verdict, rule }) => [when, verdict, rule]),
    [
      ['up to 10 connections a minute', 'accept', 'Ten'],
      ['beyond that', 'reject', 'r3'],
    ],
  );
  t.is(
    said.sentence,
    'Whether 192.168.51.9 may reach 10.9.0.2 by TCP 80 hangs on a limit: up to 10 connections a minute rule 2 (“Ten”) lets it through; beyond that rule 3 rejects it with an answer.',
  );
  t.deepEqual(
    said.steps.map(({ field, sentence }) => [field, sentence]),
    [
      ['action', 'It matches, logs and goes on: the next rules decide.'],
      ['limit', 'It matches, and lets it through up to 10 connections a minute; beyond that the next rules decide.'],
      [null, 'It matches and rejects it with an answer.'],
    ],
  );
});

test('times are those of the box’s zone, and said', (t) => {
  const frame = { days: { kind: 'week', days: [1, 2, 3, 4, 5] }, start: '08:00', end: '17:00' };
  const policy = edited(policyOf([{ frame }, { expires: NOW - 60 }, { enabled: false }]), [
    { do: 'section', section: 'network', value: { timezone: 'Europe/Berlin' } },
  ]);
  const at = Date.UTC(2026, 10, 20, 21, 30) / 1000;
  const { steps } = explainerOf(policy, { now: at }).explain(tcp('192.168.51.9', '10.9.0.2', 80));
  t.deepEqual(
    steps.slice(0, 1).map(({ field, sentence }) => [field, sentence]),
    [['time', 'It holds on weekdays from 08:00 to 17:00; this is Fri 2026-11-20 22:30.']],
  );
  const later = explainerOf(policy, { now: NOW + 86_400 * 5 }).explain(tcp('192.168.51.9', '10.9.0.2', 80)).steps;
  t.like(later[1], { field: 'expiry', sentence: 'It ended on Mon 2026-11-23 08:45.' });
  t.like(later[2], { field: 'enabled', sentence: 'It is switched off.' });
});

test('DNS names by their addresses when those are known, else as not resolved', (t) => {
  const rules = [{ destination: typed('www.example.org') }];
  const packet = tcp('192.168.51.9', '203.0.113.9', 443);
  const names = (list: string[]) => ({ names: new Map([['www.example.org', list]]) });
  t.is(explained(rules, packet, names(['203.0.113.9'])).verdict, 'accept');
  t.is(
    explained(rules, packet, names(['203.0.113.8'])).steps[0]?.sentence,
    'It speaks of www.example.org, now 203.0.113.8; this goes to 203.0.113.9.',
  );
  t.is(
    explained(rules, packet).steps[0]?.sentence,
    'It speaks of www.example.org, which is not resolved: no address is known for it.',
  );
});

test('administrators and blocks are named where they decide or might have', (t) => {
  const policy = edited(handbook(), [{ do: 'block', host: '192.168.51.9', action: 'drop', until: null }]);
  const { explain } = explainerOf(policy, { now: NOW });
  const admin = explain(tcp('192.168.51.9', 'greengate', 445, ADMIN_MAC));
  t.like(admin, { verdict: 'accept', rule: null, origin: 'admin' });
  t.is(admin.steps.length, 1);
  const blocked = explain(tcp('192.168.51.9', '10.9.0.2', 80));
  t.like(blocked, { verdict: 'drop', rule: null, origin: 'b3' });
  t.regex(blocked.sentence, /it is blocked, whatever the rules say\.$/);
  t.deepEqual(
    explain(tcp('192.168.51.8', 'greengate', 445)).steps.map(({ id }) => id),
    ['admin', 'b3', 'r1', 'r2', 'default'],
  );
  t.deepEqual(
    explain(tcp('192.168.51.8', 'greengate', 53)).steps.map(({ id }) => id),
    ['b3', 'r1', 'r2', 'default'],
  );
});
