import test from 'ava';
import { compile } from '../../src/compile/compile.ts';
import { lookupOf, MOST_RULES } from '../../src/compile/lookup.ts';
import { compileRuleset } from '../../src/compile/ruleset.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import type { Policy } from '../../src/policy/schema.ts';
import { office } from '../lib/office.ts';

const NOW = 1_795_420_000;

const policyOf = (json: object): Policy => {
  const parsed = parsePolicy({ schema: 2, settings: { enabled: true, adminMac: '02:00:00:00:05:0a' }, ...json });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
};

const forward = (policy: Policy) => compileRuleset(policy, applianceFacts(true, NOW)).lookups.ip.forward;

const exact = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    id: `r${index}`,
    source: { kind: 'typed', value: `192.168.51.${index + 1}` },
    destination: { kind: 'typed', value: '10.9.0.2' },
    service: { kind: 'service', name: 'SMTP' },
    action: 'accept',
  }));

test('few rules are asked one after the other, exact ones looked up in one hash, all others by an index', (t) => {
  t.is(forward(policyOf({ rules: exact(4) })).form, 'linear');
  const found = forward(policyOf({ rules: exact(5) }));
  t.true(found.form === 'exact' && found.cells.length === 5);
  const [first, ...others] = exact(9);
  t.is(forward(policyOf({ rules: [{ ...first, source: { kind: 'any' } }, ...others] })).form, 'indexed');
});

test('of two rules for the same host, destination and port the first one is in the hash', (t) => {
  const [one] = exact(1);
  const rules = [...exact(8), { ...one, id: 'late', action: 'drop' }];
  const found = forward(policyOf({ rules }));
  t.true(found.form === 'exact');
  t.deepEqual(found.form === 'exact' && found.cells.filter(({ leaf }) => leaf === 'late'), []);
});

test('an office’s rules in the kernel stay far below one for each sender, destination and service', (t) => {
  for (const share of [0, 10, 50, 90]) {
    const parsed = parsePolicy(office(share, 1).policy);
    if (!parsed.ok) return t.fail(JSON.stringify(parsed.problems));
    const { files } = compile(parsed.value, applianceFacts(true, NOW));
    const rules = (files['ruleset.nft'] ?? '').match(/^ {4}/gm)?.length ?? 0;
    t.true(rules > 2000 && rules < 50_000, `${rules} rules with source Any in ${share} %`);
  }
});

test('where an index would be too large the rules are asked one after the other, and the text says so', (t) => {
  // Each of the hosts has a rule of its own in the class of every port.
  const policy = (count: number) => {
    const ports = Array.from({ length: count }, (_, index) => 2000 + index * 2);
    const services = ports.map((port) => ({ name: `p${port}`, protocol: 'tcp', ports: String(port) }));
    const own = Array.from({ length: 1000 }, (_, index) => ({
      id: `r${index}`,
      source: { kind: 'typed', value: `10.1.${index >> 8}.${index & 255}` },
      destination: { kind: 'typed', value: `10.${20 + (index >> 8)}.${index & 255}.0/24` },
      service: { kind: 'any' },
      action: 'accept',
    }));
    const each = services.map(({ name }, index) => ({
      id: `s${index}`,
      source: { kind: 'typed', value: '10.1.0.0/16' },
      destination: { kind: 'typed', value: `10.200.${index & 255}.0/24` },
      service: { kind: 'service', name },
      action: 'drop',
    }));
    return policyOf({ services, rules: [...each, ...own] });
  };
  const text = (count: number) => compile(policy(count), applianceFacts(true, NOW)).files['ruleset.nft'] ?? '';
  t.is(forward(policy(100)).form, 'indexed');
  t.notRegex(text(100), /^# /);
  const found = forward(policy(700));
  t.true(found.form === 'linear' && found.large);
  t.regex(text(700), /^# An index of these rules would be too large/);
  t.true((text(700).match(/^ {4}/gm)?.length ?? 0) < MOST_RULES);
  // The bound on rules, too.
  const { forward: list, leaves } = compileRuleset(policy(100), applianceFacts(true, NOW));
  const few = lookupOf('ip', list, leaves, { rules: 1000, elements: 600_000 });
  t.true(few.form === 'linear' && few.large);
});
