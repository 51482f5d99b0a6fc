import test from 'ava';
import type { Edit } from '../../src/policy/edit.ts';
import { readyLab, refusal } from './lab.ts';

/** What the agent refuses whoever asks, by a form or a program: one clear sentence at the field, and nothing is changed. */
const section = (name: Extract<Edit, { do: 'section' }>['section'], value: object): Edit => ({
  do: 'section',
  section: name,
  value,
});
const save = (collection: 'addresses' | 'services', value: object): Edit => ({ do: 'save', collection, value });
const rule = (more: object): Edit => ({
  do: 'saveRule',
  value: { source: { kind: 'any' }, destination: { kind: 'any' }, service: { kind: 'any' }, action: 'accept', ...more },
});
const lease = (more: object): Edit =>
  section('dhcp', { fixed: [{ mac: '02:00:00:00:05:46', address: '192.168.51.70', ...more }] });
const typed = (value: string) => ({ kind: 'typed', value });
const L64 = 'a'.repeat(64);
const above = Array.from({ length: 12 }, (_, index) => `${'a.'.repeat(index + 1)}example.org`);

const cases: [what: string, edit: Edit, place: RegExp, message: RegExp][] = [
  ...([0, 65536] as const).flatMap((port): typeof cases => [
    [
      `UI port ${port}`,
      section('settings', { uiPort: port }),
      /^settings\/uiPort$/,
      /^Not a port\. Ports are 1 to 65535\.$/,
    ],
    [`proxy port ${port}`, section('proxy', { port }), /^proxy\/port$/, /^Not a port\. Ports are 1 to 65535\.$/],
    [`SSH port ${port}`, section('ssh', { port }), /^ssh\/port$/, /^Not a port\. Ports are 1 to 65535\.$/],
    [
      `fetched port ${port}`,
      section('proxy', { safePorts: `80, ${port}` }),
      /^proxy\/safePorts$/,
      /Ports are 1 to 65535\./,
    ],
    [
      `CONNECT port ${port}`,
      section('proxy', { connectPorts: `${port}` }),
      /^proxy\/connectPorts$/,
      /Ports are 1 to 65535\./,
    ],
    [
      `service port ${port}`,
      save('services', { name: 'x', protocol: 'tcp', ports: `${port}` }),
      /^services\/0\/ports$/,
      /^Not a port\./,
    ],
    [
      `range with ${port}`,
      save('services', { name: 'x', protocol: 'udp', ports: `${port}-80` }),
      /^services\/0\/ports$/,
      /^Not a port\./,
    ],
    [
      `source port ${port}`,
      rule({ service: { kind: 'service', name: 'HTTP' }, sourcePorts: `${port}` }),
      /\/sourcePorts$/,
      /^Not a port\./,
    ],
  ]),
  [
    'a mask with holes in GREEN',
    section('network', { green: { netmask: '255.0.255.0' } }),
    /^network\/green\/netmask$/,
    /^Not a netmask/,
  ],
  [
    'a mask with holes in RED',
    section('network', { red: { mode: 'static', address: '10.9.0.5', netmask: '255.0.255.0', gateway: '10.9.0.1' } }),
    /^network\/red\/netmask$/,
    /^Not a netmask/,
  ],
  [
    'a mask with holes in an address',
    save('addresses', { name: 'x', value: '10.0.0.0/255.0.255.0' }),
    /^addresses\/0\/value$/,
    /^Not an address/,
  ],
  ['a mask with holes, typed', rule({ source: typed('10.0.0.0/255.0.255.0') }), /\/source\/value$/, /^Not an address/],
  [
    'a MAC as destination',
    rule({ destination: typed('00:16:3e:12:34:56') }),
    /\/destination\/value$/,
    /cannot be a destination/,
  ],
  ['a DNS name as source', rule({ source: typed('www.example.org') }), /\/source\/value$/, /can only be a destination/],
  [
    'a name of 10 000 characters',
    save('addresses', { name: 'x'.repeat(10_000), value: '10.0.0.1' }),
    /^addresses\/0\/name$/,
    /^At most 200/,
  ],
  ['a remark of 10 000 characters', rule({ remark: 'x'.repeat(10_000) }), /\/remark$/, /^At most 200/],
  [
    'a name of two lines',
    save('services', { name: 'a\nb', protocol: 'tcp', ports: '1' }),
    /^services\/0\/name$/,
    /^Line breaks/,
  ],
  [
    'a name with a line separator',
    save('addresses', { name: 'a\u2028b', value: '10.0.0.1' }),
    /^addresses\/0\/name$/,
    /^Line breaks/,
  ],
  [
    'a lease named like an option',
    lease({ name: '-foo' }),
    /^dhcp\/fixed\/0\/name$/,
    /^Letters and digits only, and hyphens between them/,
  ],
  ['a lease with a long name', lease({ name: L64 }), /^dhcp\/fixed\/0\/name$/, /63 characters/],
  ['a lease named like a time', lease({ name: '12h' }), /^dhcp\/fixed\/0\/name$/, /another meaning/],
  ['a domain with a part of 64', section('network', { domain: `a.${L64}` }), /^network\/domain$/, /63 characters each/],
  [
    'a domain that begins with a hyphen',
    section('network', { domain: '-lan' }),
    /^network\/domain$/,
    /^Not a domain name/,
  ],
  [
    'a domain that is too long',
    section('network', { domain: `${'a'.repeat(60)}.`.repeat(3).concat('abcdefgh') }),
    /^network\/domain$/,
    /^At most 189/,
  ],
  ['a host name of 64', section('network', { hostname: L64 }), /^network\/hostname$/, /63 characters/],
  ['a further name without parts', section('network', { names: ['a..b'] }), /^network\/names\/0$/, /^Not a host name/],
  [
    'a time zone in small letters',
    section('network', { timezone: 'europe/berlin' }),
    /^network\/timezone$/,
    /Write it like Europe\/Berlin/,
  ],
  [
    'an offset as time zone',
    section('network', { timezone: '+01' }),
    /^network\/timezone$/,
    /^This time zone is not known/,
  ],
  ['a time server with a part of 64', section('time', { servers: [L64] }), /^time\/servers\/0$/, /63 characters each/],
  [
    'the box as its own time server',
    section('time', { servers: ['192.168.51.254'] }),
    /^time\/servers\/0$/,
    /box itself/,
  ],
  [
    'the box as its own DNS server',
    section('dns', { servers: ['10.9.0.1', '192.168.51.254'] }),
    /^dns\/servers\/1$/,
    /box itself/,
  ],
  ['loopback as DNS server', section('dns', { servers: ['127.0.0.1'] }), /^dns\/servers\/0$/, /^No host can have/],
  [
    'more ports than squid reads',
    section('proxy', { safePorts: Array.from({ length: 3000 }, (_, index) => 2 * index + 1).join() }),
    /^proxy\/safePorts$/,
    /^At most 2000/,
  ],
  [
    'no number',
    section('dhcp', { leaseMinutes: 'x' }),
    /^dhcp\/leaseMinutes$/,
    /^Not a number\. Write a whole number\.$/,
  ],
  ['half a minute', section('dhcp', { leaseMinutes: 2.5 }), /^dhcp\/leaseMinutes$/, /^Not a whole number\.$/],
  [
    'a yes that is none',
    section('proxy', { enabled: 'maybe' }),
    /^proxy\/enabled$/,
    /^This value is not one of those allowed here\.$/,
  ],
  [
    'too many DNS names above one another',
    { do: 'batch', edits: above.map((value, index) => save('addresses', { name: `n${index}`, value })) },
    /^addresses\/11\/value$/,
    /below more than 10 other DNS names/,
  ],
];

test('values that no program on the box could use are refused at their field', async (t) => {
  const lab = await readyLab(t, { block: true });
  const before = await lab.web('policy.get', {}, lab.token);
  for (const [what, edit, place, message] of cases) {
    const refused = await refusal(t, lab.web('policy.edit', { edit }, lab.token));
    t.is(refused.status, 422, what);
    const at = refused.problems.filter((one) => place.test(one.place));
    t.true(
      at.some((one) => message.test(one.message)),
      `${what}: ${JSON.stringify(refused.problems)}`,
    );
    t.is(at.length, refused.problems.length, `${what}: ${JSON.stringify(refused.problems)}`);
  }
  t.deepEqual(await lab.web('policy.get', {}, lab.token), before);
  t.deepEqual(lab.twin.done, []);
});

test('names and remarks of any script are kept to the letter, over a restart too', async (t) => {
  const lab = await readyLab(t, { block: true });
  const names = [
    `"quotes" 'and' more`,
    '<script>alert(1)</script>',
    '\u202egnirts\u202c',
    'בית \u200fספר',
    '日本語 🏫',
    '../../etc/passwd',
    '$(reboot)`id`',
    'x'.repeat(200),
  ];
  for (const [index, name] of names.entries()) {
    await lab.web(
      'policy.edit',
      { edit: save('addresses', { name, value: `192.168.51.${index + 1}`, remark: name }) },
      lab.token,
    );
    await lab.web('policy.edit', { edit: rule({ source: { kind: 'address', name }, remark: name }) }, lab.token);
  }
  await lab.restart();
  const { policy } = await lab.root('policy.get', {});
  t.deepEqual(
    policy.addresses.map(({ name }) => name),
    names,
  );
  t.deepEqual(
    policy.rules.slice(-names.length).map(({ remark }) => remark),
    names,
  );
  const text = lab.twin.files['ruleset.nft'] ?? names.join();
  for (const name of names) t.false(text.includes(name), 'no name goes into the rules');
});
