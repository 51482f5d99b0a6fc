import { allAddresses, allServices } from '../policy/builtin.ts';
import { protocolName } from '../policy/protocols.ts';
import { sameName } from '../policy/resolve.ts';
import type { Destination, Group, Policy, Rule, Service, ServiceRef, Source } from '../policy/schema.ts';
import { icmpName } from './icmp.ts';

/** A piece of a sentence; names are set apart, for they may be long, in any script and from any hand. */
export type Piece = { text: string; name: boolean };

/** `who`, `what` or `where` of a rule: its name and, in small print, what is behind it. `href` leads to the object. */
export type Term = { name: string; detail: string; href: string };

/** Who sends. */
export const sourceTerm = (policy: Policy, source: Source): Term =>
  source.kind === 'any' ? plain('Any host on GREEN') : hostTerm(policy, source);

/** Where to. */
export const destinationTerm = (policy: Policy, destination: Destination): Term => {
  if (destination.kind === 'greengate') return plain('Greengate access', 'the box itself');
  if (destination.kind === 'any') return plain('Anywhere outside');
  return hostTerm(policy, destination);
};

/** What with. */
export const serviceTerm = (policy: Policy, ref: ServiceRef): Term => {
  if (ref.kind === 'any') return plain('Any service');
  if (ref.kind === 'group') {
    const href = objectHref('service-groups', ref.name);
    return { name: ref.name, detail: memberText(policy.serviceGroups, ref.name), href };
  }
  const service = allServices(policy).find((one) => sameName(one.name, ref.name));
  const own = policy.services.some((one) => sameName(one.name, ref.name));
  const detail = service === undefined ? 'missing' : serviceText(service);
  return { name: ref.name, detail, href: own ? objectHref('services', ref.name) : '' };
};

/** `TCP 80, 443`, `UDP, every port but 53`, `ICMP type 8, Echo request (ping)`, `every protocol but TCP`. */
export const serviceText = ({ protocol, invertProtocol, ports, invertPorts, icmpType }: Service): string => {
  const word = protocolWord(protocol);
  if (invertProtocol) return `every protocol but ${word}`;
  if (ports !== '') return invertPorts ? `${word}, every port but ${ports}` : `${word} ${ports}`;
  if (protocol !== 'icmp' && protocol !== 'icmpv6') return word;
  const name = icmpName(protocol, icmpType);
  return icmpType === '' ? `${word}, all types` : `${word} type ${icmpType}${name === '' ? '' : `, ${name}`}`;
};

/** `TCP and UDP`, `ICMPv6`, `GRE`, `protocol 99`. */
const protocolWord = (protocol: string): string => {
  if (protocol === 'tcp&udp') return 'TCP and UDP';
  if (protocol === 'icmpv6') return 'ICMPv6';
  return /^\d+$/.test(protocol) ? protocolName(Number(protocol)) : protocol.toUpperCase();
};

/** The verdict in the middle of a rule's line. */
export const actionWord = (rule: Rule): string => (rule.action === 'accept' ? 'may use' : 'may not use');

/** A rule as one sentence, names set apart. */
export const ruleSentence = (policy: Policy, rule: Rule): Piece[] => [
  ...pieces(sourceTerm(policy, rule.source), rule.source.kind !== 'any'),
  word(` ${actionWord(rule)} `),
  ...(rule.service.kind === 'any' ? [word('any service')] : pieces(serviceTerm(policy, rule.service), true)),
  ...place(policy, rule.destination),
  word(ending(rule)),
];

const ending = (rule: Rule): string => {
  if (rule.action === 'drop') return ': such packets vanish without an answer.';
  if (rule.action === 'reject') return ': the sender is told so at once.';
  return '.';
};

const place = (policy: Policy, destination: Destination): Piece[] => {
  if (destination.kind === 'greengate') return [word(' on Greengate, the box itself')];
  if (destination.kind === 'any') return [word(' anywhere outside')];
  return [word(' at '), ...pieces(destinationTerm(policy, destination), true), word(' outside')];
};

const pieces = ({ name, detail }: Term, isName: boolean): Piece[] =>
  detail === '' || !isName ? [{ text: name, name: isName }] : [{ text: name, name: true }, word(` (${detail})`)];

const word = (text: string): Piece => ({ text, name: false });

const plain = (name: string, detail = ''): Term => ({ name, detail, href: '' });

const hostTerm = (policy: Policy, ref: Extract<Source, { kind: 'address' | 'group' | 'typed' }>): Term => {
  if (ref.kind === 'typed') return plain(ref.value);
  if (ref.kind === 'group') {
    const href = objectHref('address-groups', ref.name);
    return { name: ref.name, detail: memberText(policy.addressGroups, ref.name), href };
  }
  const own = policy.addresses.some((one) => sameName(one.name, ref.name));
  const detail = allAddresses(policy).find((one) => sameName(one.name, ref.name))?.value ?? 'missing';
  return { name: ref.name, detail, href: own ? objectHref('addresses', ref.name) : '' };
};

/** The enabled members of a group, the first few by name. */
const memberText = (groups: Group[], name: string): string => {
  const members = groups.find((one) => sameName(one.name, name))?.members.filter((one) => one.enabled) ?? [];
  const shown = members.slice(0, 3).map((one) => (one.name.length > 40 ? `${one.name.slice(0, 39)}…` : one.name));
  const rest = members.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ');
};

const objectHref = (page: string, name: string): string =>
  `/firewall/objects/${page}/edit?name=${encodeURIComponent(name)}`;
