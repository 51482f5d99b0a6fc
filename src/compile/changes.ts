import type { Edit } from '../policy/edit.ts';
import { sameName } from '../policy/resolve.ts';
import type { Policy, Rule } from '../policy/schema.ts';
import { type Field, fieldOf, MOST, type Sides, type Variant } from './change-cells.ts';
import { exceptions, nothing, primary, type Signs, type Words } from './change-words.ts';
import type { World } from './judge.ts';

/**
 * What the rules that an edit touches change for whom, one sentence each, when BOT is on: "MailAccess may now also reach any address
 * outside by SMTP." Rules above that decide already are named. Exact as long as rules hold at all times; the others are named, too.
 */
export const changesOf = (before: Policy, after: Policy, edit: Edit, world: World): string[] => {
  const ids = [...new Set(touchedIds(before, after, edit))];
  if (ids.length > SEVERAL) return [];
  return [...new Set(ids.flatMap((id) => ruleChanges(before, after, id, world)))];
};

/** An edit of more rules than this is not taken apart. */
const SEVERAL = 5;

/** Lines of one answer. */
const LINES = 12;

const touchedIds = (before: Policy, after: Policy, edit: Edit): string[] => {
  if (edit.do === 'batch') return edit.edits.flatMap((one) => touchedIds(before, after, one));
  if (edit.do === 'deleteRule' || edit.do === 'moveRule' || edit.do === 'toggleRule') return [edit.id];
  if (edit.do !== 'saveRule') return [];
  if (edit.id !== undefined) return [edit.id];
  return after.rules.filter((rule) => !before.rules.some(({ id }) => id === rule.id)).map(({ id }) => id);
};

const ruleChanges = (before: Policy, after: Policy, id: string, world: World): string[] => {
  const [was, is] = [ruleOf(before, id), ruleOf(after, id)];
  if (was === undefined && is === undefined)
    return after.rules.some((rule) => rule.id === id) ? ['Nothing changes while the rule is switched off.'] : [];
  if ((was === undefined || was.action === 'log') && (is === undefined || is.action === 'log'))
    return ['It lets nothing through and stops nothing: it only writes to the log.'];
  const [now, once] = [steadied(after, id), steadied(before, id)];
  const touched = [
    { rule: is, policy: now },
    { rule: was, policy: once },
  ].filter((one): one is Variant => one.rule !== undefined && one.rule.action !== 'log');
  const field = fieldOf(
    once,
    now,
    touched.map(({ rule, policy }) => ({ rule: steady(rule), policy })),
    world,
  );
  if (field === null) return [`More than ${MOST} rules meet this one: what changes is not listed.`];
  const [first] = touched as [Variant];
  const found = touched.flatMap((one) => {
    const told = one === first ? null : field.sidesOf(first);
    return regionChanges(one, field, told, { rule: one.rule, before, after });
  });
  const when = timeWords(first.rule);
  const lines = found.length > LINES ? [...found.slice(0, LINES), `And ${found.length - LINES} more.`] : found;
  return [
    ...lines.map((line) => (when === '' ? line : `${when}: ${line}`)),
    ...timedNote(after, field),
    ...(field.sampled ? [sampledNote] : []),
  ];
};

const ruleOf = (policy: Policy, id: string): Rule | undefined =>
  policy.rules.find((rule) => rule.id === id && rule.enabled);

/** The rule in question is looked at as if it were in force and within its limit. */
const steady = (rule: Rule): Rule => ({ ...rule, frame: null, expires: null, limit: null });
const steadied = (policy: Policy, id: string): Policy => ({
  ...policy,
  rules: policy.rules.map((rule) => (rule.id === id ? steady(rule) : rule)),
});

const timeWords = ({ frame, limit, expires }: Rule): string => {
  if (frame !== null) return 'In its time frame';
  if (limit !== null && limit.for !== 'log') return 'Within its limit';
  return expires === null ? '' : 'Until it ends';
};

const sampledNote = 'It meets so many others that only samples were looked at.';

const timedNote = (policy: Policy, { timed }: Field): string[] => {
  const numbers = timed.map((rule) => policy.rules.indexOf(policy.rules.find(({ id }) => id === rule.id) as Rule) + 1);
  if (numbers.length === 0) return [];
  const one = numbers.length === 1;
  return [
    `${one ? 'Rule' : 'Rules'} ${numbers.slice(0, 8).join(', ')}${numbers.length > 8 ? ' …' : ''} ${one ? 'speaks' : 'speak'} of the same, but only at times or up to a limit: that is left out here.`,
  ];
};

/** Packets of one side of the rule, under the name that the owner knows. */
type Label = { name: string; has: boolean[] };

/** What changes among the packets that this variant of the rule means; `except` are those told of already. */
const regionChanges = (variant: Variant, field: Field, except: Sides | null, words: Words): string[] => {
  const { rule, policy } = variant;
  const sides = field.sidesOf(variant);
  const varied = (change: object) => field.sidesOf({ policy, rule: { ...rule, ...change } });
  const sources = labels(
    { groups: policy.addressGroups, single: 'address', any: 'Any host on GREEN', part: rule.source },
    (source) => varied({ source }).sources,
  );
  const services = labels(
    { groups: policy.serviceGroups, single: 'service', any: 'any service', part: rule.service },
    (service) => varied({ service }).services,
  );
  const rows: { source: string; service: string; signs: Signs }[] = [];
  for (const source of sources)
    for (const service of services) {
      const signs = signsOf(rule, field, { ...sides, sources: source.has, services: service.has }, except);
      if (signs.size > 0) rows.push({ source: source.name, service: service.name, signs });
    }
  if (rows.length === 0) return except === null ? ['The rule matches nothing now: what it names has no address.'] : [];
  if (except === null) {
    const never = nothing(
      words,
      rows.map(({ signs }) => signs),
    );
    if (never !== undefined) return [never];
  }
  return merged(rows).flatMap(({ sources: who, services: what, signs }) => {
    const main = primary(words, who, what, signs);
    if (main.length === 0 && except !== null) return [];
    return main.length > 0
      ? main.map((line) => `${line}${exceptions(words, signs)}.`)
      : [unchanged(words, who, what, signs)];
  });
};

const unchanged = (words: Words, who: string, what: string, signs: Signs): string =>
  `Nothing changes for ${/^(Any host on GREEN|Everybody but )/.test(who) ? who.charAt(0).toLowerCase() + who.slice(1) : who} by ${what}${exceptions(words, signs, true)}.`;

type Part = {
  groups: Policy['addressGroups'];
  single: 'address' | 'service';
  any: string;
  part: Rule['source'] | Rule['service'];
};

/** A group is told apart by its members, up to a dozen; everything else is one. */
const labels = ({ groups, single, any, part: ref }: Part, has: (ref: unknown) => boolean[]): Label[] => {
  const whole = { has: has(ref) };
  if (ref.kind === 'any') return [{ ...whole, name: any }];
  const but = ref.invert ? (single === 'address' ? 'Everybody but ' : 'everything but ') : '';
  if (ref.kind === 'typed' || ref.invert)
    return [{ ...whole, name: `${but}${ref.kind === 'typed' ? ref.value : ref.name}` }];
  const group = ref.kind === 'group' ? groups.find((one) => sameName(one.name, ref.name)) : undefined;
  const members = group?.members.filter((one) => one.enabled) ?? [];
  if (members.length === 0 || members.length > 12) return [{ ...whole, name: ref.name }];
  const kindOf = { object: single, group: 'group' };
  return members.map(({ name, kind }) => ({ name, has: has({ kind: kindOf[kind], name, invert: false }) }));
};

/** How the packets of a piece are decided before and after, as a set of words. */
const signsOf = (rule: Rule, field: Field, { sources, destinations, services }: Sides, except: Sides | null): Signs => {
  const signs: Signs = new Set();
  each(sources, (s) =>
    each(destinations, (d) => {
      if (
        isIpv6(field.points.sources[s]?.from ?? '') !== isIpv6(field.points.destinations[d] ?? '') &&
        field.points.destinations[d] !== 'greengate'
      )
        return;
      each(services, (v) => {
        const told = except?.sources[s] && except.destinations[d] && except.services[v];
        const [was, is] = [field.before(s, d, v), field.after(s, d, v)];
        if (told) {
          if (is.action === 'accept') signs.add('still');
          return;
        }
        const [could, can] = [was.action === 'accept', is.action === 'accept'];
        if (could !== can) signs.add(can ? 'gain' : 'lose');
        else if (is.id === rule.id && was.action !== is.action) signs.add(is.action === 'reject' ? 'told' : 'silent');
        else if (is.id !== rule.id)
          signs.add(`${can ? 'allows' : 'denies'} ${field.stays ? 'above' : 'anyway'} ${is.id}`);
        else signs.add(`${can ? 'allows' : 'denies'} before ${was.id}`);
      });
    }),
  );
  return signs;
};

const isIpv6 = (address: string): boolean => address.includes(':');

const each = (list: boolean[], visit: (index: number) => void): void => {
  for (const [index, has] of list.entries()) if (has) visit(index);
};

/** Services, then sources, of which the same is to be said are named together. */
const merged = (
  rows: { source: string; service: string; signs: Signs }[],
): { sources: string; services: string; signs: Signs }[] => {
  const keyOf = (signs: Signs) => [...signs].sort().join();
  const bySource = Map.groupBy(rows, ({ source, signs }) => JSON.stringify([source, keyOf(signs)]));
  const lines = [...bySource.values()].map((list) => ({
    source: list[0]?.source ?? '',
    services: listOf(list.map(({ service }) => service)),
    signs: list[0]?.signs ?? new Set(),
  }));
  const byRest = Map.groupBy(lines, ({ services, signs }) => JSON.stringify([services, keyOf(signs)]));
  return [...byRest.values()].map((list) => ({
    sources: listOf(list.map(({ source }) => source)),
    services: list[0]?.services ?? '',
    signs: list[0]?.signs ?? new Set(),
  }));
};

const listOf = (names: string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
