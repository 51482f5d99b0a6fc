import { type Line, quoted, same, turned } from './difference-words.ts';
import type { Policy, Rule } from './schema.ts';
import { destinationName, frameWords, limitWords, ruleSentence, serviceName, sourceName } from './sentence.ts';
import { clockWords } from './zones.ts';

/** What changes among the rules: which come, go, change, are switched, and which stand elsewhere than the others. */
export const ruleLines = (before: Policy, after: Policy): Line[] => {
  const old = new Map(before.rules.map((rule, index) => [rule.id, { rule, index }]));
  const fresh = new Set(after.rules.map(({ id }) => id));
  const moved = movedIds(after.rules.flatMap(({ id }) => old.get(id) ?? []));
  return [
    ...after.rules.flatMap((rule, index): Line[] => {
      const was = old.get(rule.id);
      const name = () => ruleName(rule, index);
      if (was === undefined)
        return [() => `${name()} is added${rule.enabled ? '' : ', switched off'}: ${ruleSentence(after, rule)}`];
      return [
        ...(was.rule.enabled === rule.enabled ? [] : [() => `${name()} is switched ${rule.enabled ? 'on' : 'off'}.`]),
        ...changeLines({ policy: before, rule: was.rule }, { policy: after, rule }, name),
        ...(moved.has(rule.id) ? [() => `${name()} moves here from place ${was.index + 1}.`] : []),
      ];
    }),
    ...before.rules.flatMap((rule, index): Line[] =>
      fresh.has(rule.id) ? [] : [() => `${ruleName(rule, index)} is removed: ${ruleSentence(before, rule)}`],
    ),
  ];
};

type Side = { policy: Policy; rule: Rule };

const changeLines = (before: Side, after: Side, name: Line): Line[] => {
  if (same({ ...before.rule, enabled: true }, { ...after.rule, enabled: true })) return [];
  const parts = () =>
    Object.values(fields)
      .filter(({ of }) => !same(of(before.rule), of(after.rule)))
      .map(({ what, words }) => turned(what, words(before), words(after)));
  return [() => `${name()}: ${parts().join('; ')}.`];
};

/** `of` is what must differ: a group's members, say, are told with the group. */
type Field = { what: string; of: (rule: Rule) => unknown; words: (side: Side) => string };

/** Every field has its words: one that comes to the schema does not compile before it has. */
const fields: Record<Exclude<keyof Rule, 'id' | 'enabled' | 'invertSourcePorts'>, Field> = {
  source: { what: 'the source', of: ({ source }) => source, words: ({ rule }) => sourceName(rule.source) },
  sourcePorts: {
    what: 'the source port',
    of: ({ sourcePorts, invertSourcePorts }) => [sourcePorts, invertSourcePorts],
    words: ({ rule: { sourcePorts, invertSourcePorts } }) =>
      sourcePorts === '' ? 'any' : `${invertSourcePorts ? 'any but ' : ''}${sourcePorts}`,
  },
  destination: {
    what: 'the destination',
    of: ({ destination }) => destination,
    words: ({ rule }) => destinationName(rule.destination),
  },
  service: {
    what: 'the service',
    of: ({ service }) => service,
    words: ({ policy, rule }) => serviceName(policy, rule.service),
  },
  action: {
    what: 'the action',
    of: ({ action }) => action,
    words: ({ rule }) => (rule.action === 'log' ? 'LOG only' : rule.action.toUpperCase()),
  },
  log: { what: 'its logging', of: ({ log }) => log, words: ({ rule }) => (rule.log ? 'on' : 'off') },
  limit: {
    what: 'the limit',
    of: ({ limit }) => limit,
    words: ({ rule }) => (rule.limit === null ? 'none' : `“${limitWords(rule.limit)}”`),
  },
  frame: {
    what: 'the time',
    of: ({ frame }) => frame,
    words: ({ rule }) => (rule.frame === null ? 'always' : `“${frameWords(rule.frame)}”`),
  },
  expires: {
    what: 'the end',
    of: ({ expires }) => expires,
    words: ({ policy, rule: { expires } }) =>
      expires === null ? 'never' : clockWords(policy.network.timezone, expires),
  },
  heading: {
    what: 'the heading',
    of: ({ heading }) => heading,
    words: ({ rule }) => (rule.heading === '' ? 'none' : quoted(rule.heading)),
  },
  remark: {
    what: 'the remark',
    of: ({ remark }) => remark,
    words: ({ rule }) => (rule.remark === '' ? 'none' : quoted(rule.remark)),
  },
};

/** `Rule 3 “Mail”`. */
const ruleName = ({ remark }: Rule, index: number): string =>
  `Rule ${index + 1}${remark === '' ? '' : ` ${quoted(remark)}`}`;

/** The fewest rules that must have been moved: all but a longest run that is in the old order still. */
const movedIds = (kept: { rule: Rule; index: number }[]): Set<string> => {
  // `ends[n]`: of the runs of n + 1 rules, the last one of that which ends earliest; `links`: who stands before whom in them.
  const ends: number[] = [];
  const links: number[] = [];
  for (const [at, { index }] of kept.entries()) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((kept[ends[middle] ?? 0]?.index ?? 0) < index) low = middle + 1;
      else high = middle;
    }
    links.push(low === 0 ? -1 : (ends[low - 1] ?? -1));
    ends[low] = at;
  }
  const moved = new Set(kept.map(({ rule }) => rule.id));
  for (let at = ends.at(-1) ?? -1; at >= 0; at = links[at] ?? -1) moved.delete(kept[at]?.rule.id ?? '');
  return moved;
};
