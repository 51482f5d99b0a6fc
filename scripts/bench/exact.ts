import type { Tuple } from '../../test/lab/lib/packets.ts';
import { GREEN } from '../../test/lab/lib/road.ts';

/** One host to one host by one port: what BOT made one iptables rule of. */
export type Expanded = Tuple;

/** The protocol of TCP or UDP as programs spell it. */
export const wordOf = ({ protocol }: Tuple): 'tcp' | 'udp' => (protocol === 6 ? 'tcp' : 'udp');

/** The first `count` combinations of 10 × 10 hosts and one port per block, blocks of other hosts and ports following each other. */
export function expanded(count: number): Expanded[] {
  return Array.from({ length: count }, (_, index) => {
    const block = Math.floor(index / 100);
    const [from, to] = [Math.floor(index / 10) % 10, index % 10];
    return tuple(block, from, to);
  });
}

/** The policy that says so in as many rules: `single`; or in a hundredth of them, by groups of ten. */
export function exactPolicy(rules: Expanded[], by: 'single' | 'groups'): object {
  const network = { green: { address: GREEN.address, netmask: GREEN.netmask } };
  const settings = { enabled: true, adminMac: '02:00:00:00:05:0a' };
  const names = [...new Set(rules.map(serviceOf))];
  const services = names.map((name) => ({ name, protocol: name.split(' ')[0], ports: name.split(' ')[1] }));
  const more = by === 'single' ? { rules: singleRules(rules) } : grouped(rules);
  return { schema: 2, settings, network, services, dhcp: { enabled: false }, ...more };
}

const PORTS = [25, 110, 143, 443, 587, 993, 995, 3389, 5432, 8443];

const serviceOf = (rule: Expanded): string => `${wordOf(rule)} ${rule.port}`;

function tuple(block: number, from: number, to: number): Expanded {
  return {
    mac: `02:51:00:00:${hex(block % 20)}:${hex(from)}`,
    from: `10.51.${(block % 20) >> 3}.${((block % 20) & 7) * 30 + from + 1}`,
    to: `198.18.${Math.floor(block / 20)}.${to + 1}`,
    protocol: 6,
    port: PORTS[block % PORTS.length] ?? 25,
  };
}

const hex = (number: number): string => number.toString(16).padStart(2, '0');

function singleRules(rules: Expanded[]): object[] {
  return rules.map((rule, index) => ({
    id: `r${index + 1}`,
    source: { kind: 'typed', value: rule.from },
    destination: { kind: 'typed', value: rule.to },
    service: { kind: 'service', name: serviceOf(rule) },
    action: 'accept',
  }));
}

function grouped(rules: Expanded[]): object {
  const blocks = Math.ceil(rules.length / 100);
  const hosts = [...new Set(rules.flatMap(({ from, to }) => [from, to]))];
  const groupOf = (name: string, list: string[]) => ({
    name,
    members: [...new Set(list)].map((host) => ({ name: `Host ${host}` })),
  });
  const block = (index: number) => rules.slice(index * 100, index * 100 + 100);
  return {
    addresses: hosts.map((host) => ({ name: `Host ${host}`, value: host })),
    addressGroups: Array.from({ length: blocks }, (_, index) => index).flatMap((index) => [
      groupOf(
        `From ${index}`,
        block(index).map(({ from }) => from),
      ),
      groupOf(
        `To ${index}`,
        block(index).map(({ to }) => to),
      ),
    ]),
    rules: Array.from({ length: blocks }, (_, index) => ({
      id: `r${index + 1}`,
      source: { kind: 'group', name: `From ${index}` },
      destination: { kind: 'group', name: `To ${index}` },
      service: { kind: 'service', name: serviceOf(block(index)[0] as Expanded) },
      action: 'accept',
    })),
  };
}
