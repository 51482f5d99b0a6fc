/** One logged packet. `time` is seconds since the epoch with fraction; ports are null where the protocol has none. */
export type FirewallLine = {
  id: number;
  time: number;
  /** As BOT wrote it: `GREEN DROP`, `GREEN ACCEPT`, `RED DROP`. */
  chain: string;
  /** Interface the packet came in by: `green`, `red`, empty for the box's own packets. */
  iface: string;
  /** `TCP`, `UDP`, `ICMP` …, else the protocol's number. */
  protocol: string;
  source: string;
  sourcePort: number | null;
  /** `00:16:3e:…`, empty when unknown. */
  mac: string;
  destination: string;
  destinationPort: number | null;
  /** Rule id or word (`default`, `admin`); empty when unknown. */
  origin: string;
};

/** One request to the proxy. `duration` is milliseconds, `status` 0 when the client got none. */
export type ProxyLine = {
  id: number;
  time: number;
  client: string;
  method: string;
  url: string;
  host: string;
  status: number;
  result: string;
  bytes: number;
  duration: number;
};

/** Denied packets of one kind, folded; `last` is the time of the newest. */
export type Denial = {
  chain: string;
  protocol: string;
  source: string;
  mac: string;
  destination: string;
  destinationPort: number | null;
  count: number;
  last: number;
};

/** What every query may say: a cursor (`before` or `after` a line's id), a time range in seconds, free text, a limit of 1 to 200. */
export type LogQuery = {
  before?: number;
  after?: number;
  from?: number;
  until?: number;
  text?: string;
  limit: number;
};

/** Exact values of packets; a missing field does not filter. */
export type FirewallQuery = LogQuery & {
  chain?: string;
  iface?: string;
  protocol?: string;
  source?: string;
  sourcePort?: number;
  mac?: string;
  destination?: string;
  destinationPort?: number;
  origin?: string;
};

/** Exact values of requests; `denied` true asks for refused ones only. */
export type ProxyQuery = LogQuery & {
  client?: string;
  host?: string;
  status?: number;
  denied?: boolean;
};

/** A page, newest line first, and whether the same filter finds more beyond either end. */
export type LogPage<Line> = { lines: Line[]; older: boolean; newer: boolean };
