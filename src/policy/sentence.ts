import { allServices } from './builtin.ts';
import { inPorts } from './matches.ts';
import { membersOf, resolveMatches, sameName } from './resolve.ts';
import type { Destination, Frame, Limit, Policy, Rule, ServiceRef, Source } from './schema.ts';

/**
 * A rule as one English sentence: "MailAccess may reach any address outside by MailingServices (SMTP, POP3), on weekdays from 08:00
 * to 17:00." An expiry is told apart: it needs a clock.
 */
export const ruleSentence = (policy: Policy, rule: Rule): string => {
  const logged = rule.log && rule.action !== 'log' ? ', and each new connection is logged' : '';
  const words = `${sourceWords(rule)} ${actionWords(rule)} ${destinationName(rule.destination)}${serviceWords(policy, rule)}`;
  const frame = rule.frame === null ? '' : `, ${frameWords(rule.frame)}`;
  const limit = rule.limit === null ? '' : `, ${limitWords(rule.limit)}`;
  return `${words}${frame}${limit}${logged}.`;
};

/** A time frame in words: "on Mon, Tue and Fri from 22:00 to 06:00 of the next day". */
export const frameWords = ({ days, start, end }: Frame): string => {
  const when =
    start === end
      ? start === '00:00'
        ? ''
        : ` from ${start} for 24 hours`
      : ` from ${start} to ${end}${end < start ? ' of the next day' : ''}`;
  if (days.kind === 'month')
    return `${days.from === days.to ? `on day ${days.from}` : `from day ${days.from} to ${days.to}`} of the month${when === '' ? '' : `,${when}`}`;
  return `${weekdayWords(days.days)}${when}`;
};

/** A match limit in words: "limited to 10 connections a minute (burst 5), the log only". */
export const limitWords = ({ for: what, rate, per, burst }: Limit): string => {
  const limit = `${rate} ${rate === 1 ? 'connection' : 'connections'} ${per === 'hour' ? 'an' : 'a'} ${per} (burst ${burst})`;
  if (what === 'log') return `of which at most ${limit} are logged`;
  return `up to ${limit}${what === 'both' ? ', log included' : ''}; beyond that the next rules decide`;
};

/** Who a rule is about: `Any host on GREEN`, `Mail room`, `Every host on GREEN but Kiosk`. */
export const sourceName = (source: Source): string => {
  if (source.kind === 'any') return 'Any host on GREEN';
  const name = source.kind === 'typed' ? source.value : source.name;
  return source.invert ? `Every host on GREEN but ${name}` : name;
};

/** Where to: `Greengate itself`, `any address outside`, `everything but 10.0.0.0/8 outside`. */
export const destinationName = (destination: Destination): string => {
  if (destination.kind === 'greengate') return 'Greengate itself';
  if (destination.kind === 'any') return 'any address outside';
  return `${notIf(destination, destination.kind === 'typed' ? destination.value : destination.name)} outside`;
};

/** What a rule is about: `any service`, `SMTP (TCP 25)`, `every service but MailingServices (SMTP, POP3)`. */
export const serviceName = (policy: Policy, service: ServiceRef): string => {
  if (service.kind === 'any') return 'any service';
  const but = service.invert ? 'every service but ' : '';
  if (service.kind === 'service') {
    const found = allServices(policy).find((one) => sameName(one.name, service.name));
    const ports = found?.ports
      ? ` (${found.protocol.toUpperCase()} ${found.invertPorts ? 'all ports but ' : ''}${found.ports})`
      : '';
    return `${but}${service.name}${ports}`;
  }
  const names = membersOf(policy.serviceGroups, service.name);
  return `${but}${service.name} (${names.slice(0, 8).join(', ')}${names.length > 8 ? `, and ${names.length - 8} more` : ''})`;
};

/** What a rule means beyond its words, one sentence each: the proxy fetches for others, a rule that is off … */
export const ruleNotes = (policy: Policy, rule: Rule): string[] => {
  const notes: string[] = [];
  if (!rule.enabled) notes.push('The rule is switched off: it does nothing until it is enabled.');
  if (rule.action === 'accept' && reachesProxy(policy, rule)) {
    notes.push(
      `${sourceWords(rule)} may reach any web site through the proxy, whatever the other rules say about ports 80 and 443.`,
    );
  }
  if (rule.action === 'accept' && reachesPort(policy, rule, policy.settings.uiPort)) {
    notes.push('The rule opens this user interface to more than the Admin MAC.');
  }
  return [...notes, ...inversionNotes(rule)];
};

const inversionNotes = (rule: Rule): string[] => {
  if (rule.action !== 'accept') return [];
  const opens = (what: string, open: string) =>
    `${what} is inverted: the rule opens ${open}, also what nobody thought of.`;
  const { source, destination, service } = rule;
  return [
    ...('invert' in source && source.invert ? [opens('The source', 'the way for every host but these')] : []),
    ...('invert' in destination && destination.invert
      ? [opens('The destination', 'the way to every address but these')]
      : []),
    ...('invert' in service && service.invert ? [opens('The service', 'every port and protocol but these')] : []),
    ...(rule.invertSourcePorts ? [opens('The source port', 'the way from every port but these')] : []),
  ];
};

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

const weekdayWords = (days: number[]): string => {
  if (days.length === 7) return 'every day';
  if (days.join() === '1,2,3,4,5') return 'on weekdays';
  if (days.join() === '0,6') return 'on Saturday and Sunday';
  const names = days.map((day) => weekdays[day] ?? '');
  return `on ${names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`}`;
};

const notIf = (ref: { invert?: boolean }, text: string): string => (ref.invert ? `everything but ${text}` : text);

const sourceWords = ({ source, sourcePorts, invertSourcePorts }: Rule): string => {
  const ports =
    sourcePorts === '' ? '' : ` from ${invertSourcePorts ? 'source ports other than' : 'source port'} ${sourcePorts}`;
  return `${sourceName(source)}${ports}`;
};

const actionWords = ({ action, destination }: Rule): string => {
  const verb = destination.kind === 'greengate' ? 'use' : 'reach';
  if (action === 'accept') return `may ${verb}`;
  if (action === 'log') return `is logged (and left to the next rules) on its way to ${verb}`;
  return action === 'drop' ? `may not ${verb} (silently dropped)` : `may not ${verb} (rejected)`;
};

const serviceWords = (policy: Policy, { service }: Rule): string => ` by ${serviceName(policy, service)}`;

const reachesProxy = (policy: Policy, rule: Rule): boolean =>
  policy.proxy.enabled && reachesPort(policy, rule, policy.proxy.port);

const reachesPort = (policy: Policy, rule: Rule, port: number): boolean =>
  rule.destination.kind === 'greengate' &&
  resolveMatches(policy, rule).some(
    (match) =>
      match.protocol === 'any' ||
      (match.protocol === 'except' && !match.numbers.includes(6)) ||
      (match.protocol === 'tcp' && inPorts(match.ports, port)),
  );
