import type { Problem } from '../policy/problem.ts';

/** The agent's "no", in the visitor's words. `status` is the HTTP status of HACKING.md's table; `retryAfter` is seconds. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: RefusalStatus;
  readonly problems: Problem[];
  readonly retryAfter: number | undefined;

  constructor(status: RefusalStatus, message: string, more: { problems?: Problem[]; retryAfter?: number } = {}) {
    super(message);
    this.status = status;
    this.problems = more.problems ?? [];
    this.retryAfter = more.retryAfter;
  }
}

/** A refusal for one field of a form. */
export const fieldRefusal = (status: RefusalStatus, place: string, message: string): Refusal =>
  new Refusal(status, message, { problems: [{ place, owner: '', message }] });

export type RefusalStatus = 400 | 401 | 403 | 404 | 409 | 413 | 422 | 429 | 500;
