import type { Position, Row, RowEntry, Stage, Target } from '../plan/lookup.ts';
import type { Family } from '../plan/ruleset.ts';
import type { Entry } from './lookup-entries.ts';
import type { Most } from './most.ts';
import { addressText, type Claim, firstPieces, piecesOf, type Range, rangeText } from './pieces.ts';

/** Rows that are the same for many senders and services stand once. */
export type RowTable = {
  rows: Row[];
  indexOf: (family: Family, row: Pick<Row, 'guarded' | 'ends'>, list: Owned[]) => number;
};

/** A rule that some sender has of its own. */
export type Owned = { position: Position; to: Entry['to'] };

/** More than this many destinations of a row are looked up, not asked about one by one; unless they have too many addresses to say them again. */
const LONG = 3;
const MANY = 256;

/** The rows of a lookup. What they say again of their destinations goes off the budget. */
export const rowTable = (budget: Most): RowTable => {
  const rows: Row[] = [];
  const known = new Map<string, number>();
  return {
    rows,
    indexOf: (family, { guarded, ends }, list) => {
      const key = `${guarded} ${ends} ${list.map(({ position, to }) => `${position}:${to?.key ?? ''}`).join(' ')}`;
      const kept = known.get(key);
      if (kept !== undefined) return kept;
      rows.push({ guarded, ends, entries: list.map(plain), pieces: piecesOfRow(family, list, budget) });
      budget.rules -= rulesOf(rows.at(-1) as Row);
      known.set(key, rows.length - 1);
      return rows.length - 1;
    },
  };
};

/** The senders that have rules of their own, by kind. `last`: what decides anyway; later rules are left out. */
export const stagesOf = (
  family: Family,
  entries: Entry[],
  table: RowTable,
  { ends, open }: { ends: boolean; open: boolean },
  budget: Most,
): Stage[] | null => {
  const ranges = byRange(family, entries, budget);
  if (ranges === null) return null;
  const found = [byMac(entries), ranges, byHost(entries)].filter(({ lists }) => lists.size > 0);
  return found.map(({ by, lists }, index): Stage => {
    const kind = { guarded: open || index > 0, ends: ends && index === found.length - 1 };
    const rows = [...lists].map(([key, list]) => ({ key, row: table.indexOf(family, kind, shortened(list)) }));
    return { by, rows };
  });
};

type Lists = { by: Stage['by']; lists: Map<string, Owned[]> };

const byMac = (entries: Entry[]): Lists => collect('mac', entries, ({ from }) => from?.macs ?? []);
const byHost = (entries: Entry[]): Lists => collect('host', entries, ({ from }) => from?.hosts ?? []);

const collect = (by: Stage['by'], entries: Entry[], keysOf: (entry: Entry) => string[]): Lists => {
  const lists = new Map<string, Owned[]>();
  for (const entry of entries)
    for (const key of keysOf(entry)) {
      const list = lists.get(key);
      if (list === undefined) lists.set(key, [entry]);
      else list.push(entry);
    }
  return { by, lists };
};

const byRange = (family: Family, entries: Entry[], budget: Most): Lists | null => {
  const claims = entries.flatMap(({ from }, position): Claim[] =>
    (from?.ranges ?? []).map((range) => ({ ...range, position })),
  );
  const pieces = piecesOf(claims, budget.elements);
  if (pieces === null) return null;
  budget.elements -= pieces.length;
  return {
    by: 'range',
    lists: new Map(
      pieces.map((piece) => [rangeText(family, piece), piece.positions.map((index) => entries[index] as Entry)]),
    ),
  };
};

/** Nothing behind a rule for any destination is ever asked. */
const shortened = (list: Owned[]): Owned[] => {
  const end = list.findIndex(({ to }) => to === null);
  return end < 0 ? list : list.slice(0, end + 1);
};

const plain = ({ position, to }: Owned): RowEntry => ({ position, to: to === null ? null : targetOf(to) });

const targetOf = ({ key, elements, hosts }: Target & { ranges: Range[] }): Target => ({ key, elements, hosts });

const piecesOfRow = (family: Family, list: Owned[], budget: Most): Row['pieces'] => {
  if (list.filter(({ to }) => to !== null).length <= LONG) return null;
  const size = list.reduce((sum, { to }) => sum + (to?.ranges.length ?? 0), 0);
  if (size > MANY || size > budget.elements) return null;
  budget.elements -= size;
  const claims = list.flatMap(({ position, to }) => (to?.ranges ?? []).map((range): Claim => ({ ...range, position })));
  return firstPieces(claims).map(({ from, to, position }) => ({
    from: addressText(family, from),
    to: addressText(family, to),
    position,
  }));
};

/** The rules of a row in the kernel, about. */
const rulesOf = ({ entries, pieces }: Row): number => (pieces === null ? entries.length : 2);
