import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { FirewallLine, ProxyLine } from '../web/ports.ts';
import type { Position } from './tail.ts';

/** The index over the log files. It holds nothing that the files do not hold: when it is damaged it is thrown away and made anew. */
export type LogDatabase = {
  readonly sql: DatabaseSync;
  readonly inMemory: boolean;
  position(file: LogFile): Position | null;
  /** Adds lines and where reading stopped, all or nothing; the oldest lines beyond the bound go. */
  addFirewall(lines: Omit<FirewallLine, 'id'>[], position: Position): void;
  addProxy(lines: Omit<ProxyLine, 'id'>[], position: Position): void;
  close(): void;
};

export type LogFile = 'firewall' | 'proxy';

/**
 * Opens the index at `path`, making it anew when it is damaged or of another version, and in memory when the place cannot be
 * written; `rows` bounds each table (in memory: a tenth).
 */
export function openDatabase(path: string, rows: number): LogDatabase {
  for (const attempt of [path, path, ':memory:']) {
    try {
      return connect(attempt, attempt === ':memory:' ? Math.ceil(rows / 10) : rows);
    } catch {
      discard(attempt);
    }
  }
  return connect(':memory:', Math.ceil(rows / 10));
}

/** Removes an index file and what SQLite keeps beside it. */
export function discard(path: string): void {
  if (path === ':memory:') return;
  for (const ending of ['', '-wal', '-shm', '-journal']) {
    try {
      rmSync(`${path}${ending}`, { force: true });
    } catch {
      // A place that cannot be written: memory is used instead.
    }
  }
}

function connect(path: string, rows: number): LogDatabase {
  const sql = new DatabaseSync(path);
  try {
    prepareSchema(sql);
  } catch (error) {
    sql.close();
    throw error;
  }
  const insertFirewall = sql.prepare(insert('firewall', FIREWALL_COLUMNS));
  const insertProxy = sql.prepare(insert('proxy', PROXY_COLUMNS));
  const readPosition = sql.prepare('SELECT inode, offset, head FROM position WHERE file = ?');
  const writePosition = sql.prepare('INSERT OR REPLACE INTO position (file, inode, offset, head) VALUES (?, ?, ?, ?)');
  const forget = { firewall: sql.prepare(trim('firewall')), proxy: sql.prepare(trim('proxy')) };
  const add = (file: LogFile, position: Position, insertAll: () => void) =>
    transaction(sql, () => {
      insertAll();
      forget[file].run(rows);
      writePosition.run(file, position.inode, position.offset, position.head);
    });
  return {
    sql,
    inMemory: path === ':memory:',
    position: (file) => (readPosition.get(file) as Position | undefined) ?? null,
    addFirewall: (lines, position) =>
      add('firewall', position, () => {
        for (const line of lines) insertFirewall.run(...FIREWALL_COLUMNS.map((column) => line[column]));
      }),
    addProxy: (lines, position) =>
      add('proxy', position, () => {
        for (const line of lines) insertProxy.run(...PROXY_COLUMNS.map((column) => line[column]));
      }),
    close: () => sql.close(),
  };
}

function prepareSchema(sql: DatabaseSync): void {
  // 1 MB of cache: scans come from the system's page cache, and the whole box has to live in 180 MB.
  sql.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -1024; PRAGMA busy_timeout = 2000;',
  );
  sql.exec('PRAGMA journal_size_limit = 4194304;');
  const version = Number(sql.prepare('PRAGMA user_version').get()?.user_version);
  if (version !== 0 && version !== VERSION) throw new Error(`The log index is of version ${version}, not ${VERSION}.`);
  sql.exec(SCHEMA);
}

function transaction(sql: DatabaseSync, work: () => void): void {
  sql.exec('BEGIN IMMEDIATE');
  try {
    work();
    sql.exec('COMMIT');
  } catch (error) {
    if (sql.isTransaction) sql.exec('ROLLBACK');
    throw error;
  }
}

function insert(table: LogFile, columns: readonly string[]): string {
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
}

/** Ids grow by one, so the newest id tells how many rows there are without counting them. */
function trim(table: LogFile): string {
  return `DELETE FROM ${table} WHERE id <= (SELECT max(id) FROM ${table}) - ?`;
}

const FIREWALL_COLUMNS = [
  'time',
  'chain',
  'iface',
  'protocol',
  'source',
  'sourcePort',
  'mac',
  'destination',
  'destinationPort',
  'origin',
] as const;

const PROXY_COLUMNS = ['time', 'client', 'method', 'url', 'host', 'status', 'result', 'bytes', 'duration'] as const;

const VERSION = 1;

/**
 * No index but one on time: a whole scan of a million rows takes about 0.1 s by exact values and 0.3 s by text (measured), and each
 * further index would cost as much again in disk and inserting time.
 */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS firewall (
  id INTEGER PRIMARY KEY, time REAL, chain TEXT, iface TEXT, protocol TEXT, source TEXT, sourcePort INTEGER, mac TEXT,
  destination TEXT, destinationPort INTEGER, origin TEXT);
CREATE INDEX IF NOT EXISTS firewall_time ON firewall (time);
CREATE TABLE IF NOT EXISTS proxy (
  id INTEGER PRIMARY KEY, time REAL, client TEXT, method TEXT, url TEXT, host TEXT, status INTEGER, result TEXT,
  bytes INTEGER, duration INTEGER);
CREATE INDEX IF NOT EXISTS proxy_time ON proxy (time);
CREATE TABLE IF NOT EXISTS position (file TEXT PRIMARY KEY, inode INTEGER, offset INTEGER, head TEXT);
PRAGMA user_version = ${VERSION};
`;
