import { allAddresses } from '../policy/builtin.ts';
import { ICMP, ICMP6, protocolName, TCP, UDP } from '../policy/protocols.ts';
import { sameName } from '../policy/resolve.ts';
import type { Limit, Policy, Rule } from '../policy/schema.ts';
import { frameWords, serviceName } from '../policy/sentence.ts';
import { clockWords } from '../policy/zones.ts';
import type { Decided, Explanation, Labels, StepField } from './explain.ts';
import type { Packet } from './judge.ts';
import type { Step, World } from './model.ts';

/** What a sentence about one step is made of. `step` null: the default action. `macOpen`: its source hangs on a MAC that is not known. */
export type Asking = {
  policy: Policy;
  world: World;
  packet: Packet;
  step: Step | null;
  field: StepField | null;
  macOpen: boolean;
};

/** One sentence: why a step did not decide, or how it did. */
export const stepWords = (asking: Asking): string => {
  const { policy, step, field } = asking;
  if (step === null) return `No rule decided: the default action ${deed(policy.settings.defaultDeny)}.`;
  if (step.from.kind === 'admin') return field === null ? 'Administrators always reach this.' : adminWords(asking);
  if (step.from.kind === 'block') return blockWords(asking, step.from.block.host);
  return ruleWords(asking, step.from.rule);
};

/** The answer as one sentence, or two: who may, or may not, reach what, and which rule says so. */
export const answerWords = (
  policy: Policy,
  packet: Packet,
  { who = packet.from, where, what = serviceOfPacket(packet) }: Labels,
  { outcomes, needsMac, ...decided }: Omit<Explanation, 'sentence' | 'steps'>,
): string => {
  const verb = packet.to === 'greengate' ? 'use' : 'reach';
  const place = where ?? (packet.to === 'greengate' ? 'Greengate itself' : packet.to);
  const limited = outcomes.slice(0, -1);
  const main =
    limited.length === 0
      ? `${who} ${decided.verdict === 'accept' ? 'may' : 'may not'} ${verb} ${place} by ${what}: ${byWhom(policy, decided)}.`
      : `Whether ${who} may ${verb} ${place} by ${what} hangs on a limit: ${outcomes.map((one) => `${one.when} ${byWhom(policy, one)}`).join('; ')}.`;
  return needsMac
    ? `${main} The sender’s MAC is not known: rules that speak of a MAC were taken as not matching, and one of them may decide.`
    : main;
};

/** `up to 10 connections a minute`. */
export const limitWhen = (limit: Limit | null): string =>
  limit === null
    ? 'always'
    : `up to ${limit.rate} ${limit.rate === 1 ? 'connection' : 'connections'} ${limit.per === 'hour' ? 'an' : 'a'} ${limit.per}`;

/** `TCP 25`, `UDP 53`, `ICMP type 8`, `GRE`. */
export const serviceOfPacket = ({ protocol, port, type, code }: Packet): string => {
  const name = protocol === ICMP6 ? 'ICMPv6' : protocolName(protocol);
  if (protocol === TCP || protocol === UDP) return port === undefined ? name : `${name} ${port}`;
  if ((protocol !== ICMP && protocol !== ICMP6) || type === undefined) return name;
  return `${name} type ${type}${code === undefined ? '' : `, code ${code}`}`;
};

const deed = (action: Decided['verdict']): string =>
  action === 'accept' ? 'lets it through' : action === 'drop' ? 'drops it silently' : 'rejects it with an answer';

/** `rule 3 (“Kiosk”) drops it silently`. */
const byWhom = (policy: Policy, { origin, number, verdict }: Decided): string => {
  const rule = number === null ? undefined : policy.rules[number - 1];
  if (rule !== undefined) return `rule ${number}${rule.remark === '' ? '' : ` (“${rule.remark}”)`} ${deed(verdict)}`;
  if (origin === 'admin') return 'it is an administrator’s PC, which always reaches this';
  const block = policy.blocks.find(({ id }) => id === origin);
  if (block === undefined) return `no rule speaks of it, and the default action ${deed(verdict)}`;
  return verdict === 'accept' ? 'it is let through, whatever the rules say' : 'it is blocked, whatever the rules say';
};

const adminWords = ({ packet, macOpen }: Asking): string =>
  macOpen
    ? 'Administrators always reach this; the sender’s MAC is not known.'
    : `Administrators always reach this; ${senderOf(packet)} is none of them.`;

const blockWords = ({ packet, step, field, macOpen }: Asking, host: string): string => {
  const what = step?.action === 'accept' ? 'let through' : 'blocked';
  if (field === null) return `${host} is ${what}, whatever the rules say.`;
  if (macOpen) return `${host} is ${what}; the sender’s MAC is not known.`;
  if (field === 'source') return `${host} is ${what}; the sender is ${senderOf(packet)}.`;
  return `${host} is ${what}, but for other services than ${serviceOfPacket(packet)}.`;
};

const ruleWords = (asking: Asking, rule: Rule): string => {
  const { policy, world, packet, field } = asking;
  switch (field) {
    case null:
      return rule.limit === null || rule.limit.for === 'log'
        ? `It matches and ${deed(rule.action as Decided['verdict'])}.`
        : `It matches and ${deed(rule.action as Decided['verdict'])}, ${limitWhen(rule.limit)}; beyond that the next rules decide.`;
    case 'enabled':
      return 'It is switched off.';
    case 'source':
      return sourceWords(asking, rule);
    case 'destination':
      return destinationWords(asking, rule);
    case 'service':
      return `It speaks of ${serviceName(policy, rule.service)}; this is ${serviceOfPacket(packet)}.`;
    case 'source port':
      return senderPortWords(packet, rule);
    case 'time':
      return `It holds ${rule.frame === null ? 'at other times' : frameWords(rule.frame)}; this is ${clockWords(policy.network.timezone, world.now)}.`;
    case 'expiry':
      return `It ended on ${clockWords(policy.network.timezone, rule.expires ?? 0)}.`;
    case 'limit':
      return `It matches, and ${deed(rule.action as Decided['verdict'])} ${limitWhen(rule.limit)}; beyond that the next rules decide.`;
    case 'action':
      return 'It matches, logs and goes on: the next rules decide.';
  }
};

const sourceWords = ({ policy, packet, step, macOpen }: Asking, { source }: Rule): string => {
  if (source.kind === 'any' || step === null) return 'It speaks of other senders.';
  const name = hostName(policy, source);
  if (macOpen) return `It speaks of ${notIf(source, name)}, by MAC; the sender’s MAC is not known.`;
  if (isUnknown(step.source)) return `It speaks of ${notIf(source, name)}, which is not known now.`;
  return speaks(source, name, senderOf(packet), 'the sender');
};

const destinationWords = ({ policy, world, packet, step }: Asking, { destination }: Rule): string => {
  const box = packet.to === 'greengate';
  if (destination.kind === 'greengate') return `It speaks of Greengate itself; ${packet.to} is outside.`;
  if (box) return 'It speaks of what is outside; this goes to Greengate itself.';
  if (destination.kind === 'any' || step?.destination == null) return 'It speaks of other destinations.';
  const name = hostName(policy, destination);
  const { names, networks } = step.destination;
  const found = names.flatMap((one) => world.names?.get(one) ?? []);
  if (names.length > 0 && networks.length === 0)
    return found.length === 0
      ? `It speaks of ${name}, which is not resolved: no address is known for it.`
      : `It speaks of ${name}, now ${listed(found)}; this goes to ${packet.to}.`;
  if (isUnknown(step.destination)) return `It speaks of ${notIf(destination, name)}, which is not known now.`;
  return speaks(destination, name, packet.to, 'this');
};

const senderPortWords = ({ protocol, sport }: Packet, { sourcePorts, invertSourcePorts }: Rule): string => {
  const wanted = `It speaks of ${invertSourcePorts ? 'source ports other than' : 'source port'} ${sourcePorts}`;
  if (protocol !== TCP && protocol !== UDP) return `${wanted}; only TCP and UDP have ports.`;
  return sport === undefined ? `${wanted}; the source port is not known.` : `${wanted}; this comes from port ${sport}.`;
};

type Named = { kind: 'address' | 'group' | 'typed'; invert: boolean } & ({ name: string } | { value: string });

const speaks = (ref: Named, name: string, host: string, what: string): string => {
  if (ref.invert) return `It speaks of everything but ${name}, and ${what} is ${host}.`;
  return ref.kind === 'group'
    ? `It speaks of ${name}; ${host} is not in it.`
    : `It speaks of ${name}; ${what} is ${host}.`;
};

const notIf = ({ invert }: Named, name: string): string => (invert ? `everything but ${name}` : name);

const isUnknown = ({ any, networks, macs, names }: Step['source']): boolean =>
  !any && networks.length + macs.length + names.length === 0;

/** `Printer (192.168.51.9)`. */
const hostName = (policy: Policy, ref: Named): string => {
  if ('value' in ref) return ref.value;
  if (ref.kind === 'group') return ref.name;
  const value = allAddresses(policy).find(({ name }) => sameName(name, ref.name))?.value ?? '';
  return value === '' ? ref.name : `${ref.name} (${value})`;
};

const senderOf = ({ from, mac }: Packet): string => (mac === null ? from : `${from} (${mac})`);

const listed = (values: string[]): string => `${values.slice(0, 3).join(', ')}${values.length > 3 ? ' …' : ''}`;
