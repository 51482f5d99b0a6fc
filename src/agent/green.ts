import { contains, ipv4Number, ipv4Range, ipv4Text, netmaskBits, parseNetwork } from '../policy/address.ts';
import { followGreen } from '../policy/follow-green.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { Problem, Result } from '../policy/problem.ts';
import type { Policy } from '../policy/schema.ts';

/**
 * The policy with the GREEN address (`192.168.51.254/24`) that was set at the console, where nobody can be asked: DHCP
 * follows; fixed leases that do not fit are left out, and a range that does not fit is replaced.
 */
export const withGreen = (policy: Policy, cidr: string): Result<Policy> => {
  const [address = '', bits = ''] = cidr.split('/');
  const network = parseNetwork(cidr);
  if (network === null || network.family !== 4 || bits === '')
    return refused('network/green/address', `“${cidr}” is no address with a prefix length, such as 192.168.51.254/24.`);
  const green = { address, netmask: netmaskText(network.bits) };
  const edges = ipv4Range(network);
  const fits = (ip: string) => contains(network, ip) && ip !== address && !edges.includes(ipv4Number(ip));
  const dhcp = followGreen(policy.dhcp, policy.network.green, green);
  const range = fits(dhcp.start) && fits(dhcp.end) ? { start: dhcp.start, end: dhcp.end } : rangeIn(address, edges);
  return parsePolicy({
    ...policy,
    network: { ...policy.network, green },
    dhcp: {
      ...dhcp,
      ...range,
      enabled: dhcp.enabled && range !== null,
      fixed: dhcp.fixed.filter((one) => fits(one.address)),
    },
  });
};

/** `192.168.51.254/24` of a policy. */
export const greenCidr = ({ network: { green } }: Policy): string => `${green.address}/${netmaskBits(green.netmask)}`;

/** The longer free part of the network beside the box's own address, at most 100 addresses; null when there is no room. */
const rangeIn = (address: string, [first, last]: [number, number]): { start: string; end: string } | null => {
  const own = ipv4Number(address);
  const [low, high] = own - first > last - own ? [first + 1, own - 1] : [own + 1, last - 1];
  return low > high ? null : { start: ipv4Text(Math.max(low, high - 99)), end: ipv4Text(high) };
};

const netmaskText = (bits: number): string => ipv4Text(2 ** 32 - 2 ** (32 - bits));

const refused = (place: string, message: string): { ok: false; problems: Problem[] } => ({
  ok: false,
  problems: [{ place, owner: 'GREEN', message }],
});
