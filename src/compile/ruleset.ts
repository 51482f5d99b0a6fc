import type { Facts } from '../plan/facts.ts';
import type { Lookup } from '../plan/lookup.ts';
import { hash, nameSets, setOfName } from '../plan/names.ts';
import { hasGate, typesIn } from '../plan/nft-rules.ts';
import { type Dispatch, type Family, type Leaf, origins, type Ruleset, type Side } from '../plan/ruleset.ts';
import { isMac, networksOf } from '../policy/address.ts';
import type { Known } from '../policy/builtin.ts';
import { intervalsOfRules } from '../policy/frames.ts';
import { type Match, mergeMatches } from '../policy/matches.ts';
import { type PortRange, parsePorts } from '../policy/ports.ts';
import { type Hosts, resolveDestination, resolveMatches, resolveSource, settled } from '../policy/resolve.ts';
import type { Policy, Rule } from '../policy/schema.ts';
import { blockDispatch, blockRules } from './blocks.ts';
import { frameTable } from './frame-table.ts';
import { lookupOf } from './lookup.ts';
import { mostOfAll } from './most.ts';

/** What the kernel should do for a policy. Policy order is the order of the dispatch: the first match decides. */
export const compileRuleset = (policy: Policy, facts: Facts): Ruleset => {
  const rules = policy.rules.filter((rule) => rule.enabled);
  const dispatch = rules.map((rule) => ({ rule, list: ruleDispatch(policy, rule, facts) }));
  const toBox = (rule: Rule) => rule.destination.kind === 'greengate';
  const blocks = blockDispatch(policy);
  const frames = frameTable();
  const intervals = intervalsOfRules(policy.network.timezone, facts.now);
  const frameOf = (rule: Pick<Rule, 'action' | 'frame' | 'expires'>) => frames.keyOf(intervals(rule));
  const input = [
    ...adminDispatch(policy),
    ...blocks.input,
    ...dispatch.filter(({ rule }) => toBox(rule)).flatMap(({ list }) => list),
  ];
  const forward = [...blocks.forward, ...dispatch.filter(({ rule }) => !toBox(rule)).flatMap(({ list }) => list)];
  const leaves = leavesOf(policy, rules, frameOf);
  const most = mostOfAll();
  most.rules -= leaves.reduce((sum, leaf) => sum + leafRules(leaf), 0) * (facts.ipv6 ? 2 : 1);
  const lookups = (family: Family) => ({
    input: lookupOf(family, input, leaves, most),
    forward: lookupOf(family, forward, leaves, most),
  });
  return {
    mode: !facts.setUp ? 'closed' : policy.settings.enabled ? 'blocking' : 'open',
    ipv6: facts.ipv6,
    uids: facts.uids,
    connectionState: policy.settings.connectionState,
    uiPort: policy.settings.uiPort,
    sshPort: policy.ssh.enabled ? policy.ssh.port : null,
    serveTime: policy.time.serveGreen,
    proxy: policy.proxy.enabled ? { port: policy.proxy.port, fetch: fetchPorts(policy) } : null,
    input,
    forward,
    // Without IPv6 nothing of that family is forwarded or answered, whatever the rules.
    lookups: { ip: lookups('ip'), ip6: facts.ipv6 ? lookups('ip6') : { input: nothing, forward: nothing } },
    leaves,
    frames: frames.all(),
    names: nameSets(policy),
  };
};

const nothing: Lookup = { form: 'linear', list: [], large: false };

/** The end of every rule, of every block, of the admin access rule, and of what no rule speaks of. */
const leavesOf = (
  policy: Policy,
  rules: Rule[],
  frameOf: (rule: Pick<Rule, 'action' | 'frame' | 'expires'>) => string | null,
): Leaf[] => [
  { name: origins.admin, mark: flowMark(origins.admin), log: false, action: 'accept', limit: null, frame: null },
  ...[...blockRules(policy), ...rules].map((rule): Leaf => {
    const { id, action, limit } = rule;
    return { name: id, mark: flowMark(id), log: rule.log || action === 'log', action, limit, frame: frameOf(rule) };
  }),
  {
    name: origins.default,
    mark: 0,
    log: policy.settings.logging,
    action: policy.settings.defaultDeny,
    limit: null,
    frame: null,
  },
];

/** The rules of a leaf and its gate in the kernel, at most. */
const leafRules = (leaf: Leaf): number => (leaf.log ? 2 : 1) + (hasGate(leaf) ? 2 : 0);

/**
 * A number for a rule's flows that stays the same over generations (31 bits, never 0). Ids that Greengate gives are numbers, and those are
 * never given twice; others are hashed, beside them.
 */
export const flowMark = (origin: string): number => {
  const [, kind, number] = /^([rb])(0|[1-9]\d{0,8})$/.exec(origin) ?? [];
  const given = number === undefined ? null : Number(number) + 1;
  if (given === null || given >= BLOCKS) return HASHED | (hash(origin) & (HASHED - 1));
  return kind === 'r' ? given : BLOCKS | given;
};

const BLOCKS = 0x20000000;
const HASHED = 0x40000000;

const fetchPorts = ({ proxy }: Policy): PortRange[] => parsePorts(`${proxy.safePorts},${proxy.connectPorts}`) ?? [];

/** BOT's "default admin access rule": the Admin MAC, and the further administrators, always reach the UI and SSH. */
const adminDispatch = ({ settings, ssh }: Policy): Dispatch[] => {
  const admins = [settings.adminMac, ...settings.moreAdmins].filter((one) => one !== '');
  const hosts = hostsOf(admins.flatMap(networksOf), admins.filter(isMac));
  const ports = (parsePorts([settings.uiPort, ...(ssh.enabled ? [ssh.port] : [])].join()) ?? []) as PortRange[];
  return (['ip', 'ip6'] as const).flatMap((family) =>
    sides(family, hosts).map(
      (source): Dispatch => ({
        family,
        source,
        destination: { kind: 'any' },
        service: { protocol: 'tcp', ports },
        leaf: origins.admin,
      }),
    ),
  );
};

const ruleDispatch = (policy: Policy, rule: Rule, known: Known): Dispatch[] => {
  const source = settled(resolveSource(policy, rule.source, known), rule.action);
  const { destination } = rule;
  const outside =
    destination.kind === 'greengate' ? anywhere : settled(resolveDestination(policy, destination, known), rule.action);
  const services = mergeMatches(resolveMatches(policy, rule)).flatMap(spelled);
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

const hostsOf = (networks: Hosts['networks'], macs: string[]): Hosts => ({
  any: false,
  networks,
  macs,
  names: [],
  invert: false,
});

const anywhere: Hosts = { ...hostsOf([], []), any: true };

const sides = (family: Family, hosts: Hosts): Side[] => {
  if (hosts.any) return [{ kind: 'any' }];
  const networks = hosts.networks.filter((network) => network.family === (family === 'ip' ? 4 : 6));
  const macs = [...new Set(hosts.macs)];
  if (hosts.invert) return [{ kind: 'except', networks, macs }];
  const found: Side[] = [];
  if (networks.length > 0) found.push({ kind: 'networks', networks });
  if (macs.length > 0) found.push({ kind: 'macs', macs });
  return [...found, ...hosts.names.map((name): Side => ({ kind: 'name', set: setOfName(name) }))];
};

/** ICMP types and types with a code cannot stand in one match, unless it is what they all leave. */
const spelled = (match: Match): Match[] => {
  if ((match.protocol !== 'icmp' && match.protocol !== 'icmpv6') || match.types === null || match.invert)
    return [match];
  const { types } = match;
  return [types.filter(({ code }) => code === null), types.filter(({ code }) => code !== null)]
    .filter((list) => list.length > 0)
    .map((list) => ({ ...match, types: list }));
};

/** ICMP types that IPv6 does not have match nothing there, and ICMPv6 nothing in IPv4. */
const spellable = (family: Family, service: Match): boolean => {
  if (service.protocol === 'icmpv6') return family === 'ip6';
  if (service.protocol !== 'icmp' || service.invert) return true;
  return typesIn(family, service)?.length !== 0;
};
