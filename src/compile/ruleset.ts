import type { Facts } from '../plan/facts.ts';
import { icmp6Type } from '../plan/nft-rules.ts';
import { type Dispatch, type Family, type Leaf, origins, type Ruleset, type Side } from '../plan/ruleset.ts';
import { type PortRange, parsePorts } from '../policy/ports.ts';
import { type Hosts, type Match, resolveDestination, resolveService, resolveSource } from '../policy/resolve.ts';
import type { Policy, Rule } from '../policy/schema.ts';

/** What the kernel should do for a policy. Policy order is the order of the dispatch: the first match decides. */
export const compileRuleset = (policy: Policy, facts: Facts): Ruleset => {
  const rules = policy.rules.filter((rule) => rule.enabled);
  const dispatch = rules.map((rule) => ({ rule, list: ruleDispatch(policy, rule) }));
  const toBox = (rule: Rule) => rule.destination.kind === 'greengate';
  return {
    mode: !facts.setUp ? 'closed' : policy.settings.enabled ? 'blocking' : 'open',
    ipv6: facts.ipv6,
    uids: facts.uids,
    connectionState: policy.settings.connectionState,
    uiPort: policy.settings.uiPort,
    proxy: policy.proxy.enabled ? { port: policy.proxy.port, fetch: fetchPorts(policy) } : null,
    input: [...adminDispatch(policy), ...dispatch.filter(({ rule }) => toBox(rule)).flatMap(({ list }) => list)],
    forward: dispatch.filter(({ rule }) => !toBox(rule)).flatMap(({ list }) => list),
    leaves: [
      { name: origins.admin, mark: flowMark(origins.admin), log: false, action: 'accept' },
      ...rules.map(({ id, log, action }): Leaf => ({ name: id, mark: flowMark(id), log, action })),
      { name: origins.default, mark: 0, log: policy.settings.logging, action: policy.settings.defaultDeny },
    ],
  };
};

/** A number for a rule's flows that stays the same over generations (FNV-1a, 31 bits, never 0). */
export const flowMark = (origin: string): number => {
  let hash = 0x811c9dc5;
  for (const char of origin) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return hash & 0x7fffffff || 1;
};

const fetchPorts = ({ proxy }: Policy): PortRange[] => parsePorts(`${proxy.safePorts},${proxy.connectPorts}`) ?? [];

/** BOT's "default admin access rule": the Admin MAC always reaches the UI. */
const adminDispatch = ({ settings }: Policy): Dispatch[] =>
  settings.adminMac === ''
    ? []
    : (['ip', 'ip6'] as const).map((family) => ({
        family,
        source: { kind: 'macs', macs: [settings.adminMac] },
        destination: { kind: 'any' },
        service: { protocol: 'tcp', ports: [[settings.uiPort, settings.uiPort]] },
        leaf: origins.admin,
      }));

const ruleDispatch = (policy: Policy, rule: Rule): Dispatch[] => {
  const source = resolveSource(policy, rule.source);
  const { destination } = rule;
  const outside = destination.kind === 'greengate' ? anywhere : resolveDestination(policy, destination);
  const services = merged(resolveService(policy, rule.service));
  return (['ip', 'ip6'] as const).flatMap((family) =>
    sides(family, source).flatMap((from) =>
      sides(family, outside).flatMap((to) =>
        services
          .filter((service) => spellable(family, service))
          .map((service): Dispatch => ({ family, source: from, destination: to, service, leaf: rule.id })),
      ),
    ),
  );
};

const anywhere: Hosts = { any: true, networks: [], macs: [] };

const sides = (family: Family, hosts: Hosts): Side[] => {
  if (hosts.any) return [{ kind: 'any' }];
  const networks = hosts.networks.filter((network) => network.family === (family === 'ip' ? 4 : 6));
  const found: Side[] = [];
  if (networks.length > 0) found.push({ kind: 'networks', networks });
  if (hosts.macs.length > 0) found.push({ kind: 'macs', macs: [...new Set(hosts.macs)] });
  return found;
};

/** ICMP types that IPv6 does not have match nothing there. */
const spellable = (family: Family, service: Match): boolean =>
  family === 'ip' || service.protocol !== 'icmp' || service.type === null || icmp6Type(service.type) !== null;

/** All TCP ports of a group in one match, all UDP ports in another, the rest one by one. */
const merged = (matches: Match[]): Match[] => {
  if (matches.some((match) => match.protocol === 'any')) return [{ protocol: 'any' }];
  const ports = (protocol: 'tcp' | 'udp'): Match[] => {
    const ranges = matches.flatMap((match) => (match.protocol === protocol ? match.ports : []));
    const list = parsePorts(ranges.map(([from, to]) => `${from}-${to}`).join(','));
    return list === null ? [] : [{ protocol, ports: list }];
  };
  return [
    ...ports('tcp'),
    ...ports('udp'),
    ...matches.filter(({ protocol }) => protocol !== 'tcp' && protocol !== 'udp'),
  ];
};
