import type { Agent } from '../../agent/client.ts';
import type { LogReader } from '../ports.ts';
import type { SchemaName } from './schemas.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One request, read: `agent` asks with the caller's own token; `revision` is what If-Match named. */
export type Call = {
  agent: Agent;
  logs: LogReader;
  /** Name of the user whose token it is; empty for calls without one. */
  user: string;
  params: Record<string, string>;
  query: Record<string, string>;
  body: unknown;
  revision: number | undefined;
};

/** What is answered: `revision` becomes the ETag, `location` a path below the API. */
export type Reply = { status?: 200 | 201; body: unknown; revision?: number; location?: string };

/** One field of the query. */
export type QueryField = { type: 'string' | 'integer' | 'boolean'; text: string };

/**
 * One call of the API. This table drives both the router and the OpenAPI document, so that neither can know a call that the
 * other does not.
 */
export type Route = {
  method: Method;
  /** Below `/api/v1`, with parameters in braces: `/rules/{id}`. */
  path: string;
  tag: string;
  summary: string;
  /** Needs no token. */
  open?: boolean;
  /** The answer comes from the policy: it has an ETag, and If-None-Match is heeded. */
  policy?: boolean;
  /** It says what a change would do, without doing it: If-Match is heeded. */
  draft?: boolean;
  query?: Record<string, QueryField>;
  body?: { schema: SchemaName; example: unknown; optional?: boolean; large?: boolean };
  answer: { schema: SchemaName; list?: boolean; created?: boolean; text: string };
  run: (call: Call) => Promise<Reply>;
};

/** A refusal of the API itself, in the shape of the agent's. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly status: number;
  readonly place: string;

  constructor(status: number, message: string, place = '') {
    super(message);
    this.status = status;
    this.place = place;
  }
}
