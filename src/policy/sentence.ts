import { allServices } from './builtin.ts';
import { resolveService, sameName } from './resolve.ts';
import type { Policy, Rule } from './schema.ts';

/** A rule as one English sentence: "MailAccess may reach any address outside by MailingServices (SMTP, POP3)." */
export const ruleSentence = (policy: Policy, rule: Rule): string => {
  const logged = rule.log ? ', and each new connection is logged' : '';
  return `${sourceWords(rule)} ${actionWords(rule)} ${destinationWords(rule)}${serviceWords(policy, rule)}${logged}.`;
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
  return notes;
};

const sourceWords = ({ source }: Rule): string =>
  source.kind === 'any' ? 'Any host on GREEN' : source.kind === 'typed' ? source.value : source.name;

const actionWords = ({ action, destination }: Rule): string => {
  const verb = destination.kind === 'greengate' ? 'use' : 'reach';
  if (action === 'accept') return `may ${verb}`;
  return action === 'drop' ? `may not ${verb} (silently dropped)` : `may not ${verb} (rejected)`;
};

const destinationWords = ({ destination }: Rule): string => {
  if (destination.kind === 'greengate') return 'Greengate itself';
  if (destination.kind === 'any') return 'any address outside';
  return destination.kind === 'typed' ? `${destination.value} outside` : `${destination.name} outside`;
};

const serviceWords = (policy: Policy, { service }: Rule): string => {
  if (service.kind === 'any') return ' by any service';
  if (service.kind === 'service') {
    const found = allServices(policy).find((one) => sameName(one.name, service.name));
    const ports = found?.ports ? ` (${found.protocol.toUpperCase()} ${found.ports})` : '';
    return ` by ${service.name}${ports}`;
  }
  const group = policy.serviceGroups.find((one) => sameName(one.name, service.name));
  const names = group?.members.filter((one) => one.enabled).map((one) => one.name) ?? [];
  return ` by ${service.name} (${names.slice(0, 8).join(', ')}${names.length > 8 ? `, and ${names.length - 8} more` : ''})`;
};

const reachesProxy = (policy: Policy, rule: Rule): boolean =>
  policy.proxy.enabled && reachesPort(policy, rule, policy.proxy.port);

const reachesPort = (policy: Policy, rule: Rule, port: number): boolean =>
  rule.destination.kind === 'greengate' &&
  resolveService(policy, rule.service).some(
    (match) =>
      match.protocol === 'any' ||
      (match.protocol === 'tcp' && match.ports.some(([from, to]) => from <= port && port <= to)),
  );
