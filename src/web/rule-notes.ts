import { inPorts } from '../policy/matches.ts';
import { TCP } from '../policy/protocols.ts';
import { resolveMatches } from '../policy/resolve.ts';
import { sameRule } from '../policy/same-rule.ts';
import type { Policy, Rule } from '../policy/schema.ts';
import { ruleNotes } from '../policy/sentence.ts';

/** What the review of a rule says beyond its sentence: consequences that the form does not show. `now`: seconds since the epoch. */
export const reviewNotes = (policy: Policy, rule: Rule, now: number): string[] => [
  ...ruleNotes(policy, rule),
  ...proxyOffNotes(policy, rule),
  ...openNotes(rule),
  ...sameNotes(policy, rule),
  ...(rule.expires !== null && rule.expires <= now ? ['The rule has expired: it does nothing any more.'] : []),
  ...(policy.settings.enabled ? [] : ['BOT is off: rules work once you enable it.']),
];

/** Does the rule speak of the proxy's port on the box? */
export const reachesProxy = (policy: Policy, rule: Rule): boolean =>
  rule.destination.kind === 'greengate' &&
  resolveMatches(policy, rule).some(
    (match) =>
      match.protocol === 'any' ||
      (match.protocol === 'except' && !match.numbers.includes(TCP)) ||
      (match.protocol === 'tcp' && inPorts(match.ports, policy.proxy.port)),
  );

const proxyOffNotes = (policy: Policy, rule: Rule): string[] =>
  rule.action === 'accept' && !policy.proxy.enabled && rule.service.kind !== 'any' && reachesProxy(policy, rule)
    ? ['This is the port of the proxy. The proxy is off, so nothing answers there now.']
    : [];

const openNotes = (rule: Rule): string[] =>
  rule.action === 'accept' &&
  rule.source.kind === 'any' &&
  rule.destination.kind === 'any' &&
  rule.service.kind === 'any'
    ? ['This lets everything out: rules below it, and the default action, no longer deny anything that leaves.']
    : [];

const sameNotes = (policy: Policy, rule: Rule): string[] => {
  const same = sameRule(policy, rule);
  if (same === undefined) return [];
  return [`Rule ${same.number} says the same${same.rule.enabled ? '' : ', but is switched off'}.`];
};
