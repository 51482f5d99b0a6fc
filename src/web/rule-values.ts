import type { Policy, Rule } from '../policy/schema.ts';
import { take } from './form.ts';
import { hostText, readHost, readService, serviceRefText } from './picks.ts';
import { expiryValues } from './rule-expiry.ts';

/** The fields of the rule form. Who, where and what are each a choice, a picker, and the fields of what is made on the spot. */
export const ruleFields = [
  'source',
  'sourcePick',
  'sourceInvert',
  'sourceAddressName',
  'sourceAddressValue',
  'sourceGroupName',
  'sourceGroupMembers',
  'sourcePorts',
  'invertSourcePorts',
  'destination',
  'destinationPick',
  'destinationInvert',
  'destinationAddressName',
  'destinationAddressValue',
  'destinationGroupName',
  'destinationGroupMembers',
  'service',
  'servicePick',
  'serviceInvert',
  'serviceNewName',
  'serviceNewProtocol',
  'serviceNewPorts',
  'serviceNewIcmp',
  'serviceGroupName',
  'serviceGroupMembers',
  'action',
  'enabled',
  'log',
  'remark',
  'heading',
  'expiry',
  'expiryDate',
  'expiryTime',
  'expiresWas',
  'position',
  'limitFor',
  'limitRate',
  'limitPer',
  'limitBurst',
  'frame',
  'day0',
  'day1',
  'day2',
  'day3',
  'day4',
  'day5',
  'day6',
  'monthFrom',
  'monthTo',
  'frameStart',
  'frameEnd',
] as const;

export type RuleValues = Record<(typeof ruleFields)[number], string>;

const advancedDefaults = {
  limitRate: '10',
  limitPer: 'minute',
  limitBurst: '5',
  day1: 'on',
  day2: 'on',
  day3: 'on',
  day4: 'on',
  day5: 'on',
  monthFrom: '1',
  monthTo: '31',
  frameStart: '08:00',
  frameEnd: '17:00',
};

/** What New Rule begins with. `position` counts from 1; empty means last. */
export const emptyRule: RuleValues = {
  ...(Object.fromEntries(ruleFields.map((name) => [name, ''])) as RuleValues),
  source: 'any',
  destination: 'any',
  service: 'pick',
  serviceNewProtocol: 'tcp',
  action: 'accept',
  enabled: 'on',
  ...advancedDefaults,
};

/** What a form sent; where it did not show advanced parts, these are as New Rule has them. */
export const readRule = (fields: URLSearchParams): RuleValues => ({
  ...take(fields, ruleFields),
  ...(fields.has('limitFor') ? {} : advancedDefaults),
});

/** The form of an existing rule. Moments are shown in `zone`. */
export const valuesOfRule = (policy: Policy, rule: Rule, zone: string): RuleValues => ({
  ...emptyRule,
  ...hostValues(policy, rule, 'source'),
  ...hostValues(policy, rule, 'destination'),
  ...(rule.service.kind === 'any'
    ? { service: 'any' }
    : { service: 'pick', servicePick: serviceRefText(policy, rule.service), serviceInvert: tick(rule.service.invert) }),
  sourcePorts: rule.sourcePorts,
  invertSourcePorts: tick(rule.invertSourcePorts),
  action: rule.action,
  enabled: tick(rule.enabled),
  log: tick(rule.log),
  remark: rule.remark,
  heading: rule.heading,
  ...expiryValues(rule.expires, zone),
  ...limitValues(rule),
  ...frameValues(rule),
});

/** The rule that a form describes, not yet parsed; its end is the caller's, for it needs a clock. */
export const ruleOf = (policy: Policy, values: RuleValues, expires: number | null): Record<string, unknown> => ({
  enabled: values.enabled === 'on',
  source: hostOf(policy, values, 'source'),
  sourcePorts: values.sourcePorts,
  invertSourcePorts: values.invertSourcePorts === 'on',
  destination: hostOf(policy, values, 'destination'),
  service: serviceOf(policy, values),
  action: values.action,
  log: values.log === 'on',
  limit: limitOf(values),
  frame: frameOf(values),
  expires,
  heading: values.heading,
  remark: values.remark,
});

/** Does the form say anything that only advanced mode offers? */
export const isAdvanced = (values: RuleValues): boolean => advancedFields.some((field) => values[field] !== '');

const advancedFields = [
  'sourceInvert',
  'destinationInvert',
  'serviceInvert',
  'sourcePorts',
  'invertSourcePorts',
  'limitFor',
  'frame',
] as const;

type Side = 'source' | 'destination';

const tick = (on: boolean): string => (on ? 'on' : '');

const hostOf = (policy: Policy, values: RuleValues, side: Side): unknown => {
  const kind = values[side];
  const invert = values[`${side}Invert`] === 'on';
  if (kind === 'pick') return { ...readHost(policy, values[`${side}Pick`]), invert };
  if (kind === 'newAddress') return { kind: 'address', name: values[`${side}AddressName`].trim(), invert };
  if (kind === 'newGroup') return { kind: 'group', name: values[`${side}GroupName`].trim(), invert };
  return { kind };
};

const serviceOf = (policy: Policy, values: RuleValues): unknown => {
  const { service: kind } = values;
  const invert = values.serviceInvert === 'on';
  if (kind === 'pick') return { ...readService(policy, values.servicePick), invert };
  if (kind === 'newService') return { kind: 'service', name: values.serviceNewName.trim(), invert };
  if (kind === 'newGroup') return { kind: 'group', name: values.serviceGroupName.trim(), invert };
  return { kind };
};

const hostValues = (policy: Policy, rule: Rule, side: Side): Partial<RuleValues> => {
  const ref = rule[side];
  if (ref.kind === 'any' || ref.kind === 'greengate') return { [side]: ref.kind };
  return { [side]: 'pick', [`${side}Pick`]: hostText(policy, ref), [`${side}Invert`]: tick(ref.invert) };
};

const limitOf = ({ limitFor, limitRate, limitPer, limitBurst }: RuleValues): unknown =>
  limitFor === '' ? null : { for: limitFor, rate: limitRate, per: limitPer, burst: limitBurst };

const limitValues = ({ limit }: Rule): Partial<RuleValues> =>
  limit === null
    ? {}
    : { limitFor: limit.for, limitRate: String(limit.rate), limitPer: limit.per, limitBurst: String(limit.burst) };

const frameOf = (values: RuleValues): unknown => {
  const { frame, frameStart: start, frameEnd: end, monthFrom: from, monthTo: to } = values;
  if (frame === '') return null;
  const days = weekdays.filter((day) => values[`day${day}`] === 'on');
  return { days: frame === 'month' ? { kind: 'month', from, to } : { kind: frame, days }, start, end };
};

const weekdays = [0, 1, 2, 3, 4, 5, 6] as const;

const frameValues = ({ frame }: Rule): Partial<RuleValues> => {
  if (frame === null) return {};
  const { days } = frame;
  const chosen =
    days.kind === 'month'
      ? { monthFrom: String(days.from), monthTo: String(days.to) }
      : Object.fromEntries(weekdays.map((day) => [`day${day}`, tick(days.days.includes(day))]));
  return { ...chosen, frame: days.kind, frameStart: frame.start, frameEnd: frame.end };
};
