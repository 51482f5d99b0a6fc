import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Denial, FirewallLine, FirewallQuery, LogPage, ProxyLine, ProxyQuery } from '../web/ports.ts';
import { discard, type LogDatabase, type LogFile, openDatabase } from './database.ts';
import { parseFirewallLine } from './firewall-line.ts';
import { parseProxyLine } from './proxy-line.ts';
import { countDenied, foldDenials, lastOf, searchFirewall, searchProxy } from './search.ts';
import { openTail, type Position, type Tail } from './tail.ts';

export type LogOptions = {
  /** Folder of `firewall.json` and `proxy.log`. */
  directory: string;
  /** The index; `index/logs.db` under the directory unless told. */
  index?: string;
  /** Lines kept of each log. */
  rows?: number;
  /** Bytes of a file read at most when much of it is unread: the newest ones. */
  backlog?: number;
  /** Told, once for each kind of trouble, what keeps the index from being made. */
  onProblem?: (sentence: string) => void;
};

export type Logs = {
  firewall(query: FirewallQuery): LogPage<FirewallLine>;
  proxy(query: ProxyQuery): LogPage<ProxyLine>;
  denials(since: number, limit: number): Denial[];
  deniedCount(since: number): number;
  lastHits(origins: string[]): Record<string, number>;
  /** Reads what is new, at most `budget` bytes of each file; true when more is waiting. */
  catchUp(budget?: number): boolean;
  /** Reads what is new every second until closed; keeps no process alive. */
  start(): void;
  close(): void;
};

/** Opens the logs of the box for reading and searching. Fails for nothing: what cannot be read has no lines. */
export function openLogs(options: LogOptions): Logs {
  const follower = makeFollower(options);
  let timer: NodeJS.Timeout | undefined;
  const tick = () => {
    const more = follower.catchUp(SLICE);
    timer = setTimeout(tick, more ? 10 : INTERVAL).unref();
  };
  /** Queries see what has just been written, so that an admin who looks after a try finds it. */
  const fresh = <T>(answer: (database: LogDatabase) => T): T => {
    follower.catchUp(SLICE);
    return follower.ask(answer);
  };
  return {
    firewall: (query) => fresh((database) => searchFirewall(database.sql, query)),
    proxy: (query) => fresh((database) => searchProxy(database.sql, query)),
    denials: (since, limit) => fresh((database) => foldDenials(database.sql, since, limit)),
    deniedCount: (since) => fresh((database) => countDenied(database.sql, since)),
    lastHits: (origins) => fresh((database) => lastOf(database.sql, origins)),
    catchUp: (budget = SLICE) => follower.catchUp(budget),
    start: () => {
      timer ??= setTimeout(tick, 0).unref();
    },
    close: () => {
      clearTimeout(timer);
      follower.close();
    },
  };
}

function makeFollower(options: LogOptions) {
  const { directory, rows = ROWS, backlog = BACKLOG } = options;
  const index = options.index ?? join(directory, 'index', 'logs.db');
  const told = new Set<string>();
  const tell = (sentence: string) => {
    if (!told.has(sentence)) options.onProblem?.(sentence);
    told.add(sentence);
  };
  const open = () => {
    makeFolder(index);
    const database = openDatabase(index, rows);
    if (database.inMemory) tell(`The log index ${index} cannot be written; log lines are kept in memory only.`);
    const follow = (file: LogFile, name: string) => openTail(join(directory, name), database.position(file), backlog);
    return { database, firewall: follow('firewall', 'firewall.json'), proxy: follow('proxy', 'proxy.log') };
  };
  let now = open();
  const close = () => {
    for (const part of [now.firewall, now.proxy, now.database]) part.close();
  };
  /** After any failure of the index the tails may be ahead of it: both start again from what the index knows. */
  const recover = (error: unknown) => {
    const damaged = isDamage(error);
    tell(`The log index: ${error instanceof Error ? error.message : String(error)}`);
    close();
    if (damaged) discard(index);
    now = open();
  };
  return {
    catchUp(budget: number): boolean {
      try {
        const { database } = now;
        const firewall = advance(now.firewall, budget, parseFirewallLine, (lines, at) =>
          database.addFirewall(lines, at),
        );
        const proxy = advance(now.proxy, budget, parseProxyLine, (lines, at) => database.addProxy(lines, at));
        return firewall || proxy;
      } catch (error) {
        recover(error);
        return false;
      }
    },
    ask<T>(answer: (database: LogDatabase) => T): T {
      try {
        return answer(now.database);
      } catch (error) {
        recover(error);
        return answer(now.database);
      }
    },
    close,
  };
}

function advance<Line>(
  tail: Tail,
  budget: number,
  parse: (line: string) => Line | null,
  add: (lines: Line[], position: Position) => void,
): boolean {
  const { lines, lost, position, more } = tail.read(budget);
  if (position !== null && (lines.length > 0 || lost > 0)) {
    add(
      lines.map(parse).filter((line) => line !== null),
      position,
    );
  }
  return more;
}

function makeFolder(index: string): void {
  try {
    mkdirSync(dirname(index), { recursive: true });
  } catch {
    // openDatabase falls back to memory and says so.
  }
}

/** SQLITE_CORRUPT 11 and SQLITE_NOTADB 26, with their extended codes in the upper bytes. */
function isDamage(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) : 0;
  return [11, 26].includes(code & 0xff);
}

/** Bytes read in one go: about 500 packets, some 10 ms on two slow cores. */
const SLICE = 1 << 18;
const BACKLOG = 64 << 20;
const ROWS = 500_000;
const INTERVAL = 1000;
