import test from 'ava';
import fc from 'fast-check';
import { canInvert, inPorts, invertMatches, type Match, mergeMatches } from '../../src/policy/matches.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { resolveService } from '../../src/policy/resolve.ts';
import type { Policy } from '../../src/policy/schema.ts';

/** A packet of a family, as the rules see it. */
type Packet = { six: boolean; protocol: number; port: number; type: number; code: number };

/** ICMPv6's numbers of ICMP's types (RFC 4443), written down here a second time. */
const inSix = new Map([
  [0, 129],
  [3, 1],
  [8, 128],
  [11, 3],
  [12, 4],
]);

/** Does a match match, taken by its word? */
const holds = (match: Match, { six, protocol, port, type, code }: Packet): boolean => {
  switch (match.protocol) {
    case 'any':
      return true;
    case 'tcp':
    case 'udp':
      return protocol === (match.protocol === 'tcp' ? 6 : 17) && inPorts(match.ports, port);
    case 'number':
      return protocol === match.number;
    case 'except':
      return !match.numbers.includes(protocol) && !(six && protocol === 58 && match.numbers.includes(1));
    case 'icmp':
    case 'icmpv6': {
      if (protocol !== (six ? 58 : 1) || (match.protocol === 'icmpv6' && !six)) return false;
      const among = (match.types ?? []).some((one) => {
        if (!six || match.protocol === 'icmpv6') return one.type === type && (one.code ?? code) === code;
        return one.code === null && inSix.get(one.type) === type;
      });
      return match.types === null || among !== match.invert;
    }
  }
};

const some = (matches: Match[], packet: Packet): boolean => matches.some((match) => holds(match, packet));

const packets: Packet[] = [false, true].flatMap((six) =>
  // ICMP is no protocol of IPv6, and ICMPv6 none of IPv4.
  [6, 17, 47, 89, six ? 58 : 1].flatMap((protocol) =>
    (protocol === 1 || protocol === 58 ? [0, 1, 3, 4, 8, 128, 129, 135] : [0]).flatMap((type) =>
      [0, 1].flatMap((code) => [25, 80].map((port) => ({ six, protocol, port, type, code }))),
    ),
  ),
);

const services = [
  { name: 'mail', protocol: 'tcp', ports: '25' },
  { name: 'not web', protocol: 'tcp', ports: '80', invertPorts: true },
  { name: 'not tcp', protocol: 'tcp', invertProtocol: true },
  { name: 'not icmp', protocol: 'icmp', invertProtocol: true },
  { name: 'not icmpv6', protocol: 'icmpv6', invertProtocol: true },
  { name: 'not gre', protocol: 'gre', invertProtocol: true },
  { name: 'all icmp', protocol: 'icmp' },
  { name: 'all icmpv6', protocol: 'icmpv6' },
  { name: 'echo', protocol: 'icmp', icmpType: '8' },
  { name: 'unreachable', protocol: 'icmp', icmpType: '3/1' },
  { name: 'neighbour', protocol: 'icmpv6', icmpType: '135' },
  { name: 'echo six', protocol: 'icmpv6', icmpType: '128/1' },
  { name: 'tunnel', protocol: 'gre' },
];

const withGroup = (members: string[], invert = false) =>
  parsePolicy({
    schema: 2,
    services,
    serviceGroups: [{ name: 'g', members: members.map((name) => ({ name })) }],
    rules: [
      {
        id: 'r1',
        source: { kind: 'any' },
        destination: { kind: 'any' },
        service: { kind: 'group', name: 'g', invert },
        action: 'accept',
      },
    ],
  });

const matchesOf = (members: string[], invert = false): Match[] => {
  const parsed = withGroup(members);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const policy: Policy = parsed.value;
  return resolveService(policy, { kind: 'group', name: 'g', invert });
};

test('an ICMPv6 type beside everything but ICMP is not lost', (t) => {
  const matches = mergeMatches(matchesOf(['not icmp', 'neighbour']));
  const neighbour = { six: true, protocol: 58, port: 0, type: 135, code: 0 };
  t.true(some(matches, neighbour));
  t.false(some(matches, { ...neighbour, type: 128 }));
  t.false(some(matches, { ...neighbour, six: false, protocol: 1, type: 8 }));
});

test('everything but ICMP, or everything but ICMPv6, is not everything', (t) => {
  const matches = mergeMatches(matchesOf(['not icmp', 'not icmpv6']));
  t.false(some(matches, { six: true, protocol: 58, port: 0, type: 128, code: 0 }));
  t.true(some(matches, { six: false, protocol: 1, port: 0, type: 8, code: 0 }));
});

test('few matches match what many did, and the inverse matches the rest, packet by packet', (t) => {
  let [inverted, refused] = [0, 0];
  const members = fc.uniqueArray(fc.constantFrom(...services.map(({ name }) => name)), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(members, (names) => {
      const many = names.flatMap((name) => matchesOf([name]));
      const few = mergeMatches(many);
      const rest = canInvert(many) ? invertMatches(many) : null;
      if (rest === null) refused += 1;
      else inverted += 1;
      for (const packet of packets) {
        const expected = some(many, packet);
        t.is(some(few, packet), expected, `${names}: ${JSON.stringify(packet)}`);
        if (rest !== null) t.is(some(rest, packet), !expected, `everything but ${names}: ${JSON.stringify(packet)}`);
      }
    }),
    { numRuns: 500 },
  );
  t.true(inverted > 200 && refused > 20, `${inverted} inverted, ${refused} refused`);
});

test('types of ICMP and ICMPv6 together cannot be inverted, and the rule says so', (t) => {
  const refused = withGroup(['echo', 'neighbour'], true);
  t.deepEqual(refused.ok ? [] : refused.problems.map(({ place }) => place), ['rules/0/service/name']);
  t.regex(refused.ok ? '' : (refused.problems[0]?.message ?? ''), /types of ICMP and of ICMPv6 together/);
  t.true(withGroup(['echo', 'neighbour']).ok);
  t.true(withGroup(['neighbour', 'not icmp'], true).ok);
  t.true(withGroup(['all icmp', 'neighbour'], true).ok);
});
