import { mkdtempSync } from 'node:fs';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Logs, openLogs } from '../../src/logs/open.ts';
import type { Edit } from '../../src/policy/edit.ts';
import { createApp } from '../../src/web/app.ts';
import others from '../../src/web/assets.json' with { type: 'json' };
import { loadAssets } from '../../src/web/assets.ts';
import { noteConnections, openedNow } from '../../src/web/connection.ts';
import { freshLab, type Lab, PASSWORD } from '../agent/lab.ts';
import { Browser } from './browser.ts';

const top = join(import.meta.dirname, '../..');

/** The admin UI over the real agent, the real store and the real logs; only the machine is the agent tests' twin. */
export type Ui = {
  lab: Lab;
  logs: Logs;
  url: string;
  /** What the web process would have written to its log. */
  reports: string[];
  /** A browser of its own: cookies, no login. */
  browser: () => Browser;
  /** One change by the agent's verb, as the logged-in admin. */
  edit: (edit: Edit) => Promise<void>;
  writeLog: (file: 'firewall.json' | 'proxy.log', lines: string[]) => Promise<void>;
};

/** A box fresh out of the image. `visitor` of the tests is this machine: the twin knows its MAC. */
export const freshUi = async (t: Pick<ExecutionContext, 'teardown'>): Promise<Ui> => {
  const lab = await freshLab(t as ExecutionContext);
  lab.twin.hosts.set('127.0.0.1', '00:16:3e:00:00:25');
  // The lab's clock stands still; the logs have times of today.
  lab.time.now = Math.floor(Date.now() / 1000) - 1_700_000_000;
  const log = join(mkdtempSync(join(tmpdir(), 'greengate-web-')), 'log');
  await mkdir(log, { recursive: true });
  const logs = openLogs({ directory: log });
  const reports: string[] = [];
  const files = Object.entries(others).map(([name, path]) => [name, join(top, 'node_modules', path)]);
  const app = createApp({
    agent: (verb, input, token) => lab.web(verb, input, token),
    logs,
    assets: loadAssets(join(top, 'src/web/static'), Object.fromEntries(files)),
    views: join(top, 'src/web/views'),
    names: () => ['greengate', 'greengate.lan'],
    report: (message, error) => reports.push(`${message}: ${error instanceof Error ? error.stack : String(error)}`),
  });
  const server = app.listen(0, '127.0.0.1');
  noteConnections(server);
  lab.opened = openedNow;
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
    logs.close();
    await rm(join(log, '..'), { recursive: true, force: true });
  });
  return {
    lab,
    logs,
    url,
    reports,
    browser: () => new Browser(url),
    edit: async (edit) => void (await lab.web('policy.edit', { edit }, lab.token)),
    writeLog: (file, lines) => appendFile(join(log, file), lines.map((line) => `${line}\n`).join('')),
  };
};

/** A box whose set-up is finished, and a browser that is logged in. */
export const readyUi = async (
  t: Pick<ExecutionContext, 'teardown'>,
  { block = false }: { block?: boolean } = {},
): Promise<Ui & { admin: Browser }> => {
  const ui = await freshUi(t);
  const finish = { code: await ui.lab.code(), password: PASSWORD, visitor: '127.0.0.1', block };
  ui.lab.token = (await ui.lab.web('setup.finish', finish)).token;
  const admin = ui.browser();
  await admin.get('/login');
  await admin.submit('/login', { user: 'admin', password: PASSWORD });
  return { ...ui, admin };
};
