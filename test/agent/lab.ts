import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import type { Role, VerbName, Verbs } from '../../src/agent/api.ts';
import type { Box } from '../../src/agent/box.ts';
import { type Agent, AgentRefusal, connectAgent } from '../../src/agent/client.ts';
import { listen } from '../../src/agent/server.ts';
import { start } from '../../src/agent/start.ts';
import { disk } from '../../src/store/disk.ts';
import { openSecrets } from '../../src/store/secrets.ts';
import { openRun, openStore } from '../../src/store/store.ts';
import { Twin } from './twin.ts';

export const PASSWORD = 'correct horse battery';
export const VISITOR = '192.168.51.25';
export const ADMIN_MAC = '00:16:3e:00:00:25';

/** An agent on real sockets with a real store in a temporary directory; only the machine is a twin, and the uptime stands still. */
export type Lab = {
  twin: Twin;
  box: Box;
  web: Agent;
  root: Agent;
  data: string;
  run: string;
  /** Seconds since the machine's start; may be moved. */
  time: { now: number };
  /** Ends the agent and starts another on the same files, as supervise-daemon does. `reboot` empties RUN and the kernel's memory too. */
  restart(reboot?: boolean): Promise<void>;
  code(): Promise<string>;
  token: string;
  /** Read at each start. */
  trials: boolean;
  /** When web's visitor connected. */
  opened: () => number | undefined;
};

/** A box fresh out of the image: set-up is to be done. */
export const freshLab = async (t: ExecutionContext): Promise<Lab> => {
  const directory = await mkdtemp(join(tmpdir(), 'greengate-agent-'));
  const lab = {
    twin: new Twin(),
    data: join(directory, 'data'),
    run: join(directory, 'run'),
    time: { now: 1000 },
    token: '',
    trials: false,
    opened: () => undefined,
  } as Lab;
  let close = await open(lab);
  lab.restart = async (reboot = false) => {
    await close();
    if (reboot) {
      await rm(lab.run, { recursive: true });
      lab.twin.held = null;
      lab.twin.released = false;
      lab.twin.packets = {};
    }
    close = await open(lab);
  };
  lab.code = async () => (await readFile(join(lab.run, 'setup-code'), 'utf8')).trim();
  t.teardown(async () => {
    await close();
    await rm(directory, { recursive: true, force: true });
  });
  return lab;
};

/** A box whose set-up is finished, with BOT as given, and the admin logged in. */
export const readyLab = async (t: ExecutionContext, { block }: { block: boolean }): Promise<Lab> => {
  const lab = await freshLab(t);
  const finish = { code: await lab.code(), password: PASSWORD, visitor: VISITOR, block };
  lab.token = (await lab.web('setup.finish', finish)).token;
  await Promise.all(lab.box.later);
  lab.twin.done = [];
  return lab;
};

/** A further user, logged in; gives the token. The password is `NAME password`. */
export const addUser = async (lab: Lab, name: string, role: Role): Promise<string> => {
  const password = `${name} password`;
  await lab.web('users.save', { name, role, create: true, password: PASSWORD, newPassword: password }, lab.token);
  return (await lab.web('login', { user: name, password, visitor: VISITOR })).token;
};

/** The refusal of a call that must be refused. */
export const refusal = async (t: ExecutionContext, call: Promise<unknown>): Promise<AgentRefusal> => {
  const error = await t.throwsAsync(call, { instanceOf: AgentRefusal });
  return error as AgentRefusal;
};

/** A verb whose input is of the wrong kind on purpose. */
export const raw = (agent: Agent, verb: string, input: unknown, token?: string): Promise<unknown> =>
  agent(verb as VerbName, input as Verbs[VerbName]['in'], token);

const open = async (lab: Lab): Promise<() => Promise<void>> => {
  const clock = () => Math.floor(Date.now() / 1000);
  const secrets = openSecrets({
    disk,
    root: lab.data,
    webGroup: null,
    clock,
    openssl: 'openssl',
    run: async (program, args, input) => (await execa(program, args, { input: input ?? '' })).stdout,
  });
  const [store, run] = [await openStore(disk, lab.data, clock), openRun(disk, lab.run)];
  lab.box = await start({
    machine: lab.twin,
    store,
    run,
    secrets,
    clock,
    uptime: () => lab.time.now,
    trials: lab.trials,
  });
  const paths = { web: join(lab.run, 'web.sock'), root: join(lab.run, 'root.sock') };
  const servers = [
    await listen(lab.box, { path: paths.web, root: false, group: null }),
    await listen(lab.box, { path: paths.root, root: true, group: null }),
  ];
  lab.web = connectAgent(paths.web, 60_000, () => lab.opened());
  lab.root = connectAgent(paths.root);
  return async () => {
    await Promise.all(lab.box.later);
    for (const server of servers) await new Promise((resolve) => server.close(resolve));
  };
};
