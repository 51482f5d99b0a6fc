import test from 'ava';
import { starterRule } from '../../src/policy/defaults.ts';
import { applyEdit } from '../../src/policy/edit.ts';
import { ruleSchema } from '../../src/policy/schema-rules.ts';
import { starterEdits, starterRules } from '../../src/policy/starter-rules.ts';
import { edited, handbook } from '../lib/handbook.ts';

const policy = handbook();
const ids = starterRules(policy).map(({ id }) => id);

test('all ready-made rules together are a policy: those for use first, quiet ones last and unlogged', (t) => {
  const { rules } = edited(policy, [{ do: 'batch', edits: starterEdits(policy, ids) }]);
  t.deepEqual(
    rules.map(({ id }) => id),
    ['dns', 'ntp', 'proxy', 'r1', 'r2', 'quietnetbios', 'quietmdns', 'quietssdp', 'quietllmnr', 'quietbroadcast'],
  );
  for (const rule of rules.slice(5)) t.like(rule, { action: 'drop', log: false, destination: { kind: 'greengate' } });
});

test('the rule for DNS is the one that set-up and console add', (t) => {
  const dns = starterRules(policy).find(({ id }) => id === 'dns');
  t.deepEqual(ruleSchema.parse({ ...dns?.rule?.value, id: 'dns' }), starterRule);
});

test('what is there already, and what is above the rules, is added to nobody', (t) => {
  const once = edited(policy, [{ do: 'batch', edits: starterEdits(policy, ['dns', 'quietmdns']) }]);
  t.deepEqual(starterEdits(once, ['dns', 'quietmdns', 'dhcp', 'ping', 'nothing']), []);
  t.deepEqual(
    starterRules(once)
      .filter(({ there }) => there)
      .map(({ id }) => id),
    ['dns', 'quietmdns'],
  );
  t.true(
    starterRules(policy)
      .filter(({ rule }) => rule === null)
      .every(({ why }) => /above all rules/.test(why)),
  );
});

test('a service of the owner with the same name is used, not replaced', (t) => {
  const own = edited(policy, [
    { do: 'save', collection: 'services', value: { name: 'mDNS Calls', protocol: 'udp', ports: '5353, 5354' } },
  ]);
  const result = applyEdit(own, { do: 'batch', edits: starterEdits(own, ['quietmdns']) });
  t.true(result.ok);
  t.is(result.ok && result.policy.services.filter(({ name }) => /mdns/i.test(name)).length, 1);
});
