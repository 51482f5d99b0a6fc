import { hasPort } from '../policy/ports.ts';
import { resolveService } from '../policy/resolve.ts';
import type { Policy, Rule } from '../policy/schema.ts';
import { ruleNotes } from '../policy/sentence.ts';

/** What the review of a rule says beyond its sentence: consequences that the form does not show. */
export const reviewNotes = (policy: Policy, rule: Rule): string[] => [
  ...ruleNotes(policy, rule),
  ...proxyOffNotes(policy, rule),
  ...openNotes(rule),
  ...(rule.log ? ['Each match is written to the firewall log.'] : []),
  ...(policy.settings.enabled ? [] : ['BOT is off: rules work once you enable it.']),
];

/** Does the rule speak of the proxy's port on the box? */
export const reachesProxy = (policy: Policy, rule: Rule): boolean =>
  rule.destination.kind === 'greengate' &&
  resolveService(policy, rule.service).some(
    (match) => match.protocol === 'any' || (match.protocol === 'tcp' && hasPort(match.ports, policy.proxy.port)),
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
