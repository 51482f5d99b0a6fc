import type { Policy, Rule } from './schema.ts';

/** Another rule that says exactly the same: who, where to, what, action, limit and time frame. The enabled ones first. */
export const sameRule = (policy: Policy, rule: Rule): { rule: Rule; number: number } | undefined => {
  const said = saying(rule);
  const found = policy.rules
    .map((other, index) => ({ rule: other, number: index + 1 }))
    .filter(({ rule: other }) => other.id !== rule.id && saying(other) === said && outlasts(other, rule));
  return found.find((one) => one.rule.enabled) ?? found[0];
};

/** Of rules that say exactly the same, all but the first, by id, each with the first one above that lasts as long. */
export const duplicates = (rules: readonly Rule[]): Map<string, Rule> => {
  const firsts = new Map<string, Rule[]>();
  const found = new Map<string, Rule>();
  for (const rule of rules) {
    const said = saying(rule);
    const twins = firsts.get(said) ?? [];
    const twin = twins.find((one) => outlasts(one, rule));
    if (twin !== undefined) found.set(rule.id, twin);
    firsts.set(said, [...twins, rule]);
  }
  return found;
};

/** Names are the same in any case. */
const saying = ({ source, destination, service, ...rule }: Rule): string =>
  JSON.stringify([
    lower(source),
    lower(destination),
    lower(service),
    rule.sourcePorts,
    rule.invertSourcePorts,
    rule.action,
    rule.limit,
    rule.frame,
  ]);

const lower = (ref: Rule['source'] | Rule['destination'] | Rule['service']): unknown[] => {
  const {
    kind,
    name = '',
    value = '',
    invert = false,
  } = ref as { kind: string; name?: string; value?: string; invert?: boolean };
  return [kind, name.toLowerCase(), value, invert];
};

/** A rule that ends before this one does not make it superfluous. */
const outlasts = (other: Rule, rule: Rule): boolean =>
  other.expires === null || (rule.expires !== null && other.expires >= rule.expires);
