import { icmp6Type } from '../plan/nft-rules.ts';
import { origins } from '../plan/ruleset.ts';
import { contains, isIpv4 } from '../policy/address.ts';
import { hasPort } from '../policy/ports.ts';
import { type Hosts, type Match, resolveDestination, resolveService, resolveSource } from '../policy/resolve.ts';
import type { Policy, Rule } from '../policy/schema.ts';

/**
 * The first packet of a flow from GREEN. `mac` null: not known. `to` is the box itself or an address outside.
 * `protocol` is the IP protocol's number; `port` the destination port, `type` the ICMP type, where there is one.
 */
export type Packet = {
  from: string;
  mac: string | null;
  to: 'greengate' | string;
  protocol: number;
  port?: number;
  type?: number;
};

/** `needsMac`: the outcome depends on the sender's MAC, and it was not known. When in doubt, closed. */
export type Verdict = { verdict: 'accept' | 'drop' | 'reject'; origin: string; needsMac: boolean };

/** A function that judges packets by an enabled BOT: the admin access rule, the rules in order, the default action. */
export const judgeOf = (policy: Policy): ((packet: Packet) => Verdict) => {
  const rules = policy.rules.filter((rule) => rule.enabled).map((rule) => resolved(policy, rule));
  return (packet) => {
    let needsMac = false;
    if (packet.to === 'greengate' && packet.protocol === TCP && packet.port === policy.settings.uiPort) {
      if (packet.mac === policy.settings.adminMac) return { verdict: 'accept', origin: origins.admin, needsMac };
      needsMac = packet.mac === null;
    }
    for (const { rule, from, to, service } of rules) {
      if (!matchesDestination(to, packet) || !service.some((match) => matchesService(match, packet))) continue;
      if (matchesSource(from, packet)) return { verdict: rule.action, origin: rule.id, needsMac };
      if (packet.mac === null && from.macs.length > 0) needsMac = true;
    }
    return { verdict: policy.settings.defaultDeny, origin: origins.default, needsMac };
  };
};

const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ICMP6 = 58;
const numbers = { tcp: TCP, udp: UDP, gre: 47, esp: 50, ah: 51 };

type Resolved = { rule: Rule; from: Hosts; to: Hosts | null; service: Match[] };

const resolved = (policy: Policy, rule: Rule): Resolved => ({
  rule,
  from: resolveSource(policy, rule.source),
  to: rule.destination.kind === 'greengate' ? null : resolveDestination(policy, rule.destination),
  service: resolveService(policy, rule.service),
});

const matchesDestination = (to: Hosts | null, packet: Packet): boolean => {
  if (to === null || packet.to === 'greengate') return to === null && packet.to === 'greengate';
  return to.any || to.networks.some((network) => contains(network, packet.to));
};

const matchesSource = (from: Hosts, { from: address, mac }: Packet): boolean =>
  from.any || from.networks.some((network) => contains(network, address)) || (mac !== null && from.macs.includes(mac));

const matchesService = (match: Match, { from, protocol, port, type }: Packet): boolean => {
  if (match.protocol === 'any') return true;
  if (match.protocol === 'icmp') {
    const v4 = isIpv4(from);
    if (protocol !== (v4 ? ICMP : ICMP6)) return false;
    return match.type === null || type === (v4 ? match.type : icmp6Type(match.type));
  }
  if (protocol !== numbers[match.protocol]) return false;
  return match.protocol === 'tcp' || match.protocol === 'udp' ? port !== undefined && hasPort(match.ports, port) : true;
};
