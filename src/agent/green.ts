import { contains, ipv4Range, netmaskBits, parseNetwork } from '../policy/address.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { Problem, Result } from '../policy/problem.ts';
import type { Policy } from '../policy/schema.ts';

/**
 * The policy with another GREEN address (`192.168.51.254/24`). DHCP follows: a range or fixed lease outside the new
 * network would make the policy one that cannot be saved, on a box that can then be reached by its console only.
 */
export const withGreen = (policy: Policy, cidr: string): Result<Policy> => {
  const [address = '', bits = ''] = cidr.split('/');
  const network = parseNetwork(cidr);
  if (network === null || network.family !== 4 || bits === '')
    return refused('network/green/address', `“${cidr}” is no address with a prefix length, such as 192.168.51.254/24.`);
  const green = { address, netmask: netmaskText(network.bits) };
  const inside = (ip: string) => contains(network, ip) && ip !== address;
  const { dhcp } = policy;
  const keepsRange = inside(dhcp.start) && inside(dhcp.end);
  const range = keepsRange ? { start: dhcp.start, end: dhcp.end } : rangeIn(address, ipv4Range(network));
  return parsePolicy({
    ...policy,
    network: { ...policy.network, green },
    dhcp: {
      ...dhcp,
      ...(range ?? {}),
      enabled: dhcp.enabled && range !== null,
      fixed: dhcp.fixed.filter((lease) => inside(lease.address)),
    },
  });
};

/** `192.168.51.254/24` of a policy. */
export const greenCidr = ({ network: { green } }: Policy): string => `${green.address}/${netmaskBits(green.netmask)}`;

/** The longer free part of the network beside the box's own address, at most 100 addresses; null when there is no room. */
const rangeIn = (address: string, [first, last]: [number, number]): { start: string; end: string } | null => {
  const own = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const [low, high] = own - first > last - own ? [first + 1, own - 1] : [own + 1, last - 1];
  if (low > high) return null;
  const start = Math.max(low, high - 99);
  return { start: ipv4Text(start), end: ipv4Text(high) };
};

const ipv4Text = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');

const netmaskText = (bits: number): string => ipv4Text(2 ** 32 - 2 ** (32 - bits));

const refused = (place: string, message: string): { ok: false; problems: Problem[] } => ({
  ok: false,
  problems: [{ place, owner: 'GREEN', message }],
});
