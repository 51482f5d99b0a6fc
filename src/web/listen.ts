import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { RequestListener, Server } from 'node:http';
import { join } from 'node:path';
import { noteConnections } from './connection.ts';

const https = process.getBuiltinModule('node:https');

/** The plan's `web.json`: where the UI answers, and under which names. */
export type WebPlan = { address: string; port: number; names: string[] };

export type ServeOptions = {
  handler: RequestListener;
  /** Path of `web.json`, and the folder of `cert.pem` and `key.pem`. */
  plan: string;
  tls: string;
  /** Where the agent says by its fingerprint which certificate is shown; the console reads the same file. */
  fingerprint: string;
  /** Told once for each kind of trouble. */
  report: (sentence: string) => void;
  /** Milliseconds between looks at the files. They are looked at, not watched: the plan's folder is replaced as a whole. */
  interval?: number;
};

export type Serving = { plan: () => WebPlan | null; close: () => void };

/**
 * Serves HTTPS where the plan says, and follows it: a new address or port, a new certificate. The old listener takes no new
 * connections once the new one stands. Waits as long as the plan, the certificate or the address is not there.
 */
export const serveByPlan = (options: ServeOptions): Serving => {
  const state: State = { plan: null, server: null, where: '', stamp: '', told: '' };
  const tick = () => {
    try {
      look(state, options);
    } catch (error) {
      tell(state, options, error);
    }
  };
  tick();
  const timer = setInterval(tick, options.interval ?? 2000);
  return {
    plan: () => state.plan,
    close: () => {
      clearInterval(timer);
      state.server?.close();
      state.server?.closeAllConnections();
    },
  };
};

/** Reads a `web.json`. Throws on anything that is none. */
export const readWebPlan = (path: string): WebPlan => {
  const { address, port, names } = JSON.parse(readFileSync(path, 'utf8')) as Partial<WebPlan>;
  if (typeof address !== 'string' || typeof port !== 'number' || !Array.isArray(names))
    throw new Error(`${path} is no plan of the user interface`);
  return { address, port, names: names.map(String) };
};

type State = {
  plan: WebPlan | null;
  server: (Server & { setSecureContext: (pair: object) => void }) | null;
  where: string;
  stamp: string;
  told: string;
};

const look = (state: State, options: ServeOptions): void => {
  state.plan = readWebPlan(options.plan);
  const files = filesIn(options);
  const stamp = Object.values(files)
    .map((path) => `${path} ${statSync(path).mtimeMs}`)
    .join(' ');
  const where = `${state.plan.address} ${state.plan.port}`;
  if (state.server !== null && where === state.where && stamp === state.stamp) return;
  const pair = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
  if (state.server !== null && where === state.where) state.server.setSecureContext(pair);
  else open(state, options, { ...state.plan }, pair);
  state.stamp = stamp;
};

/** An uploaded certificate stands with its key in one file. Whether it can be used the agent judges, and nobody else: it is shown when that says so. */
const filesIn = ({ tls, fingerprint }: ServeOptions): { cert: string; key: string } => {
  const uploaded = join(tls, 'uploaded.pem');
  const own = { cert: join(tls, 'cert.pem'), key: join(tls, 'key.pem') };
  try {
    const shown = new X509Certificate(readFileSync(uploaded)).fingerprint256;
    return shown === readFileSync(fingerprint, 'utf8').trim() ? { cert: uploaded, key: uploaded } : own;
  } catch {
    return own;
  }
};

const open = (state: State, options: ServeOptions, { address, port }: WebPlan, pair: object): void => {
  const server = https.createServer({ ...pair, minVersion: 'TLSv1.2' }, options.handler);
  noteConnections(server);
  server.maxConnections = 500;
  server.requestTimeout = 60_000;
  const old = state.server;
  const where = `${address} ${port}`;
  state.server = server;
  state.where = where;
  server.on('error', (error) => {
    tell(state, options, error);
    // Looked at again with the next tick: the address may come later.
    if (state.server === server) Object.assign(state, { server: old, where: old === null ? '' : 'old' });
  });
  server.listen({ host: address, port }, () => {
    state.told = '';
    old?.close();
    old?.closeIdleConnections();
  });
};

const tell = (state: State, options: ServeOptions, error: unknown): void => {
  const sentence = error instanceof Error ? error.message : String(error);
  if (sentence !== state.told) options.report(`The user interface does not answer yet: ${sentence}`);
  state.told = sentence;
};
