import type { Problem } from '../policy/problem.ts';
import type { VerbName, Verbs } from './api.ts';

// An `import` of node:http reads every export, `WebSocket` too, and that loads all of undici: 10 MB and a quarter of the start.
const { request } = process.getBuiltinModule('node:http');

/**
 * The agent as its callers see it: one typed call per verb. `token` is the session's or an API token; leave it out for verbs
 * without one. `visitor` is the address to be recorded, where it is not that of the session's login.
 */
export type Agent = <V extends VerbName>(
  verb: V,
  input: Verbs[V]['in'],
  token?: string,
  visitor?: string,
) => Promise<Verbs[V]['out']>;

/** The agent answered, and refused. `status` is the HTTP status of HACKING.md's table. */
export class AgentRefusal extends Error {
  override readonly name = 'AgentRefusal';
  readonly status: number;
  readonly problems: Problem[];
  /** Seconds to wait, with 429. */
  readonly retryAfter: number;

  constructor(status: number, message: string, problems: Problem[], retryAfter: number) {
    super(message);
    this.status = status;
    this.problems = problems;
    this.retryAfter = retryAfter;
  }
}

/** The agent did not answer: it is not running, is restarting, or took longer than `timeout`. */
export class AgentSilent extends Error {
  override readonly name = 'AgentSilent';
}

/**
 * An agent behind a Unix socket. `timeout` is milliseconds without an answer; a policy change may take several seconds. `opened` says when
 * the visitor in whose name a call is made has connected, as the machine's uptime in seconds.
 */
export const connectAgent =
  (socketPath: string, timeout = 60_000, opened: () => number | undefined = () => undefined): Agent =>
  async (verb, input, token, visitor) => {
    const since = opened();
    const headers = {
      ...(since === undefined ? {} : { 'x-opened': String(since) }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(visitor === undefined ? {} : { 'x-visitor': visitor }),
    };
    const { status, text } = await post(socketPath, verb, JSON.stringify(input), headers, timeout);
    const answer = parse(text, verb);
    if (status === 200) return answer as never;
    const { error, problems, retryAfter } = answer as { error?: string; problems?: Problem[]; retryAfter?: number };
    throw new AgentRefusal(status, error ?? `The agent answered ${status}.`, problems ?? [], retryAfter ?? 0);
  };

const post = (socketPath: string, verb: string, body: string, extra: Record<string, string>, timeout: number) =>
  new Promise<{ status: number; text: string }>((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...extra,
    };
    const silent = (cause: unknown) => reject(new AgentSilent(`The agent does not answer ${verb}`, { cause }));
    const sent = request({ socketPath, path: `/${verb}`, method: 'POST', headers, agent: false, timeout }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', silent);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
    });
    sent.on('timeout', () => sent.destroy(new Error('timed out')));
    sent.on('error', silent);
    sent.end(body);
  });

const parse = (text: string, verb: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AgentSilent(`The agent's answer to ${verb} is no JSON`, { cause });
  }
};
