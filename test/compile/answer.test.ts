import test from 'ava';
import { type Answer, answerOf } from '../../src/compile/answer.ts';
import type { Question } from '../../src/compile/question.ts';
import type { SeenHost } from '../../src/compile/question-hosts.ts';
import type { Policy } from '../../src/policy/schema.ts';
import { edited, handbook } from '../lib/handbook.ts';

const NOW = 1_795_420_000;
const PRINTER = '02:00:00:00:00:09';

const policy = edited(handbook(), [
  { do: 'section', section: 'network', value: { timezone: 'Europe/Berlin' } },
  { do: 'save', collection: 'addresses', value: { name: 'Printer', value: PRINTER } },
  { do: 'save', collection: 'addresses', value: { name: 'Site', value: 'www.example.org' } },
  {
    do: 'save',
    collection: 'addressGroups',
    value: { name: 'Rooms', members: [{ name: 'MailAccess' }, { name: 'WebAccess' }] },
  },
]);

const ask = (change: Partial<Question>, seen: SeenHost[] = [], of: Policy = policy) =>
  answerOf(of, { from: '192.168.51.25', to: '10.9.0.2', service: 'tcp/25', ...change }, { now: NOW }, seen);

const answered = (...asked: Parameters<typeof ask>): Answer => {
  const answer = ask(...asked);
  if (!answer.ok) throw new Error(JSON.stringify(answer.problems));
  return answer.value;
};

const packet = test.macro((t, change: Partial<Question>, expected: object) => {
  t.like(answered(change).packet, expected);
});
test('a port', packet, { service: 'udp/53' }, { protocol: 17, port: 53 });
test('ICMP by type', packet, { service: 'icmp/8' }, { protocol: 1, type: 8, code: 0 });
test('ICMP by type and code', packet, { service: 'icmp/3/1' }, { protocol: 1, type: 3, code: 1 });
test('a ping in IPv6', packet, { from: 'fd51::1', to: 'fd09::2', service: 'icmp/8' }, { protocol: 58, type: 128 });
test('a protocol by name', packet, { service: 'GRE' }, { protocol: 47 });
test('a protocol by number', packet, { service: '89' }, { protocol: 89 });
test('a service by name', packet, { service: 'smtp' }, { protocol: 6, port: 25 });
test('a group of services by its first', packet, { service: 'MailingServices' }, { protocol: 6, port: 110 });
test('an address by name', packet, { from: 'webaccess' }, { from: '192.168.51.33', mac: null });
test('a MAC in capitals', packet, { mac: '02-00-00-00-00-0A' }, { from: '192.168.51.25', mac: '02:00:00:00:00:0a' });
test('the box by its address', packet, { to: '192.168.51.254' }, { to: 'greengate' });
test('everybody on GREEN is the box, too', packet, { to: '192.168.51.255' }, { to: 'greengate' });
test('everybody of all', packet, { to: '255.255.255.255' }, { to: 'greengate' });
test('the box by name', packet, { to: 'Greengate' }, { to: 'greengate' });
test('the source port', packet, { sourcePort: '1024' }, { sport: 1024 });

test('a MAC stands with the address of its lease, or with one that no rule names', (t) => {
  const lone = answered({ from: 'Printer' });
  t.like(lone.packet, { from: '192.168.51.253', mac: PRINTER });
  t.regex(lone.notes[0] ?? '', /^No address is known of 02:00:00:00:00:09/);
  const seen = answered({ from: PRINTER }, [{ address: '192.168.51.9', mac: PRINTER, name: 'printer' }]);
  t.like(seen.packet, { from: '192.168.51.9', mac: PRINTER });
  t.deepEqual(seen.notes, []);
  t.like(answered({ from: 'lp0' }, [{ address: '192.168.51.9', mac: PRINTER, name: 'LP0' }]).packet, {
    from: '192.168.51.9',
  });
});

test('the moment is read in the box’s zone', (t) => {
  t.is(answered({ at: '2026-11-20T22:30' }).at, Date.UTC(2026, 10, 20, 21, 30) / 1000);
  t.is(answered({ at: '2026-07-20 22:30:05' }).at, Date.UTC(2026, 6, 20, 20, 30, 5) / 1000);
  t.is(answered({}).at, NOW);
});

test('for a name of many hosts the answer holds for all of them, or says for whom it does not', (t) => {
  const all = answered({ from: 'MailAccess', service: 'MailingServices' });
  t.deepEqual(all.others, []);
  t.regex(all.sentence, /^MailAccess may reach 10\.9\.0\.2 by MailingServices: rule 1/);
  const some = answered({ from: 'Rooms' });
  t.is(some.verdict, 'accept');
  t.regex(some.sentence, /^192\.168\.51\.1 of Rooms may reach/);
  t.deepEqual(
    some.others.map(({ verdict, origin, packet: one }) => [verdict, origin, one.from]),
    [['drop', 'default', '192.168.51.33']],
  );
  const one = edited(policy, [
    {
      do: 'saveRule',
      position: 0,
      value: {
        source: { kind: 'typed', value: '192.168.51.7' },
        destination: { kind: 'any' },
        service: { kind: 'any' },
        action: 'reject',
      },
    },
  ]);
  t.deepEqual(
    answered({ from: 'MailAccess' }, [], one).others.map(({ verdict, packet: { from } }) => [verdict, from]),
    [['reject', '192.168.51.7']],
  );
});

test('a DNS name without known addresses is judged by the rules about it, and those about any', (t) => {
  const open = edited(policy, [
    {
      do: 'saveRule',
      value: {
        source: { kind: 'any' },
        destination: { kind: 'typed', value: 'example.org' },
        service: { kind: 'any' },
        action: 'accept',
      },
    },
  ]);
  for (const to of ['www.example.org', 'Site', 'mail.example.org', 'example.org']) {
    const said = answered({ to, service: 'tcp/443' }, [], open);
    t.is(said.origin, open.rules.at(-1)?.id ?? '', to);
    t.regex(said.notes.join(), /No address of .* is known here/);
  }
  t.is(answered({ to: 'www.example.net', service: 'tcp/443' }, [], open).origin, 'default');
});

test('what the box does before it asks the rules is told as it is', (t) => {
  const ping = answered({ to: 'greengate', service: 'icmp/8' });
  t.like(ping, { verdict: 'accept', rule: null, origin: 'box' });
  t.is(ping.steps.length, 1);
  t.is(answered({ to: 'greengate', service: 'icmp/13' }).verdict, 'drop');
  t.is(answered({ to: 'greengate', service: 'udp/67' }).verdict, 'accept');
});

test('what the answer cannot know is said', (t) => {
  t.regex(answered({ from: '10.1.1.1' }).notes.join(), /10\.1\.1\.1 is not in GREEN’s network \(192\.168\.51\.0\/24\)/);
  t.regex(answered({ to: '192.168.51.9' }).notes.join(), /does not come through the box/);
  const off = { ...policy, settings: { ...policy.settings, enabled: false } };
  t.regex(answered({}, [], off).notes.join(), /BOT is off in this policy/);
  t.deepEqual(answered({}).notes, []);
});

const refused = test.macro((t, change: Partial<Question>, place: string, message: RegExp) => {
  const answer = ask(change);
  if (answer.ok) return t.fail(JSON.stringify(answer.value));
  t.deepEqual(
    answer.problems.map((one) => one.place),
    [place],
  );
  t.regex(answer.problems[0]?.message ?? '', message);
});
test('nobody', refused, { from: 'nobody' }, 'from', /Nothing is called “nobody”/);
test('no sender', refused, { from: '' }, 'from', /Write an IP address/);
test('a DNS name as sender', refused, { from: 'www.example.org' }, 'from', /DNS name/);
test('a MAC as destination', refused, { to: PRINTER }, 'to', /A MAC address cannot be a destination/);
test(
  'an address that is a MAC as destination',
  refused,
  { to: 'Printer' },
  'to',
  /A MAC address cannot be a destination/,
);
test('an address that is none', refused, { to: '10.9.0.300' }, 'to', /Nothing is called/);
test('port 0', refused, { service: 'tcp/0' }, 'service', /is no port/);
test('port 65536', refused, { service: 'tcp/65536' }, 'service', /is no port/);
test('a protocol that wants a port', refused, { service: 'tcp' }, 'service', /Write the port, too: tcp\/25/);
test('an unknown service', refused, { service: 'smpt' }, 'service', /Nothing is called “smpt”/);
test('an ICMP type that is none', refused, { service: 'icmp/256' }, 'service', /is no ICMP type/);
test('a day that is none', refused, { at: '2026-02-30T10:00' }, 'at', /no moment/);
test('an hour that is none', refused, { at: '2026-02-20T24:00' }, 'at', /Europe\/Berlin/);
test('a MAC that is none', refused, { mac: 'x' }, 'mac', /is no MAC/);
test('two MACs', refused, { from: PRINTER, mac: '02:00:00:00:00:0a' }, 'from', /another MAC/);
test('a source port that is none', refused, { sourcePort: '70000' }, 'sourcePort', /is no port/);
test('two families', refused, { from: 'fd51::1' }, 'to', /two families/);
