import type { Cell, Indexed, Late, Lookup, Piece, ServiceClass } from '../plan/lookup.ts';
import type { Dispatch, Family, Leaf } from '../plan/ruleset.ts';
import { type Entry, entriesOf } from './lookup-entries.ts';
import { type RowTable, rowTable, stagesOf } from './lookup-rows.ts';
import { type Most, mostOfAll } from './most.ts';
import { addressText, type Claim, firstPieces } from './pieces.ts';
import { serviceClasses } from './service-classes.ts';

/** So few are asked one after the other: an index would cost more. */
const FEW = 4;

/** How the dispatches of one hook and family are looked up in the kernel. What is used goes off `most`. */
export const lookupOf = (family: Family, list: Dispatch[], leaves: Leaf[], most: Most = mostOfAll()): Lookup => {
  const own = list.filter((one) => one.family === family);
  if (own.length <= FEW) return { form: 'linear', list: own, large: false };
  const { entries, order } = entriesOf(family, own, leaves);
  const cells = cellsOf(entries, most);
  if (cells !== null) return { form: 'exact', cells };
  const draft = { ...most };
  const found = indexed(family, own, entries, order, draft);
  if (found === null) return { form: 'linear', list: own, large: true };
  Object.assign(most, draft);
  return found;
};

/** The cells of rules that all name hosts and ports, and nothing else; null when one does not. The first rule of a cell decides. */
const cellsOf = (entries: Entry[], most: Most): Cell[] | null => {
  const cells = new Map<string, Cell>();
  let size = 0;
  for (const { dispatch, late, from, to } of entries) {
    const { service, leaf } = dispatch;
    if (late || from === null || to === null || from.macs.length + from.ranges.length > 0 || !to.hosts) return null;
    if (service.protocol !== 'tcp' && service.protocol !== 'udp') return null;
    if (service.ports.some(([first, last]) => first !== last)) return null;
    const { protocol, ports } = service;
    size += from.hosts.length * to.elements.length * ports.length;
    if (size > most.elements) return null;
    for (const source of from.hosts)
      for (const destination of to.elements)
        for (const [port] of ports) {
          const key = `${source} ${destination} ${protocol} ${port}`;
          if (!cells.has(key)) cells.set(key, { source, destination, protocol, port, leaf });
        }
  }
  most.elements -= cells.size;
  return [...cells.values()];
};

const indexed = (family: Family, list: Dispatch[], entries: Entry[], order: string[], most: Most): Indexed | null => {
  const services = serviceClasses(family, list, most.elements);
  if (services === null) return null;
  const table = rowTable(most);
  const classes: ServiceClass[] = [];
  for (const members of services.members) {
    const all = members
      .map((index) => entries[index] as Entry)
      .filter(({ from, to }) => !isEmpty(from) && !isEmpty(to));
    const made = classOf(family, all, order.length, table, most);
    if (made === null) return null;
    classes.push(made);
    most.rules -= 4 + made.stages.length + made.late.length;
    if (most.rules < 0) return null;
  }
  return { form: 'indexed', leaves: [...order, 'default'], services: services.pieces, classes, rows: table.rows };
};

/** Everything but everything: no packet is meant. */
const isEmpty = (side: Entry['from'] | Entry['to']): boolean => side !== null && sizeOf(side) === 0;

/** What decides the packets of one class of services. */
const classOf = (family: Family, all: Entry[], end: number, table: RowTable, most: Most): ServiceClass | null => {
  const last = all.find(({ late, from, to }) => !late && from === null && to === null)?.position ?? end;
  const asked = all.filter(({ position }) => position < last);
  const fixed = asked.filter(({ late }) => !late);
  most.elements -= fixed.reduce((sum, { from, to }) => sum + sizeOf(from) + (from === null ? sizeOf(to) : 0), 0);
  if (most.elements < 0) return null;
  const anybody = anybodyOf(family, fixed);
  const late = asked.flatMap(({ late, position, dispatch }): Late[] => (late ? [{ position, dispatch }] : []));
  const owners = fixed.filter(({ from }) => from !== null);
  const stages = stagesOf(family, owners, table, { ends: late.length === 0, open: anybody.length > 0 }, most);
  if (stages === null) return null;
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
