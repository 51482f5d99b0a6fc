import type { Policy, Rule } from '../policy/schema.ts';

/**
 * How the packets of a piece are decided: `gain`, `lose`, `told` (rejected instead of dropped), `silent` (the other way), `still` (the
 * rule as it is now goes on allowing some), `allows|denies
 * above|before|anyway ID`: a rule above decides, one that did so before, or one that does so without the rule.
 */
export type Signs = Set<string>;

/** The rule that is spoken of, and where the rules stand. */
export type Words = { rule: Rule; before: Policy; after: Policy };

/** The main clauses, without full stop: who gains or loses what. Empty when nothing changes. */
export const primary = ({ rule }: Words, who: string, what: string, signs: Signs): string[] => {
  const deed = `${placeOf(rule)} by ${what}`;
  const main = signs.has('gain') || signs.has('lose');
  return [
    ...(signs.has('gain') ? [`${who} may now also ${deed}`] : []),
    ...(signs.has('lose') ? [`${who} may no longer ${deed}`] : []),
    ...(signs.has('told') && !main ? [`${who} still may not ${deed}, but is told so instead of waiting in vain`] : []),
    ...(signs.has('silent') && !main ? [`${who} still may not ${deed}, but gets no answer any more`] : []),
  ];
};

/** What the main clause does not hold for, or, with `only`, why nothing changes. */
export const exceptions = (words: Words, signs: Signs, only = false): string => {
  const of = (start: string) =>
    [...signs].filter((sign) => sign.startsWith(start)).map((sign) => sign.slice(start.length + 1));
  const clauses = [
    ...of('denies above').map((id) => `${name(words, id)} above denies it`),
    ...of('allows above').map((id) => `${name(words, id)} above allows it`),
    ...of('denies anyway').map((id) => `${name(words, id)} denies it as well`),
    ...of('allows anyway').map((id) => `${name(words, id)} allows it as well`),
    ...of('allows before').map((id) =>
      id === words.rule.id ? 'it was so before' : `${name(words, id)} allows it already`,
    ),
    ...of('denies before').map((id) =>
      id === words.rule.id ? 'it was so before' : `${name(words, id)} denies it already`,
    ),
    ...((signs.has('told') || signs.has('silent')) && (signs.has('gain') || signs.has('lose'))
      ? ['it was denied before']
      : []),
    ...(signs.has('still') ? ['the rule still allows it'] : []),
  ];
  if (clauses.length === 0) return '';
  const shown = clauses.slice(0, 4);
  return `${only ? ': ' : ', except where '}${shown.join(only ? '; ' : ' or ')}${clauses.length > 4 ? ' …' : ''}`;
};

/** The one sentence for a rule that never comes to decide, or that changes nothing at all; undefined when it does. */
export const nothing = (words: Words, all: Signs[]): string | undefined => {
  const signs = [...new Set(all.flatMap((one) => [...one]))];
  if (signs.some((sign) => !/ (above|before|anyway) /.test(sign))) return undefined;
  const above = [...new Set(signs.filter((sign) => / above /.test(sign)).map((sign) => sign.split(' ')[2] ?? ''))];
  if (
    above.length > 0 &&
    above.length === new Set(signs.map((sign) => sign.split(' ')[2])).size &&
    signs.every((sign) => / above /.test(sign))
  )
    return above.length === 1
      ? `${upper(name(words, above[0] ?? ''))} above already decides everything that this rule speaks of: it would never be used.`
      : `Rules above already decide everything that this rule speaks of (${above
          .slice(0, 6)
          .map((id) => number(words, id))
          .join(', ')}${above.length > 6 ? ' …' : ''}): it would never be used.`;
  const befores = [...new Set(signs.map((sign) => sign.split(' ')[2] ?? ''))];
  if (befores.length === 1 && befores[0] === words.rule.id) return 'Who may reach what stays the same.';
  return undefined;
};

const placeOf = ({ destination }: Rule): string => {
  if (destination.kind === 'greengate') return 'use Greengate itself';
  if (destination.kind === 'any') return 'reach any address outside';
  const place = destination.kind === 'typed' ? destination.value : destination.name;
  return `reach ${destination.invert ? `everything but ${place}` : place} outside`;
};

/** `rule 3 (“The printer stays inside”)`, `the default action`. The number is the one after the change, if it has one. */
const name = (words: Words, id: string): string => {
  if (id === 'default') return 'the default action';
  const { remark = '' } = [...words.after.rules, ...words.before.rules].find((rule) => rule.id === id) ?? {};
  const short = remark.length > 60 ? `${remark.slice(0, 59)}…` : remark;
  return `rule ${number(words, id)}${short === '' ? '' : ` (“${short}”)`}`;
};

const number = ({ after, before }: Words, id: string): number => {
  const now = after.rules.findIndex((rule) => rule.id === id);
  return (now < 0 ? before.rules.findIndex((rule) => rule.id === id) : now) + 1;
};

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
