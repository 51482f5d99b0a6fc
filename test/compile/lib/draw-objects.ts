import fc from 'fast-check';

/** Hosts, networks, services and groups to draw policies from: few enough to overlap, hold each other, and touch. */
export const START = { green: '192.168.51.', green6: 'fd51::', red: '10.9.0.', red6: 'fd09::' };
export const macs = ['02:00:00:00:05:0a', '02:00:00:00:05:0b', '02:00:00:00:05:0c', '02:00:00:00:05:0d'];
export const dnsNames = ['www.example.org', 'cdn.example.net', 'mail.example.org'];
const few = [0, 1, 2, 7, 8, 31, 32, 63, 64, 127, 128, 200, 254, 255];
const last = fc.oneof(fc.constantFrom(...few), fc.nat(255));
export const host4 = (start: string) => last.map((number) => `${start}${number}`);
/** As the kernel spells it: `fd09::`, not `fd09::0`. */
export const host6 = (start: string) => last.map((number) => `${start}${number === 0 ? '' : number.toString(16)}`);

/** Hosts, networks and ranges that start with these digits: they overlap, hold each other, and touch. */
const places4 = (start: string, wide: string[]) =>
  fc.oneof(
    { weight: 4, arbitrary: host4(start) },
    {
      weight: 3,
      arbitrary: fc.tuple(last, fc.integer({ min: 24, max: 31 })).map(([at, bits]) => `${start}${at}/${bits}`),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(last, last).map(([a, b]) => `${start}${Math.min(a, b)}-${start}${Math.max(a, b)}`),
    },
    { weight: 1, arbitrary: fc.constantFrom(...wide) },
  );
const places6 = (start: string, wide: string[]) =>
  fc.oneof(
    { weight: 4, arbitrary: host6(start) },
    { weight: 2, arbitrary: fc.integer({ min: 112, max: 127 }).map((bits) => `${start}${bits - 100}0/${bits}`) },
    {
      weight: 1,
      arbitrary: fc.tuple(last, last).map(([a, b]) => `${start}${hex(Math.min(a, b))}-${start}${hex(Math.max(a, b))}`),
    },
    { weight: 1, arbitrary: fc.constantFrom(...wide) },
  );
const hex = (number: number): string => number.toString(16);

export const senders = fc.oneof(
  { weight: 6, arbitrary: places4(START.green, ['192.168.48.0/20', '192.168.0.0/16', '0.0.0.0/0']) },
  { weight: 2, arbitrary: places6(START.green6, ['fd51::/64', 'fd00::/8', '::/0']) },
  { weight: 2, arbitrary: fc.constantFrom(...macs) },
);
export const receivers = fc.oneof(
  { weight: 6, arbitrary: places4(START.red, ['10.8.0.0/15', '10.0.0.0/8', '203.0.113.0/24', '128.0.0.0/1']) },
  { weight: 2, arbitrary: places6(START.red6, ['fd09::/64', 'fd00::/8', '2001:db8::/32']) },
  { weight: 2, arbitrary: fc.constantFrom(...dnsNames) },
);

const port = fc.oneof(fc.constantFrom(1, 25, 53, 80, 443, 445, 800, 8080, 65535), fc.integer({ min: 1, max: 65535 }));
const portPart = fc.oneof(
  { weight: 3, arbitrary: port.map(String) },
  { weight: 2, arbitrary: fc.tuple(port, port).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`) },
  { weight: 1, arbitrary: port.map((from) => `${from}-`) },
);
export const portList = fc.array(portPart, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(', '));

export const ownService = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      protocol: fc.constantFrom('tcp', 'tcp', 'udp', 'tcp&udp'),
      ports: portList,
      invertPorts: rarely(4),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      protocol: fc.constant('icmp'),
      icmpType: fc.constantFrom('', '8', '0', '3', '3/1', '3/13', '5', '11'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ protocol: fc.constant('icmpv6'), icmpType: fc.constantFrom('', '128', '1/4', '1') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ protocol: fc.constantFrom('gre', 'esp', '89', '6', '17', '1', '58', '0', '255') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      protocol: fc.constantFrom('tcp', 'udp', 'gre', 'icmp', '132'),
      invertProtocol: fc.constant(true),
    }),
  },
);
export const builtIn = ['SMTP', 'HTTP', 'HTTPS', 'Ping', 'GRE', 'DNS', 'QUIC', 'Traceroute', 'VNC'];
export const boxServices = [
  'Greengate DNS',
  'Greengate NTP',
  'Greengate proxy',
  'Greengate SSH',
  'Greengate UI',
  'DHCP server',
  'Ping',
];
export const boxNetworks = [
  'GREEN Address',
  'GREEN Network',
  'RED Address',
  'RED Network',
  'Private Network 10.0.0.0',
  'Multicast',
];

/** True once in so many. */
export function rarely(times: number): fc.Arbitrary<boolean> {
  return fc.nat(times - 1).map((number) => number === times - 1);
}

export const names = (start: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${start}${index}`);
export const OBJECTS = 12;
export const GROUPS = 5;

const group = (objects: string[], index: number) =>
  fc
    .tuple(
      fc.uniqueArray(fc.constantFrom(...objects), { minLength: 1, maxLength: 6 }),
      fc.uniqueArray(fc.constantFrom(...names('G', Math.max(1, index))), { maxLength: index === 0 ? 0 : 2 }),
      fc.nat(63),
    )
    // Groups hold earlier groups: never themselves. The first member is always on.
    .map(([own, inner, off]) => ({
      name: `g${index}`,
      members: [
        ...own.map((name, at) => ({ name: odd(name, off), enabled: at === 0 || (off >> at) % 4 !== 0 })),
        ...inner.map((name) => ({ name, kind: 'group' })),
      ],
    }));

/** Names mean the same in any case. */
const odd = (name: string, number: number): string => (number % 2 === 0 ? name : name.toUpperCase());

export const groups = (objects: string[]) => fc.tuple(...names('', GROUPS).map((_, index) => group(objects, index)));
