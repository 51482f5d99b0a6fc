import { isDnsName, isMac, type Network, networksOf } from './address.ts';
import { allAddresses, allServices, type Known } from './builtin.ts';
import { fromPorts, invertMatches, type Match, otherPorts, serviceMatches } from './matches.ts';
import { parsePorts } from './ports.ts';
import type { Destination, Group, Policy, Rule, ServiceRef, Source } from './schema.ts';

/**
 * A source or destination as sets: `any`, or the hosts and networks, the MACs, and the DNS names (destinations only). `invert`: everything
 * but these. Empty sets match nothing; inverted, everything.
 */
export type Hosts = { any: boolean; networks: Network[]; macs: string[]; names: string[]; invert: boolean };

/** The members behind a source, names followed. An unknown name is a programmer's error: parse first. */
export const resolveSource = (policy: Policy, source: Source, known: Known = noneKnown): Hosts => ({
  ...resolveHosts(policy, source, known),
  names: [],
});

/** The members behind an outside destination. MACs in it match nothing (a MAC is never a destination). */
export const resolveDestination = (
  policy: Policy,
  destination: Exclude<Destination, { kind: 'greengate' }>,
  known: Known = noneKnown,
): Hosts => ({ ...resolveHosts(policy, destination, known), macs: [] });

/**
 * “Everything but” something that is not known yet (RED's network before its first lease) would be everything. An accept takes it as
 * nothing, a drop as everything.
 */
export const settled = (hosts: Hosts, action: Rule['action']): Hosts => {
  const { networks, macs, names } = hosts;
  if (!hosts.invert || networks.length + macs.length + names.length > 0) return hosts;
  return { ...hosts, any: action === 'drop' || action === 'reject', invert: false };
};

/** What a service reference matches, groups taken apart, inversion done. */
export const resolveService = (policy: Policy, ref: ServiceRef): Match[] => {
  if (ref.kind === 'any') return [{ protocol: 'any' }];
  const names = ref.kind === 'service' ? [ref.name] : membersOf(policy.serviceGroups, ref.name);
  const services = servicesOf(policy);
  const matches = names.flatMap((name) => inIndex(services, name));
  return ref.invert ? invertMatches(matches) : matches;
};

/** What a rule's service and source ports match together. */
export const resolveMatches = (
  policy: Policy,
  { service, sourcePorts, invertSourcePorts }: Pick<Rule, 'service' | 'sourcePorts' | 'invertSourcePorts'>,
): Match[] => {
  const matches = resolveService(policy, service);
  const ports = sourcePorts === '' ? null : parsePorts(sourcePorts);
  return ports === null ? matches : fromPorts(matches, invertSourcePorts ? otherPorts(ports) : ports);
};

/** The names of the objects that an address or service group holds, groups in it taken apart; those switched off are left out. */
export const membersOf = (groups: readonly Group[], name: string): string[] => {
  const seen = new Set<string>();
  const found = new Set<string>();
  const visit = (group: Group): void => {
    seen.add(group.name);
    for (const member of group.members) {
      if (!member.enabled) continue;
      if (member.kind === 'object') found.add(member.name);
      else {
        const inner = byName(groups, member.name);
        if (!seen.has(inner.name)) visit(inner);
      }
    }
  };
  visit(byName(groups, name));
  return [...found];
};

/** Two names mean the same object when they differ in case only. */
export const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const resolveHosts = (
  policy: Policy,
  ref: Source | Exclude<Destination, { kind: 'greengate' }>,
  known: Known,
): Hosts => {
  if (ref.kind === 'any') return { any: true, networks: [], macs: [], names: [], invert: false };
  if (ref.kind === 'typed') return { any: false, ...partsOf(ref.value), invert: ref.invert };
  const names = ref.kind === 'address' ? [ref.name] : membersOf(policy.addressGroups, ref.name);
  const addresses = addressesOf(policy, known);
  const parts = names.map((name) => inIndex(addresses, name));
  return {
    any: false,
    networks: parts.flatMap(({ networks }) => networks),
    macs: parts.flatMap(({ macs }) => macs),
    names: parts.flatMap((one) => one.names),
    invert: ref.invert,
  };
};

const byName = <T extends { name: string }>(list: readonly T[], name: string): T => {
  const found = list.find((one) => one.name === name) ?? list.find((one) => sameName(one.name, name));
  if (found === undefined) throw new Error(`No object is called ${JSON.stringify(name)}`);
  return found;
};

/** An address as a rule needs it. */
type Parts = { networks: Network[]; macs: string[]; names: string[] };

const noneKnown: Known = {};

/** Policies are values: what one holds never changes, so that its names are sorted once. */
const addressIndexes = new WeakMap<Policy, { known: Known; parts: Map<string, Parts> }>();
const serviceIndexes = new WeakMap<Policy, Map<string, Match[]>>();

const addressesOf = (policy: Policy, known: Known): Map<string, Parts> => {
  const kept = addressIndexes.get(policy);
  if (kept !== undefined && kept.known === known) return kept.parts;
  const parts = new Map<string, Parts>();
  for (const { name, value } of allAddresses(policy, known).toReversed()) parts.set(name.toLowerCase(), partsOf(value));
  addressIndexes.set(policy, { known, parts });
  return parts;
};

const servicesOf = (policy: Policy): Map<string, Match[]> => {
  const kept = serviceIndexes.get(policy);
  if (kept !== undefined) return kept;
  const matches = new Map<string, Match[]>();
  for (const one of allServices(policy).toReversed()) matches.set(one.name.toLowerCase(), serviceMatches(one));
  serviceIndexes.set(policy, matches);
  return matches;
};

const partsOf = (value: string): Parts => ({
  networks: networksOf(value),
  macs: isMac(value) ? [value] : [],
  names: isDnsName(value) ? [value] : [],
});

const inIndex = <T>(index: Map<string, T>, name: string): T => {
  const found = index.get(name.toLowerCase());
  if (found === undefined) throw new Error(`No object is called ${JSON.stringify(name)}`);
  return found;
};
