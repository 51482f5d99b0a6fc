import { netmaskBits } from '../policy/address.ts';
import type { Policy } from '../policy/schema.ts';
import type { Facts } from './facts.ts';
import { NAME_TTL, nameSets, setsOfAnswer } from './names.ts';

/**
 * dnsmasq.conf: DNS for GREEN and the box itself, DHCP for GREEN. Lease times in minutes. Names are in lower case: with a capital among them
 * dnsmasq asks the rules of international names, which refuse some that are sound otherwise (`A.xn--a`, `tt--T3`).
 */
export const dnsmasqConf = (policy: Policy, { paths }: Facts): string => {
  const { dhcp, dns, network } = policy;
  const domain = network.domain.toLowerCase();
  return [
    'interface=green',
    'bind-dynamic',
    'no-hosts',
    `addn-hosts=${paths.run}/plan/hosts`,
    `pid-file=`,
    'user=dnsmasq',
    'group=dnsmasq',
    `domain=${domain}`,
    `local=/${domain}/`,
    'expand-hosts',
    'domain-needed',
    'bogus-priv',
    'cache-size=2000',
    'log-facility=-',
    ...(dns.servers.length === 0
      ? [`resolv-file=${paths.run}/resolv.upstream`]
      : ['no-resolv', ...dns.servers.map((server) => `server=${server}`)]),
    ...nameLines(policy),
    ...(dhcp.enabled ? dhcpLines(dhcp, network, paths.data) : []),
    '',
  ].join('\n');
};

/** The box's own names. */
export const hostsFile = ({ network: { green, hostname, names } }: Policy): string =>
  `${[green.address, hostname, ...names].join(' ').toLowerCase()}\n`;

/** What clients are answered for these names goes into the kernel's sets before the answer goes out. */
const nameLines = (policy: Policy): string[] => {
  const names = nameSets(policy);
  return names.length === 0
    ? []
    : [
        `max-ttl=${NAME_TTL}`,
        `max-cache-ttl=${NAME_TTL}`,
        // dnsmasq takes the longest name that fits, and no other: each names the sets of those above it, too.
        ...names.map(({ name }) => {
          const sets = setsOfAnswer(names, name).map((set) => `4#ip#filter#${set},6#ip6#filter#${set}`);
          return `nftset=/${name}/${sets.join(',')}`;
        }),
      ];
};

const dhcpLines = (dhcp: Policy['dhcp'], network: Policy['network'], data: string): string[] => [
  `dhcp-range=${dhcp.start},${dhcp.end},${dotted(network.green.netmask)},${dhcp.leaseMinutes}m`,
  `dhcp-leasefile=${data}/dnsmasq/leases`,
  'dhcp-authoritative',
  `dhcp-option=option:router,${network.green.address}`,
  `dhcp-option=option:dns-server,${network.green.address}`,
  ...dhcp.fixed.map(
    ({ mac, address, name }) => `dhcp-host=${[mac, address, ...(name === '' ? [] : [name.toLowerCase()])].join(',')}`,
  ),
];

/** A netmask in dotted form, whichever way it was written. */
export const dotted = (netmask: string): string => {
  const bits = netmaskBits(netmask) ?? 0;
  return [0, 8, 16, 24].map((start) => 256 - 2 ** (8 - Math.max(0, Math.min(8, bits - start)))).join('.');
};
