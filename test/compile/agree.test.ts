import test from 'ava';
import fc from 'fast-check';
import { judgeOf, type Packet } from '../../src/compile/judge.ts';
import { compileRuleset } from '../../src/compile/ruleset.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import { icmp6Type } from '../../src/plan/nft-rules.ts';
import type { Dispatch, Ruleset, Side } from '../../src/plan/ruleset.ts';
import { contains } from '../../src/policy/address.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { hasPort } from '../../src/policy/ports.ts';
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
      const judge = judgeOf(policy);
      const ruleset = compileRuleset(policy, { ...applianceFacts(true), ipv6: true });
      for (const packet of several) {
        const expected = interpret(ruleset, packet);
        if (judge(packet).origin !== expected) return false;
        if (expected === 'default') denied += 1;
        else accepted += 1;
      }
      return true;
    }),
    { numRuns: 1000 },
  );
  // Packets that all fall through would agree about nothing.
  t.true(accepted > 1000 && denied > 1000, `${accepted} matched a rule, ${denied} none`);
});

/** The leaf that the first matching dispatch goes to, read off the data that is printed for nft. */
function interpret(ruleset: Ruleset, packet: Packet): string {
  const family = packet.from.includes(':') ? 'ip6' : 'ip';
  const list = packet.to === 'greengate' ? ruleset.input : ruleset.forward;
  const hit = list.find(
    (one) =>
      one.family === family &&
      onSide(one.source, packet.from, packet.mac) &&
      onSide(one.destination, packet.to, null) &&
      serves(one, packet),
  );
  return hit?.leaf ?? 'default';
}

function onSide(side: Side, address: string, mac: string | null): boolean {
  if (side.kind === 'any') return true;
  if (side.kind === 'macs') return mac !== null && side.macs.includes(mac);
  return side.networks.some((network) => contains(network, address));
}

function serves({ family, service }: Dispatch, { protocol, port, type }: Packet): boolean {
  switch (service.protocol) {
    case 'any':
      return true;
    case 'tcp':
      return protocol === 6 && hasPort(service.ports, port ?? 0);
    case 'udp':
      return protocol === 17 && hasPort(service.ports, port ?? 0);
    case 'icmp': {
      const wanted = service.type === null || family === 'ip' ? service.type : icmp6Type(service.type);
      return protocol === (family === 'ip' ? 1 : 58) && (service.type === null || wanted === type);
    }
    default:
      return protocol === { gre: 47, esp: 50, ah: 51 }[service.protocol];
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
];
const names = addresses.map(({ name }) => name);
const destinations = addresses.filter(({ value }) => !macs.includes(value)).map(({ name }) => name);
const services = ['SMTP', 'POP3', 'HTTP', 'HTTPS', 'Ping', 'GRE', 'DNS', 'odd', 'Greengate proxy', 'Greengate UI'];
const members = (list: string[]) =>
  fc.uniqueArray(fc.record({ name: fc.constantFrom(...list), enabled: fc.boolean() }), {
    minLength: 1,
    maxLength: 4,
    selector: ({ name }) => name,
  });
const groups = (list: string[]) => members(list).filter((some) => some.some(({ enabled }) => enabled));
const ref = (kind: string, list: string[]) => fc.record({ kind: fc.constant(kind), name: fc.constantFrom(...list) });
const any = fc.constant({ kind: 'any' });

const rule = fc.record({
  enabled: fc.boolean(),
  source: fc.oneof(
    any,
    ref('address', names),
    ref('group', ['g0', 'g1']),
    fc.record({ kind: fc.constant('typed'), value: fc.constantFrom(...hosts, ...macs) }),
  ),
  destination: fc.oneof(any, fc.constant({ kind: 'greengate' }), ref('address', destinations), ref('group', ['d0'])),
  service: fc.oneof(any, ref('service', services), ref('group', ['s0'])),
  action: fc.constantFrom('accept', 'drop', 'reject'),
});

const policies: fc.Arbitrary<Policy> = fc
  .record({
    g0: groups(names),
    g1: groups(names),
    d0: groups(destinations),
    s0: groups(services),
    rules: fc.array(rule, { minLength: 4, maxLength: 12 }),
  })
  .map(({ g0, g1, d0, s0, rules }) => {
    const parsed = parsePolicy({
      schema: 1,
      settings: { enabled: true, adminMac: macs[0] },
      addresses,
      addressGroups: [
        { name: 'g0', members: g0 },
        { name: 'g1', members: g1 },
        { name: 'd0', members: d0 },
      ],
      services: [{ name: 'odd', protocol: 'tcp&udp', ports: '25-26, 8080-' }],
      serviceGroups: [{ name: 's0', members: s0 }],
      rules: rules.map((one, index) => ({ ...one, id: `r${index}` })),
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return parsed.value;
  });

const packets: fc.Arbitrary<Packet> = fc
  .record({
    from: fc.constantFrom(...hosts),
    mac: fc.constantFrom(...macs, null),
    to: fc.constantFrom('greengate', ...outside),
    protocol: fc.constantFrom(6, 6, 6, 17, 1, 58, 47),
    port: fc.constantFrom(...ports),
    type: fc.constantFrom(0, 8, 128),
  })
  .filter(({ from, to }) => to === 'greengate' || from.includes(':') === to.includes(':'));
