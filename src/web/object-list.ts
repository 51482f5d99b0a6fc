import type { Address, Group, Policy, Service } from '../policy/schema.ts';
import { addressKind } from './address-values.ts';
import type { Kind } from './collections.ts';
import { useCounts } from './uses.ts';
import { serviceText } from './words.ts';

/** One line of a list of objects. `kind` is of addresses only; `rest` is found by the filter, but not shown: the other members of a large group. */
export type Row = { name: string; kind: string; detail: string; rest: string; remark: string; used: number };

/** A column that a list may be sorted by. */
export type Column = { id: string; label: string };

/** Which column sorts a list, and which way. */
export type Sorting = { by: string; down: boolean };

/** The columns of a list, in order. */
export const columnsOf = (page: string): Column[] => {
  const detail = page.endsWith('groups') ? 'Members' : page.endsWith('services') ? 'Protocol and ports' : 'Address';
  const kind = page === 'addresses' || page === 'default-networks' ? [{ id: 'kind', label: 'Kind' }] : [];
  const used = page.startsWith('default-') ? [] : [{ id: 'used', label: 'Used in' }];
  return [
    { id: 'name', label: 'Name' },
    ...kind,
    { id: 'detail', label: detail },
    { id: 'remark', label: 'Remark' },
    ...used,
  ];
};

/** The sorting that an address asks for; unknown words leave the list in its own order. */
export const sortingOf = (columns: Column[], by: string, direction: string): Sorting => ({
  by: columns.some(({ id }) => id === by) ? by : '',
  down: direction === 'down',
});

/** The lines of a collection, in the policy's order. */
export const rowsOf = (policy: Policy, kind: Kind): Row[] => {
  const counts = useCounts(policy, kind.collection);
  return (policy[kind.collection] as (Address | Service | Group)[]).map((one) => ({
    name: one.name,
    kind: 'value' in one ? addressKind(one.value) : '',
    ...detailOf(one),
    remark: one.remark,
    used: counts.get(one.name.toLowerCase()) ?? 0,
  }));
};

/** What the filter of a list looks at. */
export const rowText = (row: Row): string => `${row.name} ${row.kind} ${row.detail} ${row.rest} ${row.remark}`;

/** The names of every object that a filter finds. */
export const foundNames = (policy: Policy, kind: Kind, filter: string): string[] =>
  rowsOf(policy, kind)
    .filter((row) => rowText(row).toLowerCase().includes(filter.trim().toLowerCase()))
    .map(({ name }) => name);

/**
 * Those of these objects that nothing but others of them uses, in an order in which they can be deleted one after the other:
 * groups before the groups that they hold.
 */
export const deletable = (policy: Policy, { collection }: Kind, names: readonly string[]): string[] => {
  const list = policy[collection] as { name: string }[];
  const without = (gone: ReadonlySet<string>): Policy => ({
    ...policy,
    [collection]: list.filter(({ name }) => !gone.has(name)),
  });
  const unused = (some: readonly string[], gone: ReadonlySet<string>): string[] => {
    const counts = useCounts(without(gone), collection);
    return some.filter((name) => !counts.has(name.toLowerCase()));
  };
  const there = new Set(list.map(({ name }) => name));
  const left = names.filter((name) => there.has(name));
  const ordered = new Set<string>();
  for (let size = -1; size < ordered.size; ) {
    size = ordered.size;
    for (const name of unused(left, ordered)) ordered.add(name);
  }
  return [...ordered];
};

/** Sorted lines; names and addresses by the numbers in them, so that .9 comes before .10. Equal ones stay as they were. */
export const sorted = (rows: Row[], { by, down }: Sorting): Row[] => {
  if (by === '') return rows;
  const order = (a: Row, b: Row): number =>
    by === 'used' ? a.used - b.used : collator.compare(a[by as 'name'].slice(0, 300), b[by as 'name'].slice(0, 300));
  return rows.toSorted((a, b) => (down ? order(b, a) : order(a, b)));
};

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

const detailOf = (one: Address | Service | Group): { detail: string; rest: string } => {
  if ('value' in one) return { detail: one.value, rest: '' };
  if ('protocol' in one) return { detail: serviceText(one), rest: '' };
  const words = one.members.map(({ name, enabled }) => (enabled ? name : `${name} (off)`));
  const more = words.length - MEMBERS_SHOWN;
  const shown = words.slice(0, MEMBERS_SHOWN).join(', ');
  return { detail: more > 0 ? `${shown} and ${more} more` : shown, rest: words.slice(MEMBERS_SHOWN).join(' ') };
};

const MEMBERS_SHOWN = 12;
