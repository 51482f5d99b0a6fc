import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { connectAgent } from './agent/client.ts';
import { openLogs } from './logs/open.ts';
import { createApp } from './web/app.ts';
import others from './web/assets.json' with { type: 'json' };
import { loadAssets } from './web/assets.ts';
import { noteConnections, openedNow } from './web/connection.ts';
import { readWebPlan, serveByPlan, type WebPlan } from './web/listen.ts';

const { GREENGATE_DATA = '/var/lib/greengate', GREENGATE_RUN = '/run/greengate' } = process.env;
const { GREENGATE_LOG = '/var/log/greengate', GREENGATE_WEB_LISTEN = '' } = process.env;

const report = (message: string, error?: unknown): void =>
  console.error(...(error === undefined ? [message] : [`${message}:`, error]));

/** On the box, views and assets lie beside the bundle; in development, in the room and in node_modules. */
const here = import.meta.dirname;
const bundled = existsSync(join(here, 'static'));
const assets = bundled
  ? loadAssets(join(here, 'static'))
  : loadAssets(
      join(here, 'web/static'),
      Object.fromEntries(Object.entries(others).map(([name, path]) => [name, join(here, '../node_modules', path)])),
    );

const logs = openLogs({ directory: GREENGATE_LOG, onProblem: report });
logs.start();

const planPath = join(GREENGATE_RUN, 'plan/web.json');
let plan: () => WebPlan | null = () => {
  try {
    return readWebPlan(planPath);
  } catch {
    return null;
  }
};

const app = createApp({
  agent: connectAgent(join(GREENGATE_RUN, 'web.sock'), undefined, openedNow),
  logs,
  assets,
  views: join(here, bundled ? 'views' : 'web/views'),
  names: () => plan()?.names ?? [],
  report,
});

if (GREENGATE_WEB_LISTEN === '') {
  const serving = serveByPlan({
    handler: app.callback(),
    plan: planPath,
    tls: join(GREENGATE_DATA, 'tls'),
    fingerprint: join(GREENGATE_RUN, 'fingerprint'),
    report,
  });
  plan = serving.plan;
} else {
  // Development and tests only, and on this machine only: plain HTTP.
  const port = Number(/^(?:127\.0\.0\.1:|localhost:)?(\d+)$/.exec(GREENGATE_WEB_LISTEN)?.[1] ?? Number.NaN);
  if (!(port > 0)) throw new Error('GREENGATE_WEB_LISTEN takes a port of this machine: 127.0.0.1:8445');
  noteConnections(
    app.listen(port, '127.0.0.1', () => console.log(`The user interface is at http://127.0.0.1:${port}/`)),
  );
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    logs.close();
    process.exit(0);
  });
}
