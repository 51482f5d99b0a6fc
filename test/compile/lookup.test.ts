import test from 'ava';
import { compile } from '../../src/compile/compile.ts';
import { lookupOf } from '../../src/compile/lookup.ts';
import { compileRuleset } from '../../src/compile/ruleset.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import type { Lookup } from '../../src/plan/lookup.ts';
import { printFull } from '../../src/plan/nft.ts';
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
  t.is(forward(policy(50)).form, 'indexed');
  t.notRegex(text(50), /^# /);
  const found = forward(policy(700));
  t.true(found.form === 'linear' && found.large);
  t.regex(text(700), /^# An index of these rules would be too large/);
  t.true((text(700).match(/^ {4}/gm)?.length ?? 0) < 100_000);
  // The bound on rules, too.
  const { forward: list, leaves } = compileRuleset(policy(50), applianceFacts(true, NOW));
  const few = lookupOf('ip', list, leaves, { rules: 1000, elements: 600_000 });
  t.true(few.form === 'linear' && few.large);
});

test('what is nobody’s, or everything but everything, is left out and refused by no nft', (t) => {
  const [one, ...others] = exact(7);
  const nothing = { kind: 'typed', value: '0.0.0.0/0', invert: true };
  for (const rule of [
    { ...one, destination: nothing },
    { ...one, source: nothing },
  ]) {
    const policy = policyOf({ rules: [rule, { ...one, id: 'any', source: { kind: 'any' } }, ...others] });
    const { files } = compile(policy, applianceFacts(true, NOW));
    const text = (files['ruleset.nft'] ?? '').replace(/^add map .*_ways .*$/gm, '');
    t.notRegex(text, /goto g0_rule_r0/);
    t.notRegex(text, /size 0;|\{ {2}\}/);
  }
});

test('groups that rules share are said once, in every form', (t) => {
  const addresses = Array.from({ length: 500 }, (_, index) => ({
    name: `h${index}`,
    value: `10.1.${index >> 8}.${index & 255}`,
  }));
  const group = { name: 'all', members: addresses.map(({ name }) => ({ name })) };
  const services = Array.from({ length: 200 }, (_, index) => ({
    name: `p${index}`,
    protocol: 'tcp',
    ports: `${3000 + index}`,
  }));
  const timed = Array.from({ length: 20 }, (_, index) => ({
    id: `t${index}`,
    source: { kind: 'group', name: 'all' },
    destination: { kind: 'typed', value: `10.9.${index}.0/24` },
    service: { kind: 'any' },
    action: 'accept',
    expires: NOW + 1000,
  }));
  const each = services.map(({ name }, index) => ({
    id: `s${index}`,
    source: { kind: 'any' },
    destination: { kind: 'typed', value: `10.200.${index}.0/24` },
    service: { kind: 'service', name },
    action: 'drop',
  }));
  const policy = policyOf({ addresses, addressGroups: [group], services, rules: [...timed, ...each] });
  const ruleset = compileRuleset(policy, applianceFacts(true, NOW));
  t.is(ruleset.lookups.ip.forward.form, 'indexed');
  const said = (text: string) => text.split('10.1.1.77').length - 1;
  t.is(said(printFull(ruleset, 1)), 1);
  const list: Lookup = { form: 'linear', list: ruleset.forward.filter(({ family }) => family === 'ip'), large: true };
  t.is(said(printFull({ ...ruleset, lookups: { ...ruleset.lookups, ip: { input: list, forward: list } } }, 1)), 2);
});

test('small policies of large groups keep their size: no hosts times destinations', (t) => {
  const hosts = (name: string, start: string, count: number, bits = '') =>
    Array.from({ length: count }, (_, index) => ({
      name: `${name}${index}`,
      value: `${start}.${index >> 8}.${index & 255}${bits}`,
    }));
  const addresses = [...hosts('a', '10.1', 300), ...hosts('b', '10.2', 300)];
  const groups = ['a', 'b'].map((name) => ({
    name,
    members: addresses.filter((one) => one.name.startsWith(name)).map((one) => ({ name: one.name })),
  }));
  const rules = ['SMTP', 'POP3', 'HTTP', 'HTTPS', 'SSH'].map((name, index) => ({
    id: `r${index + 1}`,
    source: { kind: 'group', name: 'a' },
    destination: { kind: 'group', name: 'b' },
    service: { kind: 'service', name },
    action: 'accept',
  }));
  const { files } = compile(policyOf({ addresses, addressGroups: groups, rules }), applianceFacts(true, NOW));
  t.true((files['ruleset.nft'] ?? '').length < 300_000, `${files['ruleset.nft']?.length}`);
});
