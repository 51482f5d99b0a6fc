/** One difference, made into words only when it is shown: thousands of rules may differ. */
export type Line = () => string;

/** A name in quotation marks, cut to what a line can bear. */
export const quoted = (text: string): string => `“${short(text)}”`;

/** A text cut to what a line can bear. */
export const short = (text: string): string => (text.length > LONG ? `${text.slice(0, LONG - 1)}…` : text);

/** `the port changes from 445 to 444`. */
export const turned = (what: string, before: string, after: string): string =>
  `${what} changes from ${short(before)} to ${short(after)}`;

/** What goes and comes in a list: `A and B are added, C is removed`; or that its order is another one. Without a full stop. */
export const exchanged = (before: readonly string[], after: readonly string[]): string => {
  const [old, fresh] = [new Set(before), new Set(after)];
  const parts = [
    happens(
      after.filter((one) => !old.has(one)),
      'added',
    ),
    happens(
      before.filter((one) => !fresh.has(one)),
      'removed',
    ),
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'the order changes' : parts.join(', ');
};

/** `A, B and C`, the first few of many. */
export const namesOf = (names: readonly string[]): string => {
  const shown = names.slice(0, MANY).map(short);
  const more = names.length - shown.length;
  const all = more > 0 ? [...shown, `${more} more`] : shown;
  return all.length < 2 ? (all[0] ?? 'none') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
};

/** `A is switched off`, `A and B are switched off`; empty when there is none. */
export const happens = (names: readonly string[], what: string): string =>
  names.length === 0 ? '' : `${namesOf(names)} ${names.length === 1 ? 'is' : 'are'} ${what}`;

/** Both have been through the same schema, which puts the fields into the same order. */
export const same = (one: unknown, other: unknown): boolean =>
  one === other || JSON.stringify(one) === JSON.stringify(other);

const LONG = 100;
const MANY = 8;
