import type { Edit } from '../policy/edit.ts';
import type { Rule } from '../policy/schema.ts';

/**
 * The edits that put some rules, in their order, together at a place. `at` counts in the list without them. They take the heading
 * of the place: between two rules of one heading that one; at the edge of a group they keep their own where it still makes
 * sense. `heading` overrides that.
 */
export const moveEdits = (rules: readonly Rule[], ids: readonly string[], at: number, heading?: string): Edit[] => {
  const moved = rules.filter(({ id }) => ids.includes(id));
  const rest = rules.filter(({ id }) => !ids.includes(id));
  const place = Math.max(0, Math.min(at, rest.length));
  return [
    ...placings(rules, moved, rest[place - 1]?.id),
    ...moved.flatMap((rule) => headingEdit(rule, heading ?? headingAt(rest, place, rule.heading))),
  ];
};

/** The edits that put some rules under a heading, where they are. */
export const headingEdits = (rules: readonly Rule[], ids: readonly string[], heading: string): Edit[] =>
  rules.filter(({ id }) => ids.includes(id)).flatMap((rule) => headingEdit(rule, heading));

/** From where to where (not included) a rule's neighbours have its heading. */
export const runOf = (rules: readonly Pick<Rule, 'heading'>[], index: number): [from: number, to: number] => {
  const heading = rules[index]?.heading;
  let [from, to] = [index, index + 1];
  while (from > 0 && rules[from - 1]?.heading === heading) from -= 1;
  while (to < rules.length && rules[to]?.heading === heading) to += 1;
  return [from, to];
};

/** Do these rules follow each other without a gap? */
export const areTogether = (rules: readonly Rule[], ids: readonly string[]): boolean => {
  const places = rules.flatMap(({ id }, index) => (ids.includes(id) ? [index] : []));
  return (places.at(-1) ?? 0) - (places[0] ?? 0) === places.length - 1;
};

/** `rule 3`, `rules 3, 5 and 8`, `24 rules`. */
export const numbersOf = (rules: readonly Rule[], ids: readonly string[]): string => {
  const wanted = new Set(ids);
  const numbers = rules.flatMap(({ id }, index) => (wanted.has(id) ? [index + 1] : []));
  if (numbers.length > 8) return `${numbers.length} rules`;
  if (numbers.length < 2) return `rule ${numbers[0] ?? ''}`.trim();
  return `rules ${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1)}`;
};

/** One move for each rule, behind the one before it. Moves that change nothing are left out. */
const placings = (rules: readonly Rule[], moved: readonly Rule[], behind: string | undefined): Edit[] => {
  const order = rules.map(({ id }) => id);
  const edits: Edit[] = [];
  let before = behind;
  for (const { id } of moved) {
    const from = order.indexOf(id);
    order.splice(from, 1);
    const position = before === undefined ? 0 : order.indexOf(before) + 1;
    order.splice(position, 0, id);
    if (position !== from) edits.push({ do: 'moveRule', id, position });
    before = id;
  }
  return edits;
};

const headingEdit = (rule: Rule, heading: string): Edit[] =>
  rule.heading === heading ? [] : [{ do: 'saveRule', id: rule.id, value: { ...rule, heading } }];

const headingAt = (rest: readonly Rule[], place: number, own: string): string => {
  const [above, below] = [rest[place - 1]?.heading, rest[place]?.heading];
  if (above !== undefined && above === below) return above;
  if (own === above || own === below) return own;
  return rest.some(({ heading }) => heading === own) ? '' : own;
};
