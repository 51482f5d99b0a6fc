import { chmod, chown, rm } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { z } from 'zod';
import { POLICY_BODY_MAX, type VerbName, type Verbs } from './api.ts';
import type { Box } from './box.ts';
import { type Caller, callerOf, tokenRefused, visitorOf } from './caller.ts';
import { Refusal } from './refusal.ts';
import { reaches, refusedRole } from './roles.ts';
import { noteUse } from './tokens.ts';
import { type Verb, verbOf } from './verbs.ts';
import { during } from './visit.ts';

// An `import` of node:http reads every export, `WebSocket` too, and that loads all of undici: 10 MB and a quarter of the start.
const { createServer } = process.getBuiltinModule('node:http');

/** Longest body of a request, in bytes; verbs that take a whole policy have a limit of their own. */
export const BODY_MAX = 1_000_000;

/** A Unix socket of the agent: `root` for root's own (0600), else the web process's (0660, group `group` unless null). */
export type SocketOptions = { path: string; root: boolean; group: number | null };

/** Listens on a Unix socket. Throws when another agent answers there. */
export const listen = async (box: Box, { path, root, group }: SocketOptions): Promise<Server> => {
  if (await answers(path)) throw new Error(`Another agent is running: it answers on ${path}.`);
  await rm(path, { force: true });
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    void respond(box, root, request, response);
  });
  server.maxConnections = 100;
  // Nobody may connect between bind and chmod.
  const umask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(umask);
  }
  if (!root && group !== null) await chown(path, 0, group);
  await chmod(path, root ? 0o600 : 0o660);
  return server;
};

const respond = async (box: Box, root: boolean, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  try {
    send(response, 200, await dispatch(box, root, request));
  } catch (error) {
    const refusal = error instanceof Refusal ? error : internal(request, error);
    const { status, message, problems, retryAfter } = refusal;
    if (retryAfter !== undefined) response.setHeader('Retry-After', retryAfter);
    send(response, status, { error: message, problems, ...(retryAfter === undefined ? {} : { retryAfter }) });
  }
};

/** What went wrong inside goes to the log and not to the visitor. */
const internal = (request: IncomingMessage, error: unknown): Refusal => {
  console.error(`${request.method} ${request.url}:`, error);
  return new Refusal(500, 'The agent made a mistake. The reason is in the system log of the box.');
};

const dispatch = async (box: Box, root: boolean, request: IncomingMessage): Promise<unknown> => {
  if (request.method !== 'POST') throw new Refusal(400, 'The agent only takes POST.');
  const name = (request.url ?? '').slice(1);
  const verb = verbOf(name);
  if (verb === null || (verb.access === 'root' && !root)) throw new Refusal(404, 'The agent knows no such verb.');
  const caller = await callerOf(box, root, request.headers.authorization ?? '', openedBy(request));
  authorise(verb, caller);
  if (caller.token !== null) noteUse(box, caller.token);
  const input = parseInput(await readBody(request, large.has(name) ? POLICY_BODY_MAX : BODY_MAX), verb.input);
  const visitor = request.headers['x-visitor'] ?? caller.session?.visitor ?? '';
  return during(visitorOf(String(visitor).slice(0, 64)), () =>
    verb.handle(box, input as Verbs[VerbName]['in'] as never, caller),
  );
};

/** What the header `x-opened` says; nothing without it. */
const openedBy = ({ headers }: IncomingMessage): number | null => {
  const seconds = Number.parseFloat(String(headers['x-opened'] ?? ''));
  return Number.isFinite(seconds) ? seconds : null;
};

const large: ReadonlySet<string> = new Set<VerbName>(['policy.edit', 'policy.check', 'policy.affects', 'policy.lint']);

/** Refuses whom the verb is not for. What an edit of the policy takes is decided where it is known. */
const authorise = ({ access, personal }: Verb<VerbName>, { root, role, token }: Caller): void => {
  if (root || access === 'public') return;
  if (role === null) throw new Refusal(401, 'Nobody is logged in.');
  if (!reaches(role, access)) throw new Refusal(403, refusedRole(role));
  if (personal && token !== null) throw new Refusal(403, tokenRefused);
};

/** By events: leaving a `for await` would destroy the socket, and the refusal could not be sent. The rest is read and dropped. */
const readBody = (request: IncomingMessage, max: number): Promise<string> =>
  new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= max) chunks.push(chunk);
      else {
        chunks = [];
        reject(new Refusal(413, `This is more than the agent accepts at once: at most ${max / 1_000_000} MB.`));
      }
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.on('error', reject);
  });

const parseInput = (body: string, schema: z.ZodType): unknown => {
  let document: unknown;
  try {
    document = body === '' ? {} : JSON.parse(body);
  } catch {
    throw new Refusal(400, 'The request is no JSON.');
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => ({ place: path.join('/'), owner: '', message }));
  throw new Refusal(400, 'The request has the wrong shape.', { problems });
};

const send = (response: ServerResponse, status: number, body: unknown): void => {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
};

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
