/** Rows on one page of a table. */
export const PAGE_SIZE = 50;

/** One page of a filtered list. Pages count from 1; a page beyond the end is the last one. */
export type Paged<T> = {
  rows: T[];
  page: number;
  pages: number;
  /** Rows after filtering, and before. */
  found: number;
  total: number;
  /** Number of the first row shown, counting from 1. */
  first: number;
};

/** Filters a list by a text that must occur in what `textOf` gives, and takes one page of it. */
export const pageOf = <T>(
  list: readonly T[],
  text: string,
  page: string,
  textOf: (one: T) => string,
  size = PAGE_SIZE,
): Paged<T> => {
  const wanted = text.toLowerCase();
  const found = wanted === '' ? list : list.filter((one) => textOf(one).toLowerCase().includes(wanted));
  const pages = Math.max(1, Math.ceil(found.length / size));
  const number = /^\d{1,6}$/.test(page) ? Math.min(Math.max(Number(page), 1), pages) : 1;
  const start = (number - 1) * size;
  return {
    rows: found.slice(start, start + size),
    page: number,
    pages,
    found: found.length,
    total: list.length,
    first: start + 1,
  };
};

/** An address with these query fields; empty ones are left out. */
export const addressOf = (path: string, query: Record<string, string | number>): string => {
  const fields = Object.entries(query).filter(([, value]) => value !== '');
  const text = new URLSearchParams(fields.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return text === '' ? path : `${path}?${text}`;
};
