import type { Context } from 'koa';
import { queryOf } from './context.ts';
import { addressOf, PAGE_SIZE } from './paging.ts';
import type { LogPage, LogQuery } from './ports.ts';

/** Where a log page stands: its filters, its place in the list, and whether it loads itself anew. */
export type LogState = { path: string; filters: Record<string, string>; before: string; after: string; live: boolean };

/** Reads the state from the address. Live is on for the newest page unless `live=0`. */
export const logState = (ctx: Context, path: string, names: readonly string[]): LogState => {
  const filters = Object.fromEntries(names.map((name) => [name, queryOf(ctx, name)]));
  const [before, after] = [idOf(ctx, 'before'), idOf(ctx, 'after')];
  return { path, filters, before, after, live: queryOf(ctx, 'live') !== '0' && before === '' && after === '' };
};

/** The part of a log query that both logs share. */
export const placeOf = ({ before, after, filters }: LogState): LogQuery => ({
  limit: PAGE_SIZE,
  ...(before !== '' ? { before: Number(before) } : after !== '' ? { after: Number(after) } : {}),
  ...(filters.q ? { text: filters.q } : {}),
});

/** Every address that a log page offers: with a filter more or less, older, newer, newest, live or paused. */
export const logLinks = (state: LogState, { lines, older, newer }: LogPage<{ id: number }>) => {
  const { path, filters, live } = state;
  return {
    self: addressOf(path, { ...filters, before: state.before, after: state.after, live: live ? '' : '0' }),
    newest: addressOf(path, { ...filters, live: '0' }),
    older: older ? addressOf(path, { ...filters, before: lines.at(-1)?.id ?? '' }) : '',
    newer: newer ? addressOf(path, { ...filters, after: lines[0]?.id ?? '' }) : '',
    pause: addressOf(path, { ...filters, live: '0' }),
    resume: addressOf(path, filters),
    /** The same list with one value as a filter. */
    only: (name: string, value: string | number) =>
      addressOf(path, { ...filters, [name]: value, live: live ? '' : '0' }),
    active: Object.entries(filters)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => ({ name, value, without: addressOf(path, { ...filters, [name]: '' }) })),
  };
};

/** A filter that is a number, or nothing. Text that is no number filters nothing away and is dropped. */
export const numberFilter = <Name extends string>(name: Name, text: string | undefined): { [key in Name]?: number } =>
  text !== undefined && /^\d{1,9}$/.test(text) ? ({ [name]: Number(text) } as { [key in Name]?: number }) : {};

/** A filter that is a text, or nothing. */
export const textFilter = <Name extends string>(name: Name, text: string | undefined): { [key in Name]?: string } =>
  text !== undefined && text !== '' ? ({ [name]: text } as { [key in Name]?: string }) : {};

const idOf = (ctx: Context, name: string): string => {
  const text = queryOf(ctx, name);
  return /^\d{1,15}$/.test(text) ? text : '';
};
