import type { Cell, Indexed, Late, Lookup, Piece, ServiceClass } from '../plan/lookup.ts';
import type { Dispatch, Family, Leaf } from '../plan/ruleset.ts';
import { type Entry, entriesOf } from './lookup-entries.ts';
import { type RowTable, rowTable, stagesOf } from './lookup-rows.ts';
import { addressText, type Claim, firstPieces } from './pieces.ts';
import { serviceClasses } from './service-classes.ts';

/** An index with more rules than this in the kernel is not built; nor one with more elements in its sets. */
export const MOST_RULES = 100_000;
const MOST_ELEMENTS = 600_000;

/** What an index may have of rules and of elements. */
export type Most = { rules: number; elements: number };

/** So few are asked one after the other: an index would cost more. */
const FEW = 4;

/** How the dispatches of one hook and family are looked up in the kernel. */
export const lookupOf = (
  family: Family,
  list: Dispatch[],
  leaves: Leaf[],
  most: Most = { rules: MOST_RULES, elements: MOST_ELEMENTS },
): Lookup => {
  const own = list.filter((one) => one.family === family);
  if (own.length <= FEW) return { form: 'linear', list: own, large: false };
  const { entries, order } = entriesOf(family, own, leaves);
  const cells = cellsOf(entries);
  if (cells !== null) return { form: 'exact', cells };
  return indexed(family, own, entries, order, most) ?? { form: 'linear', list: own, large: true };
};

/** The cells of rules that all name hosts and ports, and nothing else; null when one does not. The first rule of a cell decides. */
const cellsOf = (entries: Entry[]): Cell[] | null => {
  const cells = new Map<string, Cell>();
  for (const { dispatch, late, from, to } of entries) {
    const { service, leaf } = dispatch;
    if (late || from === null || to === null || from.macs.length + from.ranges.length > 0 || !to.hosts) return null;
    if (service.protocol !== 'tcp' && service.protocol !== 'udp') return null;
    if (service.ports.some(([first, last]) => first !== last)) return null;
    const { protocol, ports } = service;
    if (cells.size + from.hosts.length * to.elements.length * ports.length > MOST_ELEMENTS) return null;
    for (const source of from.hosts)
      for (const destination of to.elements)
        for (const [port] of ports) {
          const key = `${source} ${destination} ${protocol} ${port}`;
          if (!cells.has(key)) cells.set(key, { source, destination, protocol, port, leaf });
        }
  }
  return [...cells.values()];
};

const indexed = (family: Family, list: Dispatch[], entries: Entry[], order: string[], most: Most): Indexed | null => {
  const services = serviceClasses(family, list, most.elements);
  if (services === null) return null;
  const table = rowTable();
  const budget = { elements: most.elements };
  const classes: ServiceClass[] = [];
  for (const members of services.members) {
    const all = members.map((index) => entries[index] as Entry);
    const made = classOf(family, all, order.length, table, budget);
    if (made === null) return null;
    classes.push(made);
  }
  const found: Indexed = {
    form: 'indexed',
    leaves: [...order, 'default'],
    services: services.pieces,
    classes,
    rows: table.rows,
  };
  return rulesOf(found) > most.rules ? null : found;
};

/** What decides the packets of one class of services. */
const classOf = (
  family: Family,
  all: Entry[],
  end: number,
  table: RowTable,
  budget: { elements: number },
): ServiceClass | null => {
  const last = all.find(({ late, from, to }) => !late && from === null && to === null)?.position ?? end;
  const asked = all.filter(({ position }) => position < last);
  const fixed = asked.filter(({ late }) => !late);
  budget.elements -= fixed.reduce((sum, { from, to }) => sum + sizeOf(from) + (from === null ? sizeOf(to) : 0), 0);
  if (budget.elements < 0) return null;
  const anybody = anybodyOf(family, fixed);
  const late = asked.flatMap(({ late, position, dispatch }): Late[] => (late ? [{ position, dispatch }] : []));
  const owners = fixed.filter(({ from }) => from !== null);
  const stages = stagesOf(family, owners, table, { ends: late.length === 0, open: anybody.length > 0 });
  return { last, anybody, stages, late };
};

const sizeOf = (side: { hosts?: string[] | boolean; macs?: string[]; ranges: unknown[] } | null): number =>
  side === null
    ? 0
    : side.ranges.length + (side.macs?.length ?? 0) + (Array.isArray(side.hosts) ? side.hosts.length : 0);

const anybodyOf = (family: Family, fixed: Entry[]): Piece[] => {
  const claims = fixed.flatMap(({ from, to, position }) =>
    from === null && to !== null ? to.ranges.map((range): Claim => ({ ...range, position })) : [],
  );
  return firstPieces(claims).map(({ from, to, position }) => ({
    from: addressText(family, from),
    to: addressText(family, to),
    position,
  }));
};

/** About how many rules the kernel will hold for an index. */
const rulesOf = ({ classes, rows, leaves }: Indexed): number =>
  leaves.length * 3 +
  classes.reduce((sum, { stages, late }) => sum + 4 + stages.length + late.length, 0) +
  rows.reduce((sum, { entries, pieces }) => sum + (pieces === null ? entries.length : 2), 0);
