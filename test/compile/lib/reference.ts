import ipaddr from 'ipaddr.js';
import { allAddresses, allServices, type Known } from '../../../src/policy/builtin.ts';
import { protocolNumber } from '../../../src/policy/protocols.ts';
import type { Block, Group, Policy, Rule, Service } from '../../../src/policy/schema.ts';
import { inFrame } from './reference-time.ts';

/**
 * What a policy means, in the plainest way: every rule is asked in turn, and the first one that matches decides. Slow, and meant to be
 * read aloud. Of the product it uses the policy's types and the tables of built-in names, nothing of how rules are resolved or compiled.
 */

/** The first packet of a flow from GREEN; `to` is the box itself or an address outside, `mac` null when it is not known. */
export type Packet = {
  from: string;
  mac: string | null;
  to: 'greengate' | string;
  protocol: number;
  /** Of TCP and UDP. */
  port?: number;
  sport?: number;
  /** Of ICMP. */
  type?: number;
  code?: number;
};

export type World = {
  /** Seconds since the epoch: now, and when the rules were laid out for the kernel, which knows frames from two days before to 400 after. */
  at: number;
  laidOut: number;
  /** The addresses that DNS names stand for. */
  names: ReadonlyMap<string, readonly string[]>;
  /** Is this packet within the rule's limit? Asked in order, for rules that match in all else. */
  within: (rule: Rule) => boolean;
};

/** `passed`: rules that only log, and matched before the decision. `logged`: whoever wants a line in the log, in order. */
export type Outcome = { verdict: 'accept' | 'drop' | 'reject'; origin: string; passed: string[]; logged: string[] };

/** The function that decides packets by an enabled policy. */
export const referenceOf = (policy: Policy, known: Known): ((packet: Packet, world: World) => Outcome) => {
  const addresses = indexOf(allAddresses(policy, known));
  const services = indexOf(allServices(policy));
  const valuesOf = (ref: Rule['source'] | Rule['destination']): string[] => {
    if (ref.kind === 'typed') return [ref.value];
    if (ref.kind === 'address') return [get(addresses, ref.name).value];
    return ref.kind === 'group' ? members(policy.addressGroups, ref.name).map((one) => get(addresses, one).value) : [];
  };
  const servicesOf = (ref: Rule['service']): Service[] => {
    if (ref.kind === 'any') return [];
    return (ref.kind === 'service' ? [ref.name] : members(policy.serviceGroups, ref.name)).map((one) =>
      get(services, one),
    );
  };
  const rules = policy.rules
    .filter(({ enabled }) => enabled)
    .map((rule) => ({
      rule,
      senders: valuesOf(rule.source).filter((value) => isMac(value) || spanOf(value) !== null),
      receivers: valuesOf(rule.destination).filter((value) => value !== '' && !isMac(value)),
      services: servicesOf(rule.service),
    }));

  return (packet, world) => {
    const passed: string[] = [];
    const logged: string[] = [];
    const decided = (verdict: Outcome['verdict'], origin: string, log: boolean): Outcome => ({
      ...{ verdict, origin, passed, logged: log ? [...logged, origin] : logged },
    });
    if (isAdmin(policy, packet)) return decided('accept', 'admin', false);
    for (const block of policy.blocks)
      if (holds(policy, { ...block, frame: null, expires: block.until }, world) && meetsBlock(policy, block, packet))
        return decided(block.action, block.id, block.action === 'drop');
    for (const one of rules) {
      const { rule } = one;
      const { action, limit } = rule;
      const meets =
        holds(policy, rule, world) &&
        meetsService(rule, one.services, packet) &&
        meetsReceiver(rule, one.receivers, packet, world) &&
        meetsSender(rule, one.senders, packet);
      if (!meets) continue;
      const within = limit === null || world.within(rule);
      const mayLog = within || limit?.for === 'action';
      const logs = (rule.log || action === 'log') && mayLog;
      const acts = within || limit?.for === 'log';
      if (acts && action !== 'log') return decided(action, rule.id, logs);
      if (logs) logged.push(rule.id);
      if (acts) passed.push(rule.id);
    }
    return decided(policy.settings.defaultDeny, 'default', policy.settings.logging);
  };
};

/** Is the rule (or block) in force? What cannot be known closes: then an accept never holds, and a denial always does. */
export const holds = (
  policy: Policy,
  rule: Pick<Rule, 'action' | 'frame' | 'expires'>,
  { at, laidOut }: Pick<World, 'at' | 'laidOut'>,
): boolean => {
  const { action, frame, expires } = rule;
  if (frame === null && expires === null) return true;
  if (expires !== null && at >= expires) return false;
  const unknown = at < laidOut - 2 * DAY || (frame !== null && at >= laidOut + 400 * DAY);
  if (unknown) return action === 'drop' || action === 'reject';
  return frame === null || inFrame(frame, policy.network.timezone, at);
};

const DAY = 86_400;

const isAdmin = ({ settings, ssh }: Policy, packet: Packet): boolean =>
  packet.to === 'greengate' &&
  packet.protocol === 6 &&
  (packet.port === settings.uiPort || (ssh.enabled && packet.port === ssh.port)) &&
  [settings.adminMac, ...settings.moreAdmins].some((admin) => isSender(admin, packet));

/** A blocked host reaches nothing; one that is let through reaches everything outside, and DNS, time and the proxy of the box. */
const meetsBlock = ({ proxy }: Policy, { host, action }: Block, packet: Packet): boolean => {
  if (!isSender(host, packet)) return false;
  if (packet.to !== 'greengate' || action === 'drop') return true;
  const ports = packet.protocol === 6 ? [53, proxy.enabled ? proxy.port : 53] : packet.protocol === 17 ? [53, 123] : [];
  return ports.some((port) => port === packet.port);
};

const meetsSender = ({ source, action }: Rule, senders: string[], packet: Packet): boolean => {
  if (source.kind === 'any') return true;
  const among = senders.some((sender) => isSender(sender, packet));
  // Of a sender whose MAC is not known nobody can say that it is this one, nor that it is another.
  if (!among && packet.mac === null && senders.some(isMac)) return false;
  return source.invert && senders.length === 0 ? denies(action) : among !== source.invert;
};

const meetsReceiver = ({ destination, action }: Rule, receivers: string[], { to }: Packet, world: World): boolean => {
  if (destination.kind === 'greengate' || to === 'greengate') return destination.kind === to;
  if (destination.kind === 'any') return true;
  const among = receivers.some((value) => world.names.get(value)?.includes(to) === true || isInside(value, to));
  // Everything but what is not known yet: nothing for who is let in, everything for who is kept out.
  return destination.invert && receivers.length === 0 ? denies(action) : among !== destination.invert;
};

const denies = (action: Rule['action']): boolean => action === 'drop' || action === 'reject';

const meetsService = (rule: Rule, services: Service[], packet: Packet): boolean => {
  const { service, sourcePorts, invertSourcePorts } = rule;
  const ported = packet.protocol === 6 || packet.protocol === 17;
  if (sourcePorts !== '' && !(ported && inPorts(sourcePorts, packet.sport) !== invertSourcePorts)) return false;
  return service.kind === 'any' || services.some((one) => isService(one, packet)) !== service.invert;
};

/** ICMP is written with IPv4's numbers, and means ICMPv6 in IPv6 where there is the like of it (RFC 4443). */
const isService = (service: Service, { from, protocol, port, type, code }: Packet): boolean => {
  const v6 = from.includes(':');
  const written = service.protocol === 'tcp&udp' ? [6, 17] : [protocolNumber(service.protocol)];
  const numbers = written.map((number) => (number === 1 && v6 ? 58 : number));
  if (service.invertProtocol) return !numbers.includes(protocol);
  if (!numbers.includes(protocol) || (written[0] === 58 && !v6)) return false;
  if (service.ports !== '') return inPorts(service.ports, port) !== service.invertPorts;
  if (service.icmpType === '') return true;
  const [wantedType, wantedCode] = service.icmpType.split('/').map(Number);
  if (written[0] === 1 && v6) return wantedCode === undefined && type === icmp6[wantedType ?? -1];
  return type === wantedType && (wantedCode === undefined || code === wantedCode);
};

const icmp6: Record<number, number> = { 0: 129, 3: 1, 8: 128, 11: 3, 12: 4 };

/** `80, 443, 8000-8080, 60000-`; what is left open begins at 1 and ends at 65535. */
const inPorts = (list: string, port = -1): boolean =>
  list.split(',').some((part) => {
    const [first = '', last = first] = part.trim() === '*' ? ['', ''] : part.trim().split(/\s*[-:]\s*/);
    return Number(first.replace('*', '') || 1) <= port && port <= Number(last.replace('*', '') || 65535);
  });

const isSender = (value: string, { from, mac }: Packet): boolean => value === mac || isInside(value, from);

const isMac = (value: string): boolean => /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(value);

const isInside = (value: string, address: string): boolean => {
  const [outer, inner] = [spanOf(value), spanOf(address)];
  if (outer === null || inner === null || outer.kind !== inner.kind) return false;
  return outer.first <= inner.first && inner.last <= outer.last;
};

/** A host, network or range as its first and last address, in hexadecimal digits; null for what is no IP address. */
const spanOf = (value: string): Span | null => {
  const kept = spans.get(value);
  if (kept !== undefined) return kept;
  const [first = '', last] = value.split('-');
  const [host = '', bits] = first.split('/');
  const found = !isIp(host) || (last !== undefined && !isIp(last)) ? null : spanFrom(host, bits, last);
  spans.set(value, found);
  return found;
};

type Span = { kind: string; first: string; last: string };

const spans = new Map<string, Span | null>();

const isIp = (text: string): boolean =>
  ipaddr.IPv4.isValidFourPartDecimal(text) || (text.includes(':') && ipaddr.IPv6.isValid(text));

const spanFrom = (host: string, bits: string | undefined, last: string | undefined): Span => {
  const kind = ipaddr.parse(host).kind();
  const part = kind === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  if (bits === undefined) return { kind, first: hex(host), last: hex(last ?? host) };
  const whole = `${host}/${bits}`;
  const end =
    part === ipaddr.IPv4 ? ipaddr.IPv4.broadcastAddressFromCIDR(whole) : ipaddr.IPv6.broadcastAddressFromCIDR(whole);
  return { kind, first: hex(part.networkAddressFromCIDR(whole).toString()), last: hex(end.toString()) };
};

const hex = (address: string): string =>
  ipaddr
    .parse(address)
    .toByteArray()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');

const indexOf = <T extends { name: string }>(list: T[]): Map<string, T> =>
  new Map(list.toReversed().map((one) => [one.name.toLowerCase(), one]));

const get = <T>(index: Map<string, T>, name: string): T => {
  const found = index.get(name.toLowerCase());
  if (found === undefined) throw new Error(`No object is called ${name}.`);
  return found;
};

/** The enabled members of a group, those of groups inside it included. */
const members = (groups: Group[], name: string): string[] =>
  get(indexOf(groups), name)
    .members.filter(({ enabled }) => enabled)
    .flatMap((one) => (one.kind === 'object' ? [one.name] : members(groups, one.name)));
