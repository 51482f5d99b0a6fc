import test from 'ava';
import { judgeOf, type Packet } from '../../src/compile/judge.ts';
import { defaultPolicy } from '../../src/policy/defaults.ts';
import { ADMIN_MAC, edited, handbook } from '../lib/handbook.ts';

const tcp = (from: string, to: string, port: number, mac: string | null = null): Packet => ({
  from,
  to,
  port,
  mac,
  protocol: 6,
});

const judges = test.macro((t, packet: Packet, verdict: string, origin: string) => {
  const found = judgeOf(handbook(), { now: 1_795_420_000 })(packet);
  t.deepEqual([found.verdict, found.origin], [verdict, origin]);
});
test('mail from the mail room', judges, tcp('192.168.51.25', '10.9.0.2', 110), 'accept', 'r1');
test('the web from the mail room', judges, tcp('192.168.51.25', '10.9.0.2', 80), 'drop', 'default');
test('the first address after the mail room', judges, tcp('192.168.51.32', '10.9.0.2', 110), 'drop', 'default');
test('the proxy from the web room', judges, tcp('192.168.51.35', 'greengate', 800), 'accept', 'r2');
test(
  'a server outside is not the box, whatever its port',
  judges,
  tcp('192.168.51.35', '10.9.0.2', 800),
  'drop',
  'default',
);
test('UDP is not TCP', judges, { ...tcp('192.168.51.25', '10.9.0.2', 110), protocol: 17 }, 'drop', 'default');
test('the Admin MAC reaches the UI', judges, tcp('192.168.51.99', 'greengate', 445, ADMIN_MAC), 'accept', 'admin');
test('another MAC does not', judges, tcp('192.168.51.99', 'greengate', 445, '02:00:00:00:00:01'), 'drop', 'default');

test('where a MAC decides and is not known, the verdict says so', (t) => {
  t.true(judgeOf(handbook(), { now: 1_795_420_000 })(tcp('192.168.51.99', 'greengate', 445)).needsMac);
  t.false(judgeOf(handbook(), { now: 1_795_420_000 })(tcp('192.168.51.25', '10.9.0.2', 110)).needsMac);
});

test('the first rule that matches decides', (t) => {
  const rule = (source: string, action: string) => ({
    do: 'saveRule' as const,
    value: { source: { kind: 'typed', value: source }, destination: { kind: 'any' }, service: { kind: 'any' }, action },
  });
  const policy = edited(defaultPolicy(), [rule('192.168.51.9', 'reject'), rule('192.168.51.0/24', 'accept')]);
  t.is(judgeOf(policy, { now: 1_795_420_000 })(tcp('192.168.51.9', '10.9.0.2', 1)).verdict, 'reject');
  t.is(judgeOf(policy, { now: 1_795_420_000 })(tcp('192.168.51.8', '10.9.0.2', 1)).verdict, 'accept');
});
