import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { attempt, type Box } from './agent/box.ts';
import { attendConsole } from './agent/console.ts';
import { renewCertificate } from './agent/effects.ts';
import { listen } from './agent/server.ts';
import { start } from './agent/start.ts';
import { attendTrial } from './agent/trial.ts';
import { openUpkeep } from './agent/upkeep.ts';
import { openWatch } from './agent/watch.ts';
import { createMachine } from './machine/machine.ts';
import { run } from './machine/run.ts';
import { users } from './plan/users.ts';
import { disk } from './store/disk.ts';
import { openSecrets } from './store/secrets.ts';
import { openRun, openStore } from './store/store.ts';

const env = process.env;
const directories = {
  data: env.GREENGATE_DATA ?? '/var/lib/greengate',
  run: env.GREENGATE_RUN ?? '/run/greengate',
  lib: env.GREENGATE_LIB ?? '/usr/lib/greengate',
  log: env.GREENGATE_LOG ?? '/var/log/greengate',
};

/** Seconds between looks at the certificates, which expire while the agent runs. */
const HOUR = 3600;

/** How often the agent looks for what the console left and for what the rules in force need, in milliseconds. */
const ATTEND_EVERY = 5000;

const main = async (): Promise<void> => {
  const clock = () => Math.floor(Date.now() / 1000);
  const webGroup = process.getuid?.() === 0 ? users.web : null;
  const root = directories.data;
  const box = await start({
    machine: createMachine({ directories, manager: env.GREENGATE_RC ?? '/sbin/rc-service' }),
    store: await openStore(disk, root, clock),
    run: openRun(disk, directories.run),
    secrets: openSecrets({
      disk,
      root,
      webGroup,
      clock,
      openssl: 'openssl',
      run: (program, args, input) => run(program, args, input === undefined ? {} : { input }),
    }),
    clock,
    uptime,
    trials: true,
  });
  const sockets = [join(directories.run, 'root.sock'), join(directories.run, 'web.sock')] as const;
  const servers = [
    await listen(box, { path: sockets[0], root: true, group: null }),
    await listen(box, { path: sockets[1], root: false, group: webGroup }),
  ];
  const upkeep = openUpkeep(box);
  const watch = openWatch(box);
  let busy = false;
  let renewed = uptime();
  const timer = setInterval(async () => {
    if (busy) return;
    busy = true;
    await attempt(box, 'console', CONSOLE_TROUBLE, () => attendConsole(box));
    await attendTrial(box).catch(console.error);
    if (uptime() - renewed > HOUR) {
      renewed = uptime();
      await box.lock(() => renewCertificate(box));
    }
    // Pictures are worth no notice: the next look may work.
    await watch().catch(console.error);
    await upkeep().finally(() => {
      busy = false;
    });
  }, ATTEND_EVERY);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      clearInterval(timer);
      void end(box, servers, sockets);
    });
  }
  console.log(`greengate agent: generation ${box.generation.number}, listening on ${sockets.join(' and ')}`);
};

const CONSOLE_TROUBLE = 'What the console left for the agent could not be read.';

/** A change under way is finished; the rules stay as they are. */
const end = async (box: Box, servers: Server[], sockets: readonly string[]): Promise<void> => {
  const patience = setTimeout(() => process.exit(1), 20_000);
  for (const server of servers) server.close();
  await box.lock(async () => {});
  await Promise.all(box.later);
  for (const server of servers) server.closeAllConnections();
  for (const path of sockets) await rm(path, { force: true });
  clearTimeout(patience);
  process.exit(0);
};

await main();
