import { contains, ipv4Number, ipv4Range, ipv4Text, isIpv4, netmaskBits, parseNetwork } from './address.ts';
import type { Policy } from './schema.ts';

/**
 * The DHCP set-up when GREEN moves: addresses inside the old network keep their host part in the new one, unless they
 * are inside that one already. What does not fit is left as it is, for the parser to complain about. Anything unreadable changes nothing.
 */
export const followGreen = (dhcp: Policy['dhcp'], from: Green, to: unknown): Policy['dhcp'] => {
  const before = networkOf(from);
  const after = networkOf(to as Partial<Green> | null);
  if (before === null || after === null || (before.address === after.address && before.bits === after.bits))
    return dhcp;
  const move = (address: string): string => {
    if (!contains(before, address) || contains(after, address)) return address;
    const moved = ipv4Range(after)[0] + (ipv4Number(address) - ipv4Range(before)[0]);
    return moved < ipv4Range(after)[1] ? ipv4Text(moved) : address;
  };
  return {
    ...dhcp,
    start: move(dhcp.start),
    end: move(dhcp.end),
    fixed: dhcp.fixed.map((lease) => ({ ...lease, address: move(lease.address) })),
  };
};

type Green = Policy['network']['green'];

const networkOf = (green: Partial<Green> | null) => {
  const [address, bits] = [String(green?.address ?? ''), netmaskBits(String(green?.netmask ?? ''))];
  return bits === null || !isIpv4(address) ? null : parseNetwork(`${address}/${bits}`);
};
