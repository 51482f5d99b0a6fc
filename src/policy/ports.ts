/** Is this a list of ports and ranges such as `25`, `8000-8080`, `80, 443`, `1024-`? `:` serves as `-`, as in BOT. */
export const isPortList = (text: string): boolean => parsePorts(text) !== null;

/** The ranges of a port list, in order and merged; null if it is none. An open end means up to 65535 or from 1. */
export const parsePorts = (text: string): PortRange[] | null => {
  const ranges: PortRange[] = [];
  for (const part of text.split(',')) {
    const range = parseRange(part.trim());
    if (range === null) return null;
    ranges.push(range);
  }
  return mergeRanges(ranges);
};

/** From and to, both included. */
export type PortRange = [from: number, to: number];

/** `25` or `8000-8080`. */
export const printRange = ([from, to]: PortRange): string => (from === to ? String(from) : `${from}-${to}`);

/** Does one of the ranges hold the port? */
export const hasPort = (ranges: PortRange[], port: number): boolean =>
  ranges.some(([from, to]) => from <= port && port <= to);

/** In order, with what overlaps or touches made one. */
export const mergeRanges = (ranges: PortRange[]): PortRange[] => {
  const merged: PortRange[] = [];
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
};

const parseRange = (text: string): PortRange | null => {
  const found = /^(\d{1,5}|\*)?(?:\s*([-:])\s*(\d{1,5}|\*)?)?$/.exec(text);
  if (found === null || text === '') return null;
  const [, first, dash, last] = found;
  if (dash !== undefined && first === undefined && last === undefined) return null;
  const from = first === undefined || first === '*' ? 1 : Number(first);
  const to = dash === undefined && first !== '*' ? from : last === undefined || last === '*' ? 65535 : Number(last);
  return from >= 1 && to <= 65535 && from <= to ? [from, to] : null;
};
