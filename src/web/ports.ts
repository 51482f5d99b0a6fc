/**
 * What the pages need of the logs. The room `logs` implements it over SQLite; tests over an array or a small database.
 * Everything is synchronous (as `node:sqlite` is) and must answer a page of 50 out of a million lines well under half a second.
 */
export type LogReader = {
  firewall(query: FirewallQuery): LogPage<FirewallLine>;
  proxy(query: ProxyQuery): LogPage<ProxyLine>;
  /** Denied packets since `since` (seconds since the epoch), folded by source, protocol, destination and port; the newest first, at most `limit`. */
  denials(since: number, limit: number): Denial[];
  /** How many packets were denied since `since`. Suppressed ones count as far as they are known. */
  deniedCount(since: number): number;
  /** Time of the newest line of each origin (a rule's id), among the newest lines of the log; those without a line are missing. */
  lastHits(origins: string[]): Record<string, number>;
};

/** What every log query may say. `before` and `after` are ids of lines (a cursor: lines that arrive meanwhile move nothing). */
export type LogQuery = {
  /** Only lines with a smaller id: the next older page. */
  before?: number;
  /** Only lines with a greater id: the next newer page, i.e. the `limit` lines just above that id. Never together with `before`. */
  after?: number;
  /** Lines from this time on, and up to (not including) that time; seconds since the epoch. */
  from?: number;
  until?: number;
  /** Free text: found anywhere in the line (addresses, URL, chain, MAC), case-insensitive. Up to 200 characters, no operators. */
  text?: string;
  /** Lines wanted: 1 to 200. */
  limit: number;
};

/** Exact values; a missing field does not filter. */
export type FirewallQuery = LogQuery & {
  chain?: string;
  iface?: string;
  protocol?: string;
  source?: string;
  sourcePort?: number;
  mac?: string;
  destination?: string;
  destinationPort?: number;
  /** A rule's id, or `default`, `admin` …: as in the origin of the log prefix. */
  origin?: string;
};

export type ProxyQuery = LogQuery & {
  client?: string;
  /** Host of the URL, exactly. */
  host?: string;
  /** HTTP status as written to the client, 200, 403 … */
  status?: number;
  /** True: only requests that the proxy refused. */
  denied?: boolean;
};

/** Lines with the newest first, whichever way they were asked for. */
export type LogPage<Line> = {
  lines: Line[];
  /** Are there more lines of the same filter beyond this page's last (older) or first (newer) line? */
  older: boolean;
  newer: boolean;
};

/** One logged packet. Ports are null where the protocol has none. */
export type FirewallLine = {
  id: number;
  /** Seconds since the epoch, with fraction. */
  time: number;
  /** As BOT wrote it: `GREEN DROP`, `GREEN ACCEPT`, `RED DROP`. */
  chain: string;
  /** `green` or `red`: where the packet came in. */
  iface: string;
  /** `TCP`, `UDP`, `ICMP`, `GRE` … else the number. */
  protocol: string;
  source: string;
  sourcePort: number | null;
  /** `00:16:3e:…`, empty when unknown. */
  mac: string;
  destination: string;
  destinationPort: number | null;
  /** Rule id or word; empty when unknown. */
  origin: string;
};

/** One request to the proxy. */
export type ProxyLine = {
  id: number;
  time: number;
  client: string;
  method: string;
  /** As logged: `http://host/path`, or `host:443` of a CONNECT. */
  url: string;
  host: string;
  /** HTTP status to the client; 0 when there was none. */
  status: number;
  /** squid's result code, `TCP_MISS`, `TCP_TUNNEL`, `TCP_DENIED` … */
  result: string;
  /** Bytes to the client, and milliseconds. */
  bytes: number;
  duration: number;
};

/** Denied packets of the same kind, folded. */
export type Denial = {
  chain: string;
  protocol: string;
  source: string;
  mac: string;
  destination: string;
  destinationPort: number | null;
  count: number;
  /** Time of the newest. */
  last: number;
};
