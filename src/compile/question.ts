import { isMac, normalMac } from '../policy/address.ts';
import { allAddresses, allServices } from '../policy/builtin.ts';
import { type Match, serviceMatches } from '../policy/matches.ts';
import { parsePorts } from '../policy/ports.ts';
import type { Problem, Result } from '../policy/problem.ts';
import { ICMP, ICMP6, isIcmpType, parseIcmpType, protocolName, protocolNumber, TCP, UDP } from '../policy/protocols.ts';
import { resolveService, sameName } from '../policy/resolve.ts';
import type { Policy } from '../policy/schema.ts';
import { readClock } from '../policy/zones.ts';
import { stepsOf, type World } from './model.ts';
import { type Known, readPlaces, readSenders, type SeenHost, type Sender, type Side } from './question-hosts.ts';

/**
 * A question as somebody writes it: who (IP, network, MAC or name), where to (`greengate`, IP, network, DNS name or name), by what (`tcp/25`,
 * `udp/53`, `icmp/8`, `gre`, or the name of a service). `mac` and `sourcePort` of the sender, if they are known. `at`: `2026-11-20T22:30` in the
 * box's zone; empty for now.
 */
export type Question = {
  from: string;
  to: string;
  service: string;
  mac?: string | undefined;
  sourcePort?: string | undefined;
  at?: string | undefined;
};

/** A question that was understood. `seen` and `world` of the box are looked up for it. */
export type Posed = {
  senders: Side<Sender>;
  places: Side<string>;
  service: { label: string; matches: Match[] };
  sport: number | null;
  world: World;
};

/** Reads a question; every fault with the field it is in as its place. */
export const readQuestion = (
  policy: Policy,
  question: Question,
  world: World,
  seen: readonly SeenHost[] = [],
): Result<Posed> => {
  const problems: Problem[] = [];
  const sound = <T>(place: keyof Question, value: T | string): T | null => {
    if (typeof value !== 'string') return value;
    problems.push({ place, owner: '', message: value });
    return null;
  };
  const now = sound('at', readMoment(policy, question.at ?? '', world.now));
  const mac = sound('mac', readMac(policy, question.mac ?? ''));
  const sport = sound('sourcePort', readSourcePort(question.sourcePort ?? ''));
  const there = { ...world, now: now ?? world.now };
  const known: Known = { policy, world: there, steps: stepsOf(policy, there), seen };
  const senders = sound('from', readSenders(known, question.from.trim(), mac?.mac ?? null));
  const places = sound('to', readPlaces(known, question.to.trim()));
  const service = sound('service', readService(policy, question.service.trim()));
  if (senders !== null && places !== null && !sameFamily(senders, places))
    sound('to', 'Sender and destination are of two families: one is IPv4, the other IPv6.');
  if (senders === null || places === null || service === null || sport === null || problems.length > 0)
    return { ok: false, problems };
  return { ok: true, value: { senders, places, service, sport: sport.port, world: places.world } };
};

const readMoment = (policy: Policy, text: string, now: number): number | string => {
  if (text.trim() === '') return now;
  return (
    readClock(policy.network.timezone, text) ??
    `“${text}” is no moment. Write it like 2026-11-20T22:30, in the box’s time zone (${policy.network.timezone}).`
  );
};

const readMac = (policy: Policy, text: string): { mac: string | null } | string => {
  const wanted = text.trim();
  const named = allAddresses(policy).find(({ name }) => sameName(name, wanted))?.value ?? wanted;
  if (wanted === '') return { mac: null };
  return isMac(named) ? { mac: normalMac(named) } : `“${wanted}” is no MAC address. Write it like 00:16:3e:12:34:56.`;
};

const readSourcePort = (text: string): { port: number | null } | string => {
  if (text.trim() === '') return { port: null };
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? { port } : `“${text}” is no port. Write a number from 1 to 65535.`;
};

/** `tcp/25`, `udp/53`, `tcp/8000-8080`, `icmp/8`, `icmp/3/1`, a protocol's name or number, a service or a group of services. */
const readService = (policy: Policy, text: string): Posed['service'] | string => {
  const [word = '', ...rest] = text.toLowerCase().split('/');
  const detail = rest.join('/');
  if (rest.length > 0 && (word === 'tcp' || word === 'udp')) {
    const ports = parsePorts(detail);
    return ports === null
      ? `“${detail}” is no port. Write a number from 1 to 65535: ${word}/25.`
      : { label: `${word.toUpperCase()} ${detail}`, matches: [{ protocol: word, ports }] };
  }
  if (rest.length > 0 && (word === 'icmp' || word === 'icmpv6'))
    return isIcmpType(detail)
      ? {
          label: `${word === 'icmp' ? 'ICMP' : 'ICMPv6'} type ${detail}`,
          matches: [{ protocol: word, types: [parseIcmpType(detail)], invert: false }],
        }
      : `“${detail}” is no ICMP type. Write its number, or type/code: ${word}/8.`;
  return namedService(policy, text) ?? wholeProtocol(text);
};

const namedService = (policy: Policy, text: string): Posed['service'] | null => {
  const service = allServices(policy).find(({ name }) => sameName(name, text));
  if (service !== undefined) return { label: service.name, matches: serviceMatches(service) };
  const named = (wanted: string) => policy.serviceGroups.find(({ name }) => sameName(name, wanted));
  const group = named(text) ?? named(text.replace(/ \(group\)$/, ''));
  if (group === undefined) return null;
  return { label: group.name, matches: resolveService(policy, { kind: 'group', name: group.name, invert: false }) };
};

const wholeProtocol = (text: string): Posed['service'] | string => {
  const number = protocolNumber(text);
  if (number === null)
    return text === ''
      ? 'Write a service: tcp/25, udp/53, icmp/8, gre, or the name of one.'
      : `Nothing is called “${text}”. Write tcp/25, udp/53, icmp/8, gre, or the name of a service.`;
  if (number === TCP || number === UDP) {
    const word = number === TCP ? 'tcp' : 'udp';
    return `Write the port, too: ${word}/${number === TCP ? 25 : 53}.`;
  }
  if (number === ICMP || number === ICMP6)
    return {
      label: number === ICMP ? 'ICMP' : 'ICMPv6',
      matches: [{ protocol: number === ICMP ? 'icmp' : 'icmpv6', types: null, invert: false }],
    };
  return { label: protocolName(number), matches: [{ protocol: 'number', number }] };
};

const sameFamily = ({ hosts }: Side<Sender>, places: Side<string>): boolean =>
  hosts.some(({ from }) => places.hosts.some((to) => to === 'greengate' || isV6(to) === isV6(from)));

const isV6 = (address: string): boolean => address.includes(':');
