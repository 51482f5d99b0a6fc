import test from 'ava';
import fc from 'fast-check';
import { judgeOf, type Packet } from '../../src/compile/judge.ts';
import { compileRuleset } from '../../src/compile/ruleset.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import { typesIn } from '../../src/plan/nft-rules.ts';
import type { Dispatch, Ruleset, Side } from '../../src/plan/ruleset.ts';
import { contains } from '../../src/policy/address.ts';
import { inPorts } from '../../src/policy/matches.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import type { Policy } from '../../src/policy/schema.ts';

/**
 * The judge (which decides what flows are cut) and the compiler (which writes the kernel's rules) read a policy by different
 * ways. Random policies and random packets, aimed at each other, must get the same verdict from both.
 */
test('judge and compiled ruleset agree on every packet', (t) => {
  let accepted = 0;
  let denied = 0;
  fc.assert(
    fc.property(policies, fc.array(packets, { minLength: 20, maxLength: 20 }), (policy, several) => {
      const judge = judgeOf(policy, { now: NOW, red: RED });
      const ruleset = compileRuleset(policy, { ...applianceFacts(true, NOW), ipv6: true, red: RED });
      for (const packet of several) {
        const expected = interpret(ruleset, packet);
        if (judge(packet).origin !== expected) return false;
        if (expected === 'default') denied += 1;
        else accepted += 1;
      }
      return true;
    }),
    { numRuns: 500 },
  );
  // Packets that all fall through would agree about nothing.
  t.true(accepted > 1000 && denied > 1000, `${accepted} matched a rule, ${denied} none`);
});

/** A Monday morning in Berlin, and RED's lease of that day. */
const NOW = 1_795_420_000;
const RED = { address: '10.9.0.77', network: '10.9.0.0/24' };

/** The leaf that the first matching dispatch ends in, read off the data that is printed for nft. */
function interpret(ruleset: Ruleset, packet: Packet): string {
  const family = packet.from.includes(':') ? 'ip6' : 'ip';
  const list = packet.to === 'greengate' ? ruleset.input : ruleset.forward;
  const hit = list.find(
    (one) =>
      one.family === family &&
      onSide(one.source, packet.from, packet.mac) &&
      onSide(one.destination, packet.to, null) &&
      serves(one, packet) &&
      ends(ruleset, one.leaf),
  );
  return hit?.leaf ?? 'default';
}

/** A leaf that only logs, or whose time it is not, leaves the packet to the next rules. */
function ends({ leaves, frames }: Ruleset, name: string): boolean {
  const leaf = leaves.find((one) => one.name === name);
  if (leaf === undefined || leaf.action === 'log') return false;
  const times = frames.find(({ key }) => key === leaf.frame)?.intervals ?? [[0, Number.MAX_SAFE_INTEGER]];
  return times.some(([from, to]) => from <= NOW && NOW < to);
}

function onSide(side: Side, address: string, mac: string | null): boolean {
  switch (side.kind) {
    case 'any':
      return true;
    case 'macs':
      return mac !== null && side.macs.includes(mac);
    case 'name':
      return false;
    case 'networks':
      return side.networks.some((network) => contains(network, address));
    case 'except':
      // Without a MAC nothing is known to be another one.
      if (side.macs.length > 0 && mac === null) return false;
      return !side.networks.some((network) => contains(network, address)) && !side.macs.includes(mac ?? '');
  }
}

function serves({ family, service }: Dispatch, { protocol, port, sport, type, code }: Packet): boolean {
  switch (service.protocol) {
    case 'any':
      return true;
    case 'tcp':
    case 'udp':
      return (
        protocol === { tcp: 6, udp: 17 }[service.protocol] &&
        inPorts(service.ports, port) &&
        inPorts(service.from ?? [[0, 65535]], sport)
      );
    case 'number':
      return protocol === service.number;
    case 'except':
      return !service.numbers.map((one) => (one === 1 && family === 'ip6' ? 58 : one)).includes(protocol);
    default: {
      if (protocol !== (family === 'ip' ? 1 : 58)) return false;
      const types = typesIn(family, service);
      const among = types?.some((one) => one.type === type && (one.code ?? code) === code) ?? true;
      return service.invert ? !among : among;
    }
  }
}

const hosts = [
  '192.168.51.1',
  '192.168.51.31',
  '192.168.51.32',
  '192.168.51.63',
  '192.168.51.200',
  'fd51::1',
  'fd51::ffff',
];
const macs = ['02:00:00:00:05:0a', '02:00:00:00:05:0b', '02:00:00:00:05:0c'];
const outside = ['10.9.0.2', '10.9.0.255', '10.10.0.1', '203.0.113.9', 'fd09::2', '2001:db8::1'];
const ports = [24, 25, 26, 80, 110, 443, 445, 800, 8079, 8080];

const addresses = [
  ...[...hosts, ...macs, ...outside].map((value, index) => ({ name: `h${index}`, value })),
  { name: 'low', value: '192.168.51.0/27' },
  { name: 'all', value: '192.168.51.0/24' },
  { name: 'six', value: 'fd51::/64' },
  { name: 'net', value: '10.9.0.0/24' },
  { name: 'range', value: '192.168.51.20-192.168.51.40' },
  { name: 'site', value: 'www.example.org' },
];
const names = [...addresses.map(({ name }) => name), 'RED Network', 'GREEN Address'].filter((name) => name !== 'site');
const solid = names.filter((name) => !addresses.some((one) => one.name === name && macs.includes(one.value)));
const destinations = [...solid, 'site'];
const services = [
  'SMTP',
  'POP3',
  'HTTP',
  'HTTPS',
  'Ping',
  'GRE',
  'DNS',
  'odd',
  'Greengate proxy',
  'Greengate UI',
  'not web',
  'not tcp',
  'unreachable',
  'six echo',
  'ospf',
];
const members = (list: string[]) =>
  fc.uniqueArray(fc.record({ name: fc.constantFrom(...list), enabled: fc.boolean() }), {
    minLength: 1,
    maxLength: 4,
    selector: ({ name }) => name,
  });
const groups = (list: string[]) => members(list).filter((some) => some.some(({ enabled }) => enabled));
const ref = (kind: string, list: string[], inverts = true) =>
  fc.record({
    kind: fc.constant(kind),
    name: fc.constantFrom(...list),
    invert: inverts ? fc.boolean() : fc.constant(false),
  });
const any = fc.constant({ kind: 'any' });

const frame = fc.record({
  days: fc.oneof(
    fc.record({ kind: fc.constant('week'), days: fc.constantFrom([1], [2, 3], [0, 1, 2, 3, 4, 5, 6]) }),
    fc.record({ kind: fc.constant('month'), from: fc.constantFrom(1, 23, 25), to: fc.constantFrom(5, 23, 31) }),
  ),
  start: fc.constantFrom('00:00', '07:00', '22:00'),
  end: fc.constantFrom('00:00', '08:00', '23:30'),
});

const rule = fc.record({
  enabled: fc.boolean(),
  source: fc.oneof(
    any,
    ref('address', names),
    ref('group', ['g0', 'g1']),
    fc.record({ kind: fc.constant('typed'), value: fc.constantFrom(...hosts, ...macs), invert: fc.boolean() }),
  ),
  destination: fc.oneof(
    any,
    fc.constant({ kind: 'greengate' }),
    ref('address', solid),
    ref('address', ['site'], false),
    ref('group', ['d0'], false),
  ),
  service: fc.oneof(any, ref('service', services), ref('group', ['s0', 's1'])),
  sourcePorts: fc.constantFrom('', '', '', '1024-', '40000, 50000'),
  action: fc.constantFrom('accept', 'drop', 'reject', 'log'),
  frame: fc.oneof(fc.constant(null), fc.constant(null), frame),
  expires: fc.constantFrom(null, null, null, NOW - 1, NOW + 1),
});

const block = fc.record({
  host: fc.constantFrom(hosts[0], hosts[5], macs[1]),
  action: fc.constantFrom('drop', 'accept'),
  until: fc.constantFrom(null, NOW - 1, NOW + 1),
});

const policies: fc.Arbitrary<Policy> = fc
  .record({
    g0: groups(names),
    g1: groups(names),
    d0: groups(destinations),
    s0: groups(services),
    s1: groups(services),
    rules: fc.array(rule, { minLength: 4, maxLength: 12 }),
    blocks: fc.uniqueArray(block, { maxLength: 2, selector: ({ host }) => host }),
  })
  .map(({ g0, g1, d0, s0, s1, rules, blocks }) =>
    parsePolicy({
      schema: 2,
      settings: { enabled: true, adminMac: macs[0], moreAdmins: ['192.168.51.200'] },
      network: { timezone: 'Europe/Berlin' },
      addresses,
      addressGroups: [
        { name: 'g0', members: g0 },
        { name: 'g1', members: [...g1, { name: 'g0', kind: 'group' }] },
        { name: 'd0', members: d0 },
      ],
      services: [
        { name: 'odd', protocol: 'tcp&udp', ports: '25-26, 8080-' },
        { name: 'not web', protocol: 'tcp', ports: '80, 443', invertPorts: true },
        { name: 'not tcp', protocol: 'tcp', invertProtocol: true },
        { name: 'unreachable', protocol: 'icmp', icmpType: '3/1' },
        { name: 'six echo', protocol: 'icmpv6', icmpType: '128' },
        { name: 'ospf', protocol: '89' },
      ],
      serviceGroups: [
        { name: 's0', members: s0 },
        { name: 's1', members: [...s1, { name: 's0', kind: 'group' }] },
      ],
      rules: rules.map((one, index) => ({ ...one, id: `r${index}` })),
      blocks: blocks.map((one, index) => ({ ...one, id: `b${index + 1}` })),
    }),
  )
  // Some combinations mean nothing, and are refused: source ports of GRE, everything but everything …
  .filter((parsed): parsed is Extract<typeof parsed, { ok: true }> => parsed.ok)
  .map(({ value }) => value);

const packets: fc.Arbitrary<Packet> = fc
  .record({
    from: fc.constantFrom(...hosts),
    mac: fc.constantFrom(...macs, null),
    to: fc.constantFrom('greengate', ...outside),
    protocol: fc.constantFrom(6, 6, 6, 17, 1, 58, 47, 89),
    port: fc.constantFrom(...ports),
    sport: fc.constantFrom(1023, 1024, 40000),
    type: fc.constantFrom(0, 3, 8, 128),
    code: fc.constantFrom(0, 1),
  })
  .filter(({ from, to }) => to === 'greengate' || from.includes(':') === to.includes(':'));
