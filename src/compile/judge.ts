import { typesIn } from '../plan/nft-rules.ts';
import { origins } from '../plan/ruleset.ts';
import { contains, isIpv4, isMac, type Network, networksOf } from '../policy/address.ts';
import type { Known } from '../policy/builtin.ts';
import { holdsAt, intervalsOfRules, ruleIntervals } from '../policy/frames.ts';
import { inPorts, type Match } from '../policy/matches.ts';
import { ICMP, ICMP6, TCP, UDP } from '../policy/protocols.ts';
import { type Hosts, resolveDestination, resolveMatches, resolveSource, settled } from '../policy/resolve.ts';
import type { Limit, Policy, Rule } from '../policy/schema.ts';
import { blockRules, blockServices } from './blocks.ts';
import { flowMark } from './ruleset.ts';

/**
 * The first packet of a flow from GREEN. `mac` null: not known. `to` is the box itself or an address outside.
 * `protocol` is the IP protocol's number; `port` the destination port, `sport` the sender's, `type` and `code` of ICMP, where there are
 * any. `mark`: of a flow that runs already, the mark of the rule that let it in.
 */
export type Packet = {
  from: string;
  mac: string | null;
  to: 'greengate' | string;
  protocol: number;
  port?: number;
  sport?: number;
  type?: number;
  code?: number;
  mark?: number;
};

/** What the verdict depends on besides policy and packet: seconds since the epoch, and the addresses that DNS names have now. */
export type World = Known & { now: number; names?: ReadonlyMap<string, readonly string[]> };

/** `needsMac`: the outcome depends on the sender's MAC, and it was not known. When in doubt, closed. */
export type Verdict = { verdict: 'accept' | 'drop' | 'reject'; origin: string; needsMac: boolean };

/**
 * A function that judges packets by an enabled BOT: the admin access rule, blocks, the rules in order, the default action. Of a limit on
 * the action only its rule's own flows are known to be within it; the others are judged as if it were used up.
 */
export const judgeOf = (policy: Policy, world: World): ((packet: Packet) => Verdict) => {
  const steps = [adminStep(policy), ...blockSteps(policy, world), ...ruleSteps(policy, world)];
  return (packet) => {
    let needsMac = false;
    let doubt: Verdict | null = null;
    for (const { id, action, limit, matches } of steps) {
      const match = matches(packet);
      if (match === 'mac') needsMac = true;
      if (match !== true || action === 'log') continue;
      const verdict: Verdict = { verdict: action, origin: id, needsMac };
      const own = packet.mark === flowMark(id);
      if (limitsAction(limit) && !own) {
        if (action !== 'accept') doubt ??= verdict;
        continue;
      }
      return doubt !== null && action === 'accept' && !own ? { ...doubt, needsMac } : verdict;
    }
    return { verdict: policy.settings.defaultDeny, origin: origins.default, needsMac };
  };
};

/** `mac`: it matches for some MACs, and the packet's is not known. */
type Match3 = boolean | 'mac';
type Step = Pick<Rule, 'id' | 'action' | 'limit'> & { matches: (packet: Packet) => Match3 };

const limitsAction = (limit: Limit | null): boolean => limit?.for === 'action' || limit?.for === 'both';

const adminStep = ({ settings, ssh }: Policy): Step => {
  const admins = [settings.adminMac, ...settings.moreAdmins].filter((one) => one !== '');
  const from = hostsOf(admins.flatMap(networksOf), admins.filter(isMac));
  const ports = [settings.uiPort, ...(ssh.enabled ? [ssh.port] : [])];
  return {
    id: origins.admin,
    action: 'accept',
    limit: null,
    matches: (packet) =>
      packet.to === 'greengate' &&
      packet.protocol === TCP &&
      ports.includes(packet.port ?? -1) &&
      matchesSource(from, packet),
  };
};

const blockSteps = (policy: Policy, { now }: World): Step[] =>
  blockRules(policy).flatMap((rule, index) => {
    const block = policy.blocks[index];
    if (block === undefined || !holdsAt(ruleIntervals(rule, policy.network.timezone, now), now)) return [];
    const from = hostsOf(networksOf(block.host), [block.host].filter(isMac));
    const services = blockServices(policy, block);
    const matches = (packet: Packet): Match3 =>
      (packet.to !== 'greengate' || services.some((match) => matchesService(match, packet))) &&
      matchesSource(from, packet);
    return [{ ...rule, matches }];
  });

const ruleSteps = (policy: Policy, world: World): Step[] => {
  const holds = holdingRules(policy, world.now);
  return policy.rules.filter(holds).map((rule) => {
    const { source, destination, action } = rule;
    const from = settled(resolveSource(policy, source, world), action);
    const to =
      destination.kind === 'greengate' ? null : settled(resolveDestination(policy, destination, world), action);
    const service = resolveMatches(policy, rule);
    const matches = (packet: Packet): Match3 =>
      matchesDestination(to, packet, world) &&
      service.some((match) => matchesService(match, packet)) &&
      matchesSource(from, packet);
    return { id: rule.id, action: rule.action, limit: rule.limit, matches };
  });
};

/** Enabled, in its frame, and not expired. */
const holdingRules = (policy: Policy, now: number): ((rule: Rule) => boolean) => {
  const intervals = intervalsOfRules(policy.network.timezone, now);
  return (rule) => rule.enabled && holdsAt(intervals(rule), now);
};

const hostsOf = (networks: Network[], macs: string[]): Hosts => ({
  any: false,
  networks,
  macs,
  names: [],
  invert: false,
});

const matchesDestination = (to: Hosts | null, packet: Packet, { names }: World): boolean => {
  if (to === null || packet.to === 'greengate') return to === null && packet.to === 'greengate';
  if (to.any) return true;
  const among =
    holds(to.networks, packet.to) || to.names.some((name) => names?.get(name)?.includes(packet.to) === true);
  return among !== to.invert;
};

const matchesSource = (from: Hosts, { from: address, mac }: Packet): Match3 => {
  if (from.any) return true;
  const among = holds(from.networks, address) || (mac !== null && from.macs.includes(mac));
  if (mac === null && from.macs.length > 0 && !among) return 'mac';
  return among !== from.invert;
};

const holds = (networks: Network[], address: string): boolean => networks.some((network) => contains(network, address));

const matchesService = (match: Match, { from, protocol, port, sport, type, code }: Packet): boolean => {
  const v4 = isIpv4(from);
  switch (match.protocol) {
    case 'any':
      return true;
    case 'tcp':
    case 'udp':
      return (
        protocol === (match.protocol === 'tcp' ? TCP : UDP) &&
        inPorts(match.ports, port) &&
        (match.from === undefined || inPorts(match.from, sport))
      );
    case 'number':
      return protocol === match.number;
    case 'except':
      return !match.numbers.some((number) => protocol === (number === ICMP && !v4 ? ICMP6 : number));
    default: {
      if (protocol !== (v4 ? ICMP : ICMP6) || (match.protocol === 'icmpv6' && v4)) return false;
      const types = typesIn(v4 ? 'ip' : 'ip6', match);
      if (types === null) return true;
      const among = types.some((one) => one.type === type && (one.code === null || one.code === code));
      return among !== match.invert;
    }
  }
};
