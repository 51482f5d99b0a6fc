import { request as ask, type IncomingHttpHeaders, Agent as Pool, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import type { Role } from '../../../src/agent/api.ts';
import type { User } from '../../../src/agent/ports.ts';
import { PASSWORD } from '../../agent/lab.ts';
import { fillHostile, fillOffice, fillPeople } from '../../web/fill.ts';
import { type Form, parseHtml } from '../../web/page.ts';
import { readyUi, type Ui } from '../../web/ui.ts';

/** What a server said. `status` 0: it closed the connection without a word that is HTTP. */
export type Answer = { status: number; headers: IncomingHttpHeaders; body: string };

export type Sent = { method: string; path: string; headers?: Record<string, string>; body?: string | Buffer };

/** A box of the fuzzer: the real web process's app, agent, store and logs; the machine is the tests' twin. */
export type World = {
  ui: Ui;
  /** Session and API token of each role; repaired when a case ends or takes them. */
  sessions: Record<Role, { token: string; csrf: string }>;
  tokens: Record<Role, string>;
  users: User[];
  /** Every form that a page has, by its method and address, and every link. */
  forms: (Form & { page: string })[];
  links: string[];
  /** The page of the last answer that was one. */
  last: string;
  web: (sent: Sent) => Promise<Answer>;
  agent: (root: boolean, sent: Sent) => Promise<Answer>;
  /** Bytes as they are, to the web port or one of the agent's sockets. */
  bytes: (where: 'web' | 'agent' | 'root', bytes: Buffer) => Promise<string>;
  repair: () => Promise<void>;
  close: () => Promise<void>;
};

/** Milliseconds in which an answer must come, however loaded the machine is. */
const PATIENCE = 60_000;

/** The number of a generation that is kept, as a rule. */
export const keptNumber = (world: World, which = 0): number =>
  Math.max(1, world.ui.lab.box.generation.number - (which % 8));

export const openWorld = async (): Promise<World> => {
  const ends: (() => unknown)[] = [];
  const ui = await readyUi({ teardown: (end) => void ends.push(end) });
  await fillOffice(ui);
  await fillPeople(ui);
  await fillHostile(ui);
  const pool = new Pool({ keepAlive: true, maxSockets: 2 });
  const { hostname, port } = new URL(ui.url);
  const world = {
    ui,
    last: '',
    forms: [] as World['forms'],
    links: [] as string[],
    web: (sent: Sent) => exchange({ host: hostname, port, agent: pool }, sent),
    agent: (root: boolean, sent: Sent) => exchange({ socketPath: socketOf(ui, root), agent: pool }, sent),
    bytes: (where: 'web' | 'agent' | 'root', bytes: Buffer) =>
      shout(where === 'web' ? { host: hostname, port: Number(port) } : { path: socketOf(ui, where === 'root') }, bytes),
    close: async () => {
      pool.destroy();
      for (const end of ends.reverse()) await end();
    },
  } as unknown as World;
  await keepPeople(world);
  found ??= await crawl(world);
  Object.assign(world, found);
  return world;
};

const socketOf = (ui: Ui, root: boolean): string => `${ui.lab.run}/${root ? 'root' : 'web'}.sock`;

const names = { administrator: 'admin', operator: 'eva', viewer: 'receptionist.of.the.branch.office' } as const;

/** A session and a token for every role, and what is done when a case has taken them. */
const keepPeople = async (world: World): Promise<void> => {
  const { box, root } = world.ui.lab;
  world.sessions = {} as World['sessions'];
  world.tokens = {} as World['tokens'];
  for (const [role, user] of Object.entries(names) as [Role, string][]) {
    world.sessions[role] = await box.sessions.grant(user);
    const password = role === 'administrator' ? PASSWORD : 'another long password';
    const made = { name: `fuzz ${role}`, role, expires: null, password };
    world.tokens[role] = (await world.ui.lab.web('tokens.create', made, world.sessions[role].token)).token;
  }
  world.users = await box.store.users();
  const seeded = (await root('policy.get', {})).policy;
  let looked = -1;
  world.repair = async () => {
    await box.lock(async () => {
      const now = await box.store.users();
      if (world.users.every((user) => now.some((one) => same(one, user)))) return;
      const others = now.filter(({ name }) => !world.users.some((user) => user.name === name));
      await box.store.setUsers([...world.users, ...others].slice(0, 60));
      await box.code.withdraw();
    });
    for (const [role, user] of Object.entries(names) as [Role, string][])
      if ((await box.sessions.find(world.sessions[role].token)) === null)
        world.sessions[role] = await box.sessions.grant(user);
    const { policy, number } = box.generation;
    if (number === looked) return;
    looked = number;
    if (JSON.stringify(policy).length > 200_000 || policy.rules.length === 0)
      await root('policy.edit', { edit: { do: 'replace', value: seeded } });
  };
};

/** The same user with the same secrets; when a token was last used does not count. */
const same = (one: User, other: User): boolean => secrets(one) === secrets(other);

const secrets = ({ tokens, ...user }: User): string =>
  JSON.stringify([user, tokens.map((token) => ({ ...token, used: null }))]);

type Found = Pick<World, 'forms' | 'links'>;

/** The same on every box: found once in a process. */
let found: Found | undefined;

/** Follows the links from Home once, and keeps the forms. */
const crawl = async (world: World): Promise<Found> => {
  const [forms, links]: [World['forms'], string[]] = [[], []];
  const waiting = ['/'];
  const seen = new Set(waiting);
  const shapes = new Set<string>();
  for (let path = waiting.shift(); path !== undefined && seen.size < 600; path = waiting.shift()) {
    const headers = { cookie: `greengate-session=${world.sessions.administrator.token}` };
    const answer = await world.web({ method: 'GET', path, headers });
    if (answer.status !== 200 || !String(answer.headers['content-type']).includes('html')) continue;
    const page = parseHtml(answer.body);
    for (const form of page.forms) {
      const action = form.action === '' ? path : form.action;
      const shape = `${form.method} ${action.replace(/\/r\d+/, '')} ${form.fields.map(([name]) => name).join()}`.slice(
        0,
        300,
      );
      if (!shapes.has(shape)) forms.push({ ...form, action, page: path });
      shapes.add(shape);
    }
    for (const link of page.links) {
      // One of each kind of page is enough.
      const kind = link.replace(/\?.*/, (query) => query.replaceAll(/=[^&]*/g, '')).replace(/\/r\d+/, '/r');
      if (!/^\/(?!\/)/.test(link) || seen.has(kind)) continue;
      seen.add(kind);
      links.push(link);
      waiting.push(link);
    }
  }
  return { forms, links };
};

const exchange = (where: RequestOptions, { method, path, headers, body }: Sent): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body as string)) };
    const sent = ask({ ...where, method, path, headers: { ...length, ...headers }, timeout: PATIENCE }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${PATIENCE / 1000} s`)));
    sent.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE'
        ? resolve({ status: 0, headers: {}, body: '' })
        : reject(error),
    );
    sent.end(body);
  });

/** Waits a moment for what comes back, then hangs up: what is half a request may wait for its other half. */
const shout = (where: { host: string; port: number } | { path: string }, bytes: Buffer): Promise<string> =>
  new Promise((resolve) => {
    let heard = '';
    const socket = connect(where as { path: string });
    const done = () => {
      socket.destroy();
      resolve(heard);
    };
    socket.setTimeout(15, done);
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
    });
    socket.on('error', done);
    socket.on('close', done);
    socket.write(bytes);
  });
