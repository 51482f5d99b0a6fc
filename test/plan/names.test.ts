import test from 'ava';
import { compile } from '../../src/compile/compile.ts';
import { judgeOf } from '../../src/compile/judge.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import { setOfName } from '../../src/plan/names.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import type { Policy } from '../../src/policy/schema.ts';

const NOW = 1_795_420_000;
const policyOf = (more: object): Policy => {
  const parsed = parsePolicy({ schema: 2, settings: { enabled: true, adminMac: '02:00:00:00:05:0a' }, ...more });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
};

test('an answer for a name goes into the sets of all listed names above it: dnsmasq takes the longest line only', (t) => {
  const addresses = ['example.org', 'www.example.org', 'ample.org'].map((value) => ({ name: value, value }));
  const lines = compile(policyOf({ addresses }), applianceFacts(true, NOW))
    .files['dnsmasq.conf']?.split('\n')
    .filter((line) => line.startsWith('nftset='));
  const sets = (line: string | undefined) => [...(line ?? '').matchAll(/4#ip#filter#(\w+)/g)].map(([, set]) => set);
  t.deepEqual(sets(lines?.[0]), [setOfName('example.org')]);
  t.deepEqual(sets(lines?.[1]), [setOfName('example.org'), setOfName('www.example.org')]);
  t.deepEqual(sets(lines?.[2]), [setOfName('ample.org')]);
});

test('everything but a network that is not known is nothing to an accept, everything to a drop', (t) => {
  const rule = (action: string) => ({
    id: 'r1',
    source: { kind: 'any' },
    destination: { kind: 'address', name: 'RED Network', invert: true },
    service: { kind: 'any' },
    action,
  });
  const packet = { from: '192.168.51.9', mac: null, to: '203.0.113.9', protocol: 6, port: 80 };
  for (const [action, origin, line] of [
    ['accept', 'default', /chain g0_forward \{\n {4}goto g0_default/],
    ['drop', 'r1', /chain g0_forward \{\n {4}goto g0_rule_r1/],
  ] as const) {
    const policy = policyOf({ rules: [rule(action)] });
    t.is(judgeOf(policy, { now: NOW })(packet).origin, origin);
    t.regex(compile(policy, applianceFacts(true, NOW)).files['ruleset.nft'] ?? '', line);
  }
});
