import fc from 'fast-check';
import { publicKeys } from './keys.ts';

const L63 = 'a'.repeat(63);
/** Strings that names may nearly be. */
const label = fc.oneof(
  fc.stringMatching(/^[a-zA-Z0-9-]{1,8}$/),
  fc.constantFrom(
    '-foo',
    'foo-',
    L63,
    `${L63}a`,
    '1',
    '1h',
    'infinite',
    'ignore',
    'set',
    'xn--a',
    'a_b',
    'ä',
    '',
    '#',
    ' a',
  ),
);
const dotted = fc.oneof(
  fc.array(label, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.')),
  fc.constantFrom(
    `${L63}.${L63}.${L63}`,
    `${L63}.${L63}.${'a'.repeat(61)}`,
    '..',
    'a..b',
    'a.',
    '.a',
    'lan,10.0.0.0/8',
    '#',
  ),
);
const ip = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('0.0.0.0', '::', '::1', 'ff02::1', 'fe80::1', '127.0.0.1'));
const portList = fc.oneof(
  fc
    .array(
      fc.oneof(fc.integer({ min: -1, max: 65537 }).map(String), fc.constantFrom('1-', '-80', '*', '8000:8080', '')),
      {
        minLength: 1,
        maxLength: 5,
      },
    )
    .map((list) => list.join(', ')),
  fc.integer({ min: 1, max: 3000 }).map((count) => Array.from({ length: count }, (_, index) => 1 + 2 * index).join()),
);
const lease = fc.record({
  mac: fc.oneof(
    fc.constantFrom('02:00:00:00:05:46', '02-00-00-00-05-47'),
    fc.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/),
  ),
  address: fc.integer({ min: 0, max: 255 }).map((last) => `192.168.51.${last}`),
  name: label,
  remark: fc.string(),
});
/** A key with a byte or a character changed, cut, or as it is; any comment. */
const key = fc
  .record({
    key: fc.constantFrom(...publicKeys()),
    change: fc.constantFrom('none', 'none', 'cut', 'byte', 'length', 'letter'),
    at: fc.nat(400),
    to: fc.integer({ min: 0, max: 255 }),
    comment: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'me', 'no-pty', '#', '=')),
  })
  .map(({ key: [type, base64], change, at, to, comment }) => {
    const bytes = Buffer.from(base64, 'base64');
    if (change === 'byte') bytes[at % bytes.length] = to;
    if (change === 'length') bytes[3 + (at % 2) * (4 + type.length)] = to;
    const body = (change === 'cut' ? bytes.subarray(0, at % bytes.length) : bytes).toString('base64');
    const letter = at % body.length;
    const text = change === 'letter' ? `${body.slice(0, letter)}${'A+/=9'[to % 5]}${body.slice(letter + 1)}` : body;
    return `${type} ${text} ${comment}`;
  });
/** The last name of each is as long as its depth and part make it, 253 characters at most. */
const nested = fc.integer({ min: 1, max: 14 }).chain((depth) =>
  fc.constantFrom('a', 'abcdefgh', 'abcdefghijklmnopqrst').map((part) =>
    Array.from({ length: depth }, (_, index) => {
      const value = `${Array.from({ length: index + 1 }, () => part).join('.')}.example.org`;
      return { name: `n${index}`, value };
    }),
  ),
);
const service = fc.oneof(
  fc.record({ protocol: fc.constantFrom('tcp', 'udp', 'tcp&udp'), ports: portList, invertPorts: fc.boolean() }),
  fc.record({
    protocol: fc.constantFrom('icmp', 'icmpv6'),
    icmpType: fc.constantFrom('', '8', '3/1', '0', '255', '255/255', '256', '13', '8/'),
  }),
  fc.record({
    protocol: fc.constantFrom('gre', '0', '255', '256', 'sctp', 'tcp', 'ICMP', '6'),
    invertProtocol: fc.boolean(),
  }),
);
const source = fc.oneof(
  ip,
  fc.constantFrom(
    '192.168.51.0/0',
    '10.0.0.9-10.0.0.3',
    '10.0.0.1-10.0.3.9',
    '::/0',
    'fd00::1-fd00::ffff',
    '02:00:00:00:00:01',
  ),
);
const limit = fc.record({
  for: fc.constantFrom('log', 'action', 'both'),
  rate: fc.constantFrom(1, 1_000_000, 1_000_001),
  per: fc.constantFrom('second', 'minute', 'hour', 'day'),
  burst: fc.constantFrom(0, 1, 10_000),
});
const ruleOf = (more: object): object => ({
  id: 'r1',
  source: { kind: 'any' },
  destination: { kind: 'any' },
  service: { kind: 'service', name: 'HTTP' },
  action: 'accept',
  ...more,
});

/** Each puts one or a few values, sound, hostile and in between, into a policy that is sound otherwise. */
export const fields: Record<string, fc.Arbitrary<object>> = {
  hostname: label.map((hostname) => ({ network: { hostname } })),
  domain: dotted.map((domain) => ({ network: { domain } })),
  names: fc.array(dotted, { minLength: 1, maxLength: 2 }).map((names) => ({ network: { names } })),
  zone: fc
    .constantFrom('UTC', 'europe/berlin', 'Europe/Berlin', '+01', 'Etc/GMT+5', 'EST5EDT', 'Asia/Ust-Nera', '../etc', '')
    .map((timezone) => ({ network: { timezone } })),
  green: fc
    .record({
      address: fc.ipV4(),
      netmask: fc.oneof(fc.integer({ min: 7, max: 31 }).map(String), fc.constantFrom('255.0.255.0')),
    })
    .map((green) => ({ network: { green }, dhcp: { enabled: false } })),
  red: fc
    .record({
      address: fc.ipV4(),
      netmask: fc.integer({ min: 0, max: 32 }).map(String),
      near: fc.integer({ min: -2, max: 2 }),
    })
    .map(({ address, netmask, near }) => {
      const gateway = address.replace(/\d+$/, (last) => String((Number(last) + near + 256) % 256));
      return { network: { red: { mode: 'static', address, netmask, gateway } } };
    }),
  dhcp: fc
    .record({ start: fc.nat(255), end: fc.nat(255), leaseMinutes: fc.constantFrom(1, 2, 43200, 43201, 0.5) })
    .map((dhcp) => ({ dhcp: { ...dhcp, start: `192.168.51.${dhcp.start}`, end: `192.168.51.${dhcp.end}` } })),
  leases: fc.array(lease, { minLength: 1, maxLength: 2 }).map((fixed) => ({ dhcp: { fixed } })),
  dns: fc.array(ip, { maxLength: 3 }).map((servers) => ({ dns: { servers } })),
  proxy: fc
    .record({
      port: fc.integer({ min: 0, max: 65536 }),
      safePorts: portList,
      connectPorts: portList,
      cache: fc.boolean(),
    })
    .map((proxy) => ({ proxy: { ...proxy, cacheMegabytes: 10 } })),
  time: fc.array(fc.oneof(dotted, ip), { minLength: 1, maxLength: 3 }).map((servers) => ({ time: { servers } })),
  ssh: fc
    .record({ keys: fc.array(key, { minLength: 1, maxLength: 1 }), port: fc.constantFrom(222, 0, 65535, 65536) })
    .map((ssh) => ({ ssh })),
  nested: nested.map((addresses) => ({ addresses })),
  services: fc.record({ service, invert: fc.boolean() }).map(({ service: one, invert }) => ({
    services: [{ name: 'own', ...one }],
    rules: [ruleOf({ service: { kind: 'service', name: 'own', invert } })],
  })),
  sources: fc
    .record({ value: source, invert: fc.boolean() })
    .map(({ value, invert }) => ({ rules: [ruleOf({ source: { kind: 'typed', value, invert } })] })),
  options: fc
    .record({
      id: fc.constantFrom('r1', 'dns', 'a', 'default', 'B1'),
      destination: fc.constantFrom({ kind: 'any' }, { kind: 'greengate' }, { kind: 'typed', value: 'www.example.org' }),
      sourcePorts: fc.oneof(fc.constant(''), portList),
      action: fc.constantFrom('accept', 'drop', 'reject', 'log'),
      log: fc.boolean(),
      limit: fc.oneof(fc.constant(null), limit),
      remark: fc.string({ unit: 'grapheme' }),
    })
    .map((more) => ({ rules: [ruleOf(more)] })),
};
