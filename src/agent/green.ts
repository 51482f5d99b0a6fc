import { contains, ipv4Number, ipv4Range, type Network, netmaskBits, parseNetwork } from '../policy/address.ts';
import { applyEdit, type Edit, type EditResult } from '../policy/edit.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { Problem, Result } from '../policy/problem.ts';
import type { Policy } from '../policy/schema.ts';

/**
 * The policy with another GREEN address (`192.168.51.254/24`). DHCP follows, host part by host part: a range outside the new
 * network would make a policy that cannot be saved. With `drop` fixed leases that do not fit are left out, and a range
 * that does not fit is replaced: for the console, where nobody can be asked.
 */
export const withGreen = (policy: Policy, cidr: string, drop: boolean): Result<Policy> => {
  const [address = '', bits = ''] = cidr.split('/');
  const network = parseNetwork(cidr);
  if (network === null || network.family !== 4 || bits === '')
    return refused('network/green/address', `“${cidr}” is no address with a prefix length, such as 192.168.51.254/24.`);
  const move = mover(parseNetwork(greenCidr(policy)), network, address);
  const fixed = policy.dhcp.fixed.map((lease) => ({ ...lease, address: move(lease.address) ?? lease.address }));
  const range = { start: move(policy.dhcp.start), end: move(policy.dhcp.end) };
  const fits = range.start !== null && range.end !== null;
  const other = fits || !drop ? range : rangeIn(address, ipv4Range(network));
  return parsePolicy({
    ...policy,
    network: { ...policy.network, green: { address, netmask: netmaskText(network.bits) } },
    dhcp: {
      ...policy.dhcp,
      start: other?.start ?? policy.dhcp.start,
      end: other?.end ?? policy.dhcp.end,
      enabled: policy.dhcp.enabled && other !== null,
      fixed: drop ? fixed.filter((lease) => contains(network, lease.address) && lease.address !== address) : fixed,
    },
  });
};

/** `192.168.51.254/24` of a policy. */
export const greenCidr = ({ network: { green } }: Policy): string => `${green.address}/${netmaskBits(green.netmask)}`;

/** `applyEdit`; but when the network is moved and nothing but DHCP is in the way, DHCP moves along. */
export const applyEditMovingDhcp = (policy: Policy, edit: Edit): EditResult => {
  const edited = applyEdit(policy, edit);
  if (edited.ok || edit.do !== 'section' || edit.section !== 'network') return edited;
  if (!edited.problems.every(({ place }) => place.startsWith('dhcp/'))) return edited;
  const bare = applyEdit({ ...policy, dhcp: { ...policy.dhcp, enabled: false, fixed: [] } }, edit);
  if (!bare.ok) return edited;
  const moved = withGreen(policy, greenCidr(bare.policy), false);
  if (!moved.ok) return { ...moved, at: edited.at };
  const parsed = parsePolicy({ ...moved.value, network: bare.policy.network });
  return parsed.ok ? { ok: true, at: edited.at, policy: parsed.value } : { ...parsed, at: edited.at };
};

/** Moves an address into the new network, keeping its host part; null where it does not fit or somebody else has it. */
const mover =
  (from: Network | null, to: Network, own: string) =>
  (ip: string): string | null => {
    const isFree = (text: string) => contains(to, text) && text !== own && !ipv4Range(to).includes(ipv4Number(text));
    if (ip === '' || isFree(ip)) return ip;
    if (from === null || !contains(from, ip)) return null;
    const moved = ipv4Text(ipv4Number(to.address) + ipv4Number(ip) - ipv4Number(from.address));
    return isFree(moved) ? moved : null;
  };

/** The longer free part of the network beside the box's own address, at most 100 addresses; null when there is no room. */
const rangeIn = (address: string, [first, last]: [number, number]): { start: string; end: string } | null => {
  const own = ipv4Number(address);
  const [low, high] = own - first > last - own ? [first + 1, own - 1] : [own + 1, last - 1];
  return low > high ? null : { start: ipv4Text(Math.max(low, high - 99)), end: ipv4Text(high) };
};

const ipv4Text = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');

const netmaskText = (bits: number): string => ipv4Text(2 ** 32 - 2 ** (32 - bits));

const refused = (place: string, message: string): { ok: false; problems: Problem[] } => ({
  ok: false,
  problems: [{ place, owner: 'GREEN', message }],
});
