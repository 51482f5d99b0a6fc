import type { DatabaseSync } from 'node:sqlite';
import type { Denial, FirewallLine, FirewallQuery, LogPage, LogQuery, ProxyLine, ProxyQuery } from '../web/ports.ts';

/** A page of packets, newest first. */
export function searchFirewall(sql: DatabaseSync, query: FirewallQuery): LogPage<FirewallLine> {
  const filter = makeFilter(query, FIREWALL_TEXT, FIREWALL_NUMBERS);
  for (const column of ['chain', 'iface', 'protocol', 'source', 'mac', 'destination', 'origin'] as const) {
    equal(filter, column, query[column]?.trim(), FOLDED.has(column));
  }
  for (const column of ['sourcePort', 'destinationPort'] as const) equal(filter, column, query[column]);
  return page<FirewallLine>(sql, 'firewall', query, filter);
}

/** A page of requests to the proxy, newest first. */
export function searchProxy(sql: DatabaseSync, query: ProxyQuery): LogPage<ProxyLine> {
  const filter = makeFilter(query, PROXY_TEXT, PROXY_NUMBERS);
  for (const column of ['client', 'host'] as const) equal(filter, column, query[column]?.trim().toLowerCase());
  equal(filter, 'status', query.status);
  if (query.denied === true) filter.conditions.push("result LIKE '%DENIED%'");
  return page<ProxyLine>(sql, 'proxy', query, filter);
}

/** Denied packets since a time, folded, newest first. Folds the newest 20 000 of them at most. */
export function foldDenials(sql: DatabaseSync, since: number, limit: number): Denial[] {
  const rows = sql
    .prepare(
      `SELECT chain, protocol, source, mac, destination, destinationPort, count(*) AS count, max(time) AS last
       FROM (SELECT * FROM firewall WHERE time >= ? AND ${DENIED} ORDER BY id DESC LIMIT 20000)
       GROUP BY chain, protocol, source, mac, destination, destinationPort ORDER BY max(id) DESC LIMIT ?`,
    )
    .all(since, bounded(limit, 1, 200));
  return rows.map((row) => ({ ...row })) as Denial[];
}

/** Number of packets denied since a time. */
export function countDenied(sql: DatabaseSync, since: number): number {
  return Number(sql.prepare(`SELECT count(*) AS n FROM firewall WHERE time >= ? AND ${DENIED}`).get(since)?.n);
}

/** Time of the newest packet of each origin. Looks through the newest 50 000 lines: a rule list asks at every look. */
export function lastOf(sql: DatabaseSync, origins: readonly string[]): Record<string, number> {
  const places = origins.map(() => '?').join(', ');
  const rows = sql
    .prepare(
      `SELECT origin, max(time) AS last FROM (SELECT origin, time FROM firewall ORDER BY id DESC LIMIT 50000)
       WHERE origin IN (${places}) GROUP BY origin`,
    )
    .all(...origins);
  return Object.fromEntries(rows.map(({ origin, last }) => [String(origin), Number(last)]));
}

type Value = string | number;
type Filter = { conditions: string[]; values: Value[] };

function makeFilter(query: LogQuery, texts: readonly string[], numbers: readonly string[]): Filter {
  const filter: Filter = { conditions: [], values: [] };
  if (query.from !== undefined) add(filter, 'time >= ?', query.from);
  if (query.until !== undefined) add(filter, 'time < ?', query.until);
  const text = (query.text ?? '').trim().slice(0, TEXT_MAX);
  if (text === '') return filter;
  const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
  const tests = texts.map((column) => `${column} LIKE ? ESCAPE '\\'`);
  const values: Value[] = texts.map(() => pattern);
  if (/^\d{1,5}$/.test(text)) {
    tests.push(...numbers.map((column) => `${column} = ?`));
    values.push(...numbers.map(() => Number(text)));
  }
  add(filter, `(${tests.join(' OR ')})`, ...values);
  return filter;
}

function add(filter: Filter, condition: string, ...values: Value[]): void {
  filter.conditions.push(condition);
  filter.values.push(...values);
}

function equal(filter: Filter, column: string, value: Value | undefined, fold = false): void {
  if (value !== undefined && value !== '') add(filter, fold ? `${column} = ? COLLATE NOCASE` : `${column} = ?`, value);
}

function page<Line extends { id: number }>(
  sql: DatabaseSync,
  table: string,
  query: LogQuery,
  filter: Filter,
): LogPage<Line> {
  const limit = bounded(query.limit, 1, 200);
  const select = (condition: string, cursor: Value[], order: 'ASC' | 'DESC', count: number) => {
    const where = [condition, ...filter.conditions].join(' AND ');
    const statement = sql.prepare(`SELECT * FROM ${table} WHERE ${where} ORDER BY id ${order} LIMIT ${count}`);
    return statement.all(...cursor, ...filter.values).map((row) => ({ ...row })) as Line[];
  };
  if (query.after !== undefined) {
    const found = select('id > ?', [query.after], 'ASC', limit + 1);
    const lines = found.slice(0, limit).reverse();
    const oldest = lines.at(-1)?.id ?? query.after + 1;
    return { lines, newer: found.length > limit, older: select('id < ?', [oldest], 'DESC', 1).length > 0 };
  }
  const found =
    query.before === undefined
      ? select('id > 0', [], 'DESC', limit + 1)
      : select('id < ?', [query.before], 'DESC', limit + 1);
  const lines = found.slice(0, limit);
  const newest = lines[0]?.id ?? (query.before ?? 0) - 1;
  const newer = query.before !== undefined && select('id > ?', [newest], 'ASC', 1).length > 0;
  return { lines, older: found.length > limit, newer };
}

function bounded(value: number, min: number, max: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(Math.trunc(value), min), max) : min;
}

const TEXT_MAX = 200;
const DENIED = "(chain LIKE '% DROP' OR chain LIKE '% REJECT' OR chain = 'DROP')";
const FIREWALL_TEXT = ['source', 'destination', 'mac', 'chain', 'iface', 'protocol', 'origin'] as const;
const FIREWALL_NUMBERS = ['sourcePort', 'destinationPort'] as const;
const PROXY_TEXT = ['url', 'client', 'method', 'result'] as const;
const PROXY_NUMBERS = ['status'] as const;
/** People write `tcp` and `green drop` too; origins are ours and exact. */
const FOLDED = new Set(['chain', 'iface', 'protocol', 'source', 'mac', 'destination']);
