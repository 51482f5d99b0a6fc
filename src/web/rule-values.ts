import type { Problem } from '../policy/problem.ts';
import type { Rule } from '../policy/schema.ts';
import { type Faults, faultsOf } from './form.ts';

/** The fields of the rule form. Each of who, where and what is a choice of kind plus one field for each kind. */
export const ruleFields = [
  'source',
  'sourceAddress',
  'sourceGroup',
  'sourceTyped',
  'destination',
  'destinationAddress',
  'destinationGroup',
  'destinationTyped',
  'service',
  'serviceName',
  'serviceGroup',
  'action',
  'enabled',
  'log',
  'remark',
  'position',
] as const;

export type RuleValues = Record<(typeof ruleFields)[number], string>;

/** What New Rule begins with. */
export const emptyRule: RuleValues = {
  source: 'any',
  sourceAddress: '',
  sourceGroup: '',
  sourceTyped: '',
  destination: 'any',
  destinationAddress: '',
  destinationGroup: '',
  destinationTyped: '',
  service: 'service',
  serviceName: '',
  serviceGroup: '',
  action: 'accept',
  enabled: 'on',
  log: '',
  remark: '',
  position: '',
};

/** The form of an existing rule. */
export const valuesOfRule = ({ source, destination, service, ...rule }: Rule): RuleValues => ({
  ...emptyRule,
  ...hostValues('source', source),
  ...hostValues('destination', destination),
  service: service.kind,
  serviceName: service.kind === 'service' ? service.name : '',
  serviceGroup: service.kind === 'group' ? service.name : '',
  action: rule.action,
  enabled: rule.enabled ? 'on' : '',
  log: rule.log ? 'on' : '',
  remark: rule.remark,
});

/** The rule that a form describes, not yet parsed. */
export const ruleOf = (values: RuleValues): unknown => ({
  enabled: values.enabled === 'on',
  source: hostOf(values, 'source'),
  destination: hostOf(values, 'destination'),
  service:
    values.service === 'any'
      ? { kind: 'any' }
      : { kind: values.service, name: values.service === 'group' ? values.serviceGroup : values.serviceName },
  action: values.action,
  log: values.log === 'on',
  remark: values.remark,
});

/** The problems of a rule beside their fields: who, where and what point at the field of the chosen kind. */
export const ruleFaults = (outcome: { at: string; problems: Problem[] }, values: RuleValues): Faults => {
  const faults = faultsOf(outcome, (place) => fieldOfRulePlace(place, values));
  for (const [field, message] of Object.entries(unchosen)) {
    if (faults.fields[field] !== undefined && values[field as keyof RuleValues] === '') faults.fields[field] = message;
  }
  return faults;
};

/** What a field says that was left empty: the policy would only ask for a name. */
const unchosen = {
  sourceAddress: 'Choose an address.',
  sourceGroup: 'Choose an address group.',
  destinationAddress: 'Choose an address.',
  destinationGroup: 'Choose an address group.',
  serviceName: 'Choose a service.',
  serviceGroup: 'Choose a service group.',
};

const fieldOfRulePlace = (place: string, values: RuleValues): string | undefined => {
  const [part = ''] = place.split('/');
  if (part === 'source' || part === 'destination') {
    const suffix = { address: 'Address', group: 'Group', typed: 'Typed' }[values[part]];
    return suffix === undefined ? part : `${part}${suffix}`;
  }
  if (part === 'service') return { service: 'serviceName', group: 'serviceGroup' }[values.service] ?? 'service';
  return (ruleFields as readonly string[]).includes(part) ? part : undefined;
};

type Side = 'source' | 'destination';

const hostOf = (values: RuleValues, side: Side): unknown => {
  const kind = values[side];
  if (kind === 'address') return { kind, name: values[`${side}Address`] };
  if (kind === 'group') return { kind, name: values[`${side}Group`] };
  if (kind === 'typed') return { kind, value: values[`${side}Typed`] };
  return { kind };
};

const hostValues = (side: Side, ref: Rule['source'] | Rule['destination']): Partial<RuleValues> => {
  if (ref.kind === 'address') return { [side]: ref.kind, [`${side}Address`]: ref.name };
  if (ref.kind === 'group') return { [side]: ref.kind, [`${side}Group`]: ref.name };
  if (ref.kind === 'typed') return { [side]: ref.kind, [`${side}Typed`]: ref.value };
  return { [side]: ref.kind };
};
