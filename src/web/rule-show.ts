import type { Context } from 'koa';
import type { Edit } from '../policy/edit.ts';
import type { Policy, Rule } from '../policy/schema.ts';
import { ruleSentence } from '../policy/sentence.ts';
import { can, tokenOf, type Web } from './context.ts';
import { effectsOf } from './effects.ts';
import { type Faults, formOf } from './form.ts';
import { formatTime } from './format.ts';
import { type Status, showPage } from './frame.ts';
import { icmp6Types, icmpTypes } from './icmp.ts';
import { embedded } from './pick-search.ts';
import { hostChoices, type Lease, OWN_SET, serviceChoices } from './picks.ts';
import { type Clock, expiryOptions } from './rule-expiry.ts';
import { makesOf } from './rule-makes.ts';
import { reviewNotes } from './rule-notes.ts';
import { isAdvanced, type RuleValues, ruleFields } from './rule-values.ts';
import { protocolChoices } from './service-values.ts';
import type { Piece } from './words.ts';

/** What one request finds on the box. `rule` is the one that is edited, as it is now; `seen` is its mark, `id` that of the page. */
export type Round = {
  policy: Policy;
  revision: number;
  status: Status;
  clock: Clock;
  id: string | undefined;
  rule: Rule | undefined;
  seen: string;
};

/** A rule that is there already, by its id and number. */
export type Same = { id: string; number: number };

/** With more rules than this, the place of one is typed as a number instead of chosen from a list. */
const LISTED = 200;

/** The form, with what was typed and what is wrong with it. */
export const showRuleForm = async (
  web: Web,
  ctx: Context,
  round: Round,
  { values, faults, same }: { values: RuleValues; faults: Faults; same?: Same },
): Promise<void> => {
  const { policy, id, rule } = round;
  const others = othersOf(round);
  const title = id === undefined || rule === undefined ? 'New rule' : can(ctx, 'administer') ? 'Edit rule' : 'Rule';
  const services = serviceChoices(policy);
  const toBox = values.destination === 'greengate';
  await showPage(web, ctx, { title, nav: 'bot', status: round.status }, 'rule-form.njk', {
    form: formOf(values, faults),
    title,
    // A rule that somebody deleted meanwhile goes on as a new one.
    target: id !== undefined && rule === undefined ? '/firewall/bot/rules/new' : '',
    revision: round.revision,
    seen: round.seen,
    same: same ?? null,
    hosts: embedded(hostChoices(policy, await leasesOf(web, ctx)), { list: 'hosts' }),
    services: embedded(
      toBox ? services.toSorted((a, b) => Number(b.set === OWN_SET) - Number(a.set === OWN_SET)) : services,
      { list: 'services' },
    ),
    headings: [...new Set(policy.rules.map(({ heading }) => heading).filter((text) => text !== ''))],
    positions: others.length > LISTED ? [] : others.map((other) => ruleLabel(policy, other)),
    count: others.length,
    expiryOptions,
    zone: policy.network.timezone,
    advanced: policy.settings.advancedMode || isAdvanced(values),
    advancedMode: policy.settings.advancedMode,
    protocols: protocolChoices.filter(({ value }) => value !== 'other'),
    icmpTypes: [...icmpTypes, ...icmp6Types],
    weekdays,
    ...limitOptions,
  });
};

export type Reviewed = { values: RuleValues; policy: Policy; rule: Rule; changes: string[]; edit: Edit };

/** The review speaks of the rule as it will be kept, after parsing: addresses in one spelling, names followed. */
export const showRuleReview = async (
  web: Web,
  ctx: Context,
  round: Round,
  { values, policy, rule, changes, edit }: Reviewed,
): Promise<void> => {
  const { zone, now } = round.clock;
  const place = policy.rules.indexOf(rule);
  const next = policy.rules[place + 1];
  await showPage(web, ctx, { title: 'Review rule', nav: 'bot', status: round.status }, 'rule-review.njk', {
    revision: round.revision,
    seen: round.seen,
    fields: ruleFields.map((name) => ({ name, value: values[name] })),
    sentence: isolated(ruleSentence(policy, rule), namesIn(rule)),
    until: rule.expires === null ? '' : `${formatTime(rule.expires, zone)} (${zone})`,
    notes: [...reviewNotes(policy, rule, now), ...unusedNotes(values)],
    changes,
    effects: await effectsOf(web, ctx, edit, round.revision),
    makes: makesOf(round.policy, values).map(({ what, name, detail }) => ({ what, name, detail })),
    action: rule.action,
    remark: rule.remark,
    heading: rule.heading,
    number: place + 1,
    before: next === undefined ? '' : ruleLabel(policy, next),
  });
};

/** The place from 0 that the form says, undefined for where it is or last; a sentence when it is none. */
export const positionOf = (round: Round, text: string): number | undefined | string => {
  if (text.trim() === '') return undefined;
  const last = othersOf(round).length + 1;
  const number = /^\d{1,6}$/.test(text.trim()) ? Number(text) : 0;
  return number >= 1 && number <= last ? number - 1 : `Not a place in the list. Write a number from 1 to ${last}.`;
};

const othersOf = ({ policy, id }: Round): Rule[] => policy.rules.filter((one) => one.id !== id);

/** What the network shows is a help only: without it the form works as well. */
export const leasesOf = async (web: Web, ctx: Context): Promise<Lease[]> =>
  web.agent('leases.get', {}, tokenOf(ctx)).then(
    ({ leases }) => leases,
    () => [],
  );

const ruleLabel = (policy: Policy, rule: Rule): string => {
  const text = rule.remark || ruleSentence(policy, rule);
  return text.length > 70 ? `${text.slice(0, 69)}…` : text;
};

/** What was typed beside another choice, and is not used: without script nothing shows that. */
const unusedNotes = (values: RuleValues): string[] =>
  (['source', 'destination', 'service'] as const).flatMap((side) => {
    const [kind, text] = [values[side], values[`${side}Pick`].trim()];
    return text === '' || kind === 'pick'
      ? []
      : [`“${text}” was typed as well and is not used: another choice is marked.`];
  });

const namesIn = ({ source, destination, service }: Rule): string[] =>
  [source, destination, service].flatMap((ref) => ('name' in ref ? [ref.name] : 'value' in ref ? [ref.value] : []));

/** A sentence in pieces, the names set apart: they may be long, in any script and from any hand. */
const isolated = (sentence: string, names: string[]): Piece[] => {
  const [name, ...rest] = names.toSorted((a, b) => b.length - a.length);
  if (name === undefined) return [{ text: sentence, name: false }];
  return sentence
    .split(name)
    .flatMap((part, index): Piece[] => [
      ...(index === 0 ? [] : [{ text: name, name: true }]),
      ...(part === '' ? [] : isolated(part, rest)),
    ]);
};

const weekdays = [
  { value: 'day1', label: 'Mon' },
  { value: 'day2', label: 'Tue' },
  { value: 'day3', label: 'Wed' },
  { value: 'day4', label: 'Thu' },
  { value: 'day5', label: 'Fri' },
  { value: 'day6', label: 'Sat' },
  { value: 'day0', label: 'Sun' },
];

const limitOptions = {
  limitKinds: [
    { value: '', label: 'no limit' },
    { value: 'log', label: 'for logging' },
    { value: 'action', label: 'for the action' },
    { value: 'both', label: 'for both' },
  ],
  limitUnits: ['second', 'minute', 'hour', 'day'].map((value) => ({
    value,
    label: `a ${value}`.replace('a h', 'an h'),
  })),
  frameKinds: [
    { value: '', label: 'always' },
    { value: 'week', label: 'on days of the week' },
    { value: 'month', label: 'on days of the month' },
  ],
};
