import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Frame } from './lib/nft-fields.ts';
import { NftKernel } from './lib/nft-kernel.ts';
import type { Packet } from './lib/reference.ts';
import { frameOf } from './lib/shots.ts';

/** The interpreter of nft's text, on texts whose outcome is known: what nft's manual and the kernel say. */
const tcp = (more: Partial<Packet> = {}): Frame =>
  frameOf({
    packet: {
      from: '192.168.51.25',
      mac: '02:00:00:00:05:0a',
      to: '10.9.0.2',
      protocol: 6,
      port: 25,
      sport: 40_000,
      ...more,
    },
    at: 1_795_420_000,
    words: null,
  });

const HOOK = 'add table ip filter\nadd chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }\n';
const kernel = (chains: Record<string, string[]>, before = ''): NftKernel => {
  const block = Object.entries(chains).map(([name, rules]) => `chain ${name} {\n${rules.join('\n')}\n}\n`);
  return new NftKernel().load(`${HOOK}${before}\ntable ip filter {\n${block.join('')}}\n`);
};
const verdict = (rules: string[], frame = tcp(), more: Record<string, string[]> = {}, before = '') =>
  kernel({ ...more, FORWARD: rules }, before).run('FORWARD', frame, () => true).verdict;

const says = test.macro((t, rules: string[], expected: string, frame?: Frame, more?: Record<string, string[]>) => {
  t.is<string, string>(verdict(rules, frame, more), expected);
});

test('without a verdict the policy of the base chain decides', says, ['counter'], 'drop');
test('a rule ends at the first part that does not match', says, ['tcp dport 25 tcp sport 1 accept'], 'drop');
test('the first verdict decides', says, ['accept', 'drop'], 'accept');
test('a jump comes back', says, ['jump a', 'accept'], 'accept', tcp(), { a: ['tcp dport 80 drop'] });
test('a goto does not come back', says, ['goto a', 'accept'], 'drop', tcp(), { a: ['tcp dport 80 accept'] });
test('a goto below a jump comes back to who jumped', says, ['jump a', 'accept'], 'accept', tcp(), {
  b: ['counter'],
  a: ['goto b', 'drop'],
});
test('return leaves a chain', says, ['jump a', 'accept'], 'accept', tcp(), { a: ['return', 'drop'] });
test('a missing key of a map is no match', says, ['tcp dport vmap { 80 : drop }', 'accept'], 'accept');
test('a key of a map leads on', says, ['tcp dport vmap { 20-30 : accept, 80 : drop }', 'drop'], 'accept');
test('keys may be joined', says, ['ip saddr . tcp dport vmap { 192.168.51.25 . 25 : accept }'], 'accept');
test(
  'a mark that no map has stays',
  says,
  ['meta mark set 7', 'meta mark set ip daddr map { 10.9.0.3 : 9 }', 'meta mark 7 accept'],
  'accept',
);
test('marks are compared as numbers', says, ['meta mark set 0x40000100', 'meta mark > 0x400000ff accept'], 'accept');
test('bits of a mark', says, ['meta mark set meta mark | 0x40000000', 'meta mark & 0x40000000 == 0 accept'], 'drop');
test('UDP has no TCP port', says, ['tcp dport 25 accept'], 'drop', tcp({ protocol: 17 }));
test('th reads the ports of any protocol', says, ['th dport 25 accept'], 'accept', tcp({ protocol: 17 }));
test('not equal needs the field, too', says, ['tcp dport != 80 accept'], 'drop', tcp({ protocol: 17 }));
test(
  'without a link layer no MAC is known, nor another one',
  says,
  ['ether saddr != 02:00:00:00:05:0b accept'],
  'drop',
  tcp({ mac: null }),
);
test('networks have a last address', says, ['ip saddr 192.168.51.0/27 accept'], 'accept');
test('and none beyond', says, ['ip saddr 192.168.51.26/31 accept'], 'drop');

test('a time is in an interval with both its ends, to the nanosecond', (t) => {
  const set = 'add set ip filter f { typeof meta time; flags interval; }\nadd element ip filter f { 100-200 }\n';
  const at = (time: number) => verdict(['meta time @f accept'], { ...tcp(), time }, {}, set);
  t.deepEqual([99.9, 100, 200, 200.1].map(at), ['drop', 'accept', 'accept', 'drop']);
});

test('counters, logs and marks are told, of the rules that ran only', (t) => {
  const rules = [
    'counter comment "a" tcp dport 80 drop',
    'counter ct mark set 5 log prefix "P" group 1 accept comment "b"',
  ];
  const { counters, logs, ctMark } = kernel({ FORWARD: rules }).run('FORWARD', tcp(), () => true);
  t.deepEqual({ counters, logs, ctMark }, { counters: ['a', 'b'], logs: ['P'], ctMark: 5 });
});

test('a limit stands in the way when it is used up', (t) => {
  const rules = ['limit rate 3/hour burst 7 packets accept'];
  const run = (within: boolean) => kernel({ FORWARD: rules }).run('FORWARD', tcp(), () => within).verdict;
  t.deepEqual([run(true), run(false)], ['accept', 'drop']);
});

const refuses = test.macro((t, rules: string[], pattern: RegExp, before?: string) => {
  t.throws(() => kernel({ FORWARD: rules }, before), { message: pattern });
});
test('a word it does not know', refuses, ['ip ttl 5 accept'], /unknown expression "ip ttl"/);
test('a chain that is not there', refuses, ['goto nowhere'], /no chain nowhere/);
test('a chain that is not there, by a map', refuses, ['tcp dport vmap { 1 : jump nowhere }'], /no chain nowhere/);
test('a key twice with two verdicts', refuses, ['tcp dport vmap { 1 : drop, 1 : accept }'], /twice/);
test('intervals that conflict', refuses, ['tcp dport vmap { 1-5 : drop, 5-9 : accept }'], /conflicting intervals/);
test(
  'a set without the flag for intervals',
  refuses,
  [],
  /no flag/,
  'add set ip filter s { type inet_service; }\nadd element ip filter s { 1-2 }',
);
test(
  'a set of another type',
  refuses,
  ['ip saddr @s accept'],
  /is of inet_service/,
  'add set ip filter s { type inet_service; }',
);
test(
  'joined intervals whose order would decide',
  refuses,
  [],
  /order of its elements/,
  [
    'add map ip filter m { type ipv4_addr . inet_service : verdict; flags interval; }',
    'add element ip filter m { 10.0.0.0/8 . 1-9 : drop, 10.9.0.0/16 . 5 : accept }',
  ].join('\n'),
);

test(
  'joined intervals of marks',
  refuses,
  [],
  /not stored faithfully/,
  'add set ip filter s { type ipv4_addr . mark; flags interval; }',
);
test(
  'joined intervals of marks, without a name',
  refuses,
  ['ip saddr . meta mark { 10.0.0.0/8 . 1-9 } accept'],
  /not stored faithfully/,
);
test('an empty list of elements', refuses, [], /empty list/, 'add set ip filter s { type mark; elements = { }; }');
test(
  'more elements than a set has room for',
  refuses,
  [],
  /room for 1/,
  'add set ip filter s { type mark; size 1; elements = { 1, 2 }; }',
);
test('a counter that is not there', refuses, ['counter name "a" accept'], /no counter a/);

test('too many jumps are refused', (t) => {
  const deep = Object.fromEntries(
    Array.from({ length: 18 }, (_, index) => [`c${index}`, [index === 17 ? 'accept' : `jump c${index + 1}`]]),
  );
  t.throws(() => verdict(['jump c0'], tcp(), deep), { message: /too many jumps/ });
});

const goldens = join(import.meta.dirname, 'golden');
const whole = readdirSync(goldens).filter(
  (name) => name.endsWith('.nft') && readFileSync(join(goldens, name), 'utf8').startsWith('add table'),
);
for (const name of whole)
  test(`it reads ${name}`, (t) => {
    const text = readFileSync(join(goldens, name), 'utf8');
    const rules = text.split('\n').filter((line) => /^ {4}\S/.test(line));
    t.is(new NftKernel().load(text).size, rules.length);
  });
