import type { Lease } from '../agent/api.ts';
import { contains, isIp, isMac, parseNetwork } from '../policy/address.ts';
import { greenNetwork } from '../policy/builtin.ts';
import type { Policy } from '../policy/schema.ts';

/** Names a host by its address or MAC; empty when nobody knows it. */
export type HostNamer = (host: string) => string;

/** The box, the owner's address objects for one host or MAC, then the names of fixed leases and of leases. */
export const hostNamer = (policy: Policy, leases: readonly Pick<Lease, 'address' | 'mac' | 'name'>[]): HostNamer => {
  const hosts = policy.addresses.filter(({ value }) => {
    const network = parseNetwork(value);
    return isMac(value) || (network !== null && network.bits === (network.family === 4 ? 32 : 128));
  });
  const both = ({ address, mac, name }: Pick<Lease, 'address' | 'mac' | 'name'>): [string, string][] =>
    name === ''
      ? []
      : [
          [address, name],
          [mac, name],
        ];
  const known = new Map<string, string>([
    ...leases.flatMap(both),
    ...policy.dhcp.fixed.flatMap(both),
    ...hosts.map(({ value, name }): [string, string] => [value, name]),
    [policy.network.green.address, 'Greengate'],
  ]);
  return (host) => known.get(host) ?? '';
};

/** The MAC that a lease or fixed lease has for an address; empty when none has. */
export const leasedMac = (policy: Policy, leases: readonly Lease[], address: string): string =>
  leases.find((one) => one.address === address)?.mac ??
  policy.dhcp.fixed.find((one) => one.address === address)?.mac ??
  '';

/** Is this the address of a computer on GREEN, other than the box? Only those can be blocked or allowed by name of their address. */
export const insideOf = (policy: Policy): ((source: string) => boolean) => {
  const green = parseNetwork(greenNetwork(policy));
  return (source) =>
    isIp(source) &&
    source !== policy.network.green.address &&
    // Of IPv6 the box has no network to compare with.
    (source.includes(':') || (green !== null && contains(green, source)));
};
