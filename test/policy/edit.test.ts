import test from 'ava';
import { defaultPolicy, withStarterRules } from '../../src/policy/defaults.ts';
import { applyEdit, type Edit } from '../../src/policy/edit.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import type { Policy } from '../../src/policy/schema.ts';
import { ruleNotes, ruleSentence } from '../../src/policy/sentence.ts';
import { usedBy } from '../../src/policy/used-by.ts';
import { handbook } from '../lib/handbook.ts';

const apply = (policy: Policy, edit: Edit): Policy => {
  const result = applyEdit(policy, edit);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.policy;
};

const problems = (policy: Policy, edit: Edit) => {
  const result = applyEdit(policy, edit);
  return result.ok ? [] : result.problems.map(({ place, message }) => `${place}: ${message}`);
};

test('a renamed address is followed into groups and rules', (t) => {
  const grouped = apply(handbook(), {
    do: 'save',
    collection: 'addressGroups',
    value: { name: 'All', members: [{ name: 'MailAccess' }] },
  });
  const policy = apply(grouped, {
    do: 'save',
    collection: 'addresses',
    was: 'MailAccess',
    value: { name: 'Mail room', value: '192.168.51.0/27' },
  });
  t.deepEqual(policy.rules[0]?.source, { kind: 'address', name: 'Mail room', invert: false });
  t.is(policy.addressGroups[0]?.members[0]?.name, 'Mail room');
});

test('a group of services is not renamed when an address group of that name is', (t) => {
  const policy = apply(handbook(), {
    do: 'save',
    collection: 'addressGroups',
    value: { name: 'MailingServices', members: [{ name: 'MailAccess' }] },
  });
  const renamed = apply(policy, {
    do: 'save',
    collection: 'addressGroups',
    was: 'MailingServices',
    value: { name: 'X', members: [{ name: 'MailAccess' }] },
  });
  t.deepEqual(renamed.rules[0]?.service, { kind: 'group', name: 'MailingServices', invert: false });
});

test('what is in use cannot be deleted and says where', (t) => {
  t.deepEqual(problems(handbook(), { do: 'delete', collection: 'addresses', name: 'MailAccess' }), [
    'addresses/0: “MailAccess” is in use by rule 1 “MailAccess PCs can use MailingServices”. Remove it there first.',
  ]);
  t.is(usedBy(handbook(), 'serviceGroups', 'mailingservices').length, 1);
});

test('a rule is put where it was asked to stand, and moved', (t) => {
  const value = { source: { kind: 'any' }, destination: { kind: 'any' }, service: { kind: 'any' }, action: 'drop' };
  const first = apply(handbook(), { do: 'saveRule', value, position: 0 });
  t.deepEqual(
    first.rules.map((rule) => rule.id),
    ['r3', 'r1', 'r2'],
  );
  const last = apply(first, { do: 'moveRule', id: 'r3', position: 2 });
  t.deepEqual(
    last.rules.map((rule) => rule.id),
    ['r1', 'r2', 'r3'],
  );
});

test('a section takes the fields it is given and keeps the others', (t) => {
  const policy = apply(handbook(), {
    do: 'section',
    section: 'network',
    value: { green: { address: '10.0.0.1' }, hostname: 'gate' },
  });
  t.is(policy.network.green.netmask, '255.255.255.0');
  t.is(policy.network.hostname, 'gate');
  // The DHCP range moves along.
  t.is(policy.dhcp.start, '10.0.0.100');
  t.is(policy.dhcp.end, '10.0.0.199');
});

const refusal = test.macro((t, edit: Edit, expected: string) => {
  const found = problems(handbook(), edit);
  t.true(
    found.some((one) => one.startsWith(expected)),
    `${JSON.stringify(found)} should have ${expected}`,
  );
});
const save = (collection: 'addresses' | 'services', value: unknown): Edit => ({ do: 'save', collection, value });
const rule = (part: object): Edit => ({
  do: 'saveRule',
  value: { source: { kind: 'any' }, destination: { kind: 'any' }, service: { kind: 'any' }, action: 'accept', ...part },
});
test(
  'a name is taken, whatever its case',
  refusal,
  save('addresses', { name: 'mailaccess', value: '10.0.0.1' }),
  'addresses/2/name: This name is taken',
);
test(
  'a default service keeps its name',
  refusal,
  save('services', { name: 'http', protocol: 'tcp', ports: '81' }),
  'services/1/name: This is the name of a default service',
);
test(
  'a name has no line break',
  refusal,
  save('addresses', { name: 'a\nb', value: '10.0.0.1' }),
  'addresses/2/name: Line breaks',
);
test(
  'a name ends somewhere',
  refusal,
  save('addresses', { name: 'a'.repeat(10_000), value: '10.0.0.1' }),
  'addresses/2/name: At most 200',
);
test(
  'a mask has no holes',
  refusal,
  save('addresses', { name: 'x', value: '10.0.0.0/255.0.255.0' }),
  'addresses/2/value: Not an address',
);
test(
  'port 65536 is none',
  refusal,
  save('services', { name: 'x', protocol: 'tcp', ports: '65536' }),
  'services/1/ports: Not a port',
);
test(
  'GRE has no ports',
  refusal,
  save('services', { name: 'x', protocol: 'gre', ports: '1' }),
  'services/1/ports: Only TCP and UDP',
);
test(
  'a MAC is no destination',
  refusal,
  rule({ destination: { kind: 'typed', value: '00:16:3e:00:00:01' } }),
  'rules/2/destination/value: A MAC address cannot',
);
test(
  'a rule names what exists',
  refusal,
  rule({ source: { kind: 'group', name: 'Nobody' } }),
  'rules/2/source/name: No address group is called “Nobody”.',
);
test(
  'an unknown field is a fault, not a surprise',
  refusal,
  rule({ soruce: 1 }),
  'rules/2/soruce: Greengate knows no field',
);
test(
  'a static RED needs its addresses',
  refusal,
  { do: 'section', section: 'network', value: { red: { mode: 'static' } } },
  'network/red/address: A static RED',
);
test(
  'the DHCP range is inside GREEN',
  refusal,
  { do: 'section', section: 'dhcp', value: { end: '10.0.0.9' } },
  'dhcp/end: This address is not inside',
);
test(
  'UI and proxy have different ports',
  refusal,
  { do: 'section', section: 'proxy', value: { port: 445 } },
  'settings/uiPort: The proxy has port 445',
);

const green = (address: string, netmask = '255.255.255.0'): Edit => ({
  do: 'section',
  section: 'network',
  value: { green: { address, netmask } },
});
const red = (address: string, gateway: string): Edit => ({
  do: 'section',
  section: 'network',
  value: { red: { mode: 'static', address, netmask: '255.255.255.0', gateway } },
});
const lease = (name: string): Edit => ({
  do: 'section',
  section: 'dhcp',
  value: { fixed: [{ mac: '02:00:00:00:05:46', address: '192.168.51.70', name }] },
});
test('GREEN has an IPv4 address', refusal, green('2001:db8::1'), 'network/green/address: Not an IPv4 address');
test('GREEN has no loopback address', refusal, green('127.0.0.5', '8'), 'network/green/address: No host can have');
test('GREEN has no multicast address', refusal, green('224.0.0.5'), 'network/green/address: No host can have');
test('GREEN is not its own broadcast', refusal, green('10.0.0.255'), 'network/green/address: This is the address');
test('RED is a host of its network', refusal, red('10.9.0.0', '10.9.0.1'), 'network/red/address: This is the address');
test(
  'RED is not its own gateway',
  refusal,
  red('10.9.0.5', '10.9.0.5'),
  'network/red/gateway: The gateway is another host',
);
test('RED is outside GREEN', refusal, red('192.168.51.7', '192.168.51.1'), 'network/red/address: RED and GREEN must');
test(
  'a lease is not named as dnsmasq says no',
  refusal,
  lease('ignore'),
  'dhcp/fixed/0/name: DHCP has another meaning',
);
test('a lease is not named as a time', refusal, lease('45m'), 'dhcp/fixed/0/name: DHCP has another meaning');

test('a rule cannot take the place of the default action', (t) => {
  for (const id of ['default', 'admin']) {
    const rules = [{ ...handbook().rules[0], id }];
    t.regex(problems(handbook(), { do: 'replace', value: { ...handbook(), rules } })[0] ?? '', /^rules\/0\/id: The id/);
  }
});

test('a destination group whose enabled members are all MACs is refused: its deny rule would vanish', (t) => {
  const group = { name: 'D', members: [{ name: 'M' }, { name: 'MailAccess', enabled: false }] };
  const policy = apply(apply(handbook(), save('addresses', { name: 'M', value: '02:00:00:00:00:01' })), {
    do: 'save',
    collection: 'addressGroups',
    value: group,
  });
  t.regex(
    problems(policy, rule({ destination: { kind: 'group', name: 'D' }, action: 'drop' }))[0] ?? '',
    /MAC address cannot be a destination/,
  );
});

test('BOT cannot be enabled without an Admin MAC', (t) => {
  const off = apply(handbook(), { do: 'section', section: 'settings', value: { enabled: false, adminMac: '' } });
  t.true(
    problems(off, { do: 'section', section: 'settings', value: { enabled: true } })[0]?.startsWith(
      'settings/adminMac: BOT needs',
    ),
  );
});

test('the starter rule comes once, and first', (t) => {
  const once = withStarterRules(handbook());
  t.is(once.rules[0]?.remark, 'GREEN may use DNS on Greengate');
  t.is(withStarterRules(once), once);
});

test('a rule to the proxy says what it means', (t) => {
  const policy = handbook();
  const [mail, web] = policy.rules;
  if (mail === undefined || web === undefined) return t.fail();
  t.is(ruleSentence(policy, mail), 'MailAccess may reach any address outside by MailingServices (POP3, SMTP).');
  t.is(ruleSentence(policy, web), 'WebAccess may use Greengate itself by GreengateProxy (TCP 800).');
  t.deepEqual(ruleNotes(policy, mail), []);
  t.regex(ruleNotes(policy, web)[0] ?? '', /may reach any web site through the proxy/);
});

test('every fault is reported at once, with place and owner', (t) => {
  const parsed = parsePolicy({
    ...defaultPolicy(),
    addresses: [
      { name: 'a', value: 'x' },
      { name: 'b', value: 'y' },
    ],
  });
  t.deepEqual(parsed.ok ? [] : parsed.problems.map(({ place, owner }) => [place, owner]), [
    ['addresses/0/value', 'a'],
    ['addresses/1/value', 'b'],
  ]);
});

test('a policy of a newer schema is refused in words', (t) => {
  const parsed = parsePolicy({ ...defaultPolicy(), schema: 3 });
  t.regex(
    parsed.ok ? '' : (parsed.problems[0]?.message ?? ''),
    /written by a newer Greengate .* Update this box first/,
  );
});
