import { isMac, type Network, parseNetwork } from './address.ts';
import { allAddresses, allServices } from './builtin.ts';
import { type PortRange, parsePorts } from './ports.ts';
import type { Address, Destination, Group, Policy, Service, ServiceRef, Source } from './schema.ts';

/** A source or destination as sets: `any`, or the hosts and networks, and the MACs. Empty sets match nothing. */
export type Hosts = { any: boolean; networks: Network[]; macs: string[] };

/** One thing a service matches. ICMP `type` null means every type; ports of the destination. */
export type Match =
  | { protocol: 'any' }
  | { protocol: 'tcp' | 'udp'; ports: PortRange[] }
  | { protocol: 'icmp'; type: number | null }
  | { protocol: 'gre' | 'esp' | 'ah' };

/** The members behind a source, names followed. An unknown name is a programmer's error: parse first. */
export const resolveSource = (policy: Policy, source: Source): Hosts => resolveHosts(policy, source);

/** The members behind an outside destination. MACs in it match nothing (a MAC is never a destination). */
export const resolveDestination = (
  policy: Policy,
  destination: Exclude<Destination, { kind: 'greengate' }>,
): Hosts => ({
  ...resolveHosts(policy, destination),
  macs: [],
});

/** What a rule's service matches, groups taken apart. */
export const resolveService = (policy: Policy, ref: ServiceRef): Match[] => {
  if (ref.kind === 'any') return [{ protocol: 'any' }];
  const names = ref.kind === 'service' ? [ref.name] : enabledMembers(policy.serviceGroups, ref.name);
  const services = allServices(policy);
  return names.flatMap((name) => serviceMatches(byName(services, name)));
};

/** What one service matches. */
export const serviceMatches = (service: Service): Match[] => {
  const { protocol } = service;
  if (protocol === 'icmp') return [{ protocol, type: service.icmpType === '' ? null : service.icmpType }];
  if (protocol === 'gre' || protocol === 'esp' || protocol === 'ah') return [{ protocol }];
  const ports = parsePorts(service.ports) ?? [];
  return protocol === 'tcp&udp'
    ? [
        { protocol: 'tcp', ports },
        { protocol: 'udp', ports },
      ]
    : [{ protocol, ports }];
};

/** Two names mean the same object when they differ in case only. */
export const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const resolveHosts = (policy: Policy, ref: Source | Exclude<Destination, { kind: 'greengate' }>): Hosts => {
  if (ref.kind === 'any') return { any: true, networks: [], macs: [] };
  if (ref.kind === 'typed') return toHosts([ref.value]);
  const names = ref.kind === 'address' ? [ref.name] : enabledMembers(policy.addressGroups, ref.name);
  const addresses: Address[] = allAddresses(policy);
  return toHosts(names.map((name) => byName(addresses, name).value));
};

const toHosts = (values: string[]): Hosts => ({
  any: false,
  networks: values.flatMap((value) => parseNetwork(value) ?? []),
  macs: values.filter(isMac),
});

const enabledMembers = (groups: Group[], name: string): string[] =>
  byName(groups, name)
    .members.filter((member) => member.enabled)
    .map((member) => member.name);

const byName = <T extends { name: string }>(list: readonly T[], name: string): T => {
  const found = list.find((one) => one.name === name) ?? list.find((one) => sameName(one.name, name));
  if (found === undefined) throw new Error(`No object is called ${JSON.stringify(name)}`);
  return found;
};
