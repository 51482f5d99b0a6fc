import type { Context } from 'koa';
import { type Agent, AgentRefusal } from '../agent/client.ts';
import type { Edit } from '../policy/edit.ts';
import type { Problem } from '../policy/problem.ts';
import { tokenOf } from './context.ts';

/** The outcome of a change: done, with the number of connections cut, or why not. */
export type Saved = { ok: true; cut: number } | { ok: false; at: string; problems: Problem[]; moved?: boolean };

/** The revision that a form was made from, as its hidden field says; undefined when it names none. */
export const revisionOf = (fields: URLSearchParams): number | undefined => {
  const text = fields.get('revision') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
};

/**
 * The revision for a form that is shown again: still the one it was made from, so that the next try is refused as well when
 * somebody else saved; after such a refusal the newest, for then the owner was told.
 */
export const revisionAgain = (saved: Saved, sent: number | undefined, newest: number): number =>
  saved.ok || saved.moved === true ? newest : (sent ?? newest);

/** Makes one change to the policy. Refusals that the owner can mend come back as a value; everything else is thrown. `revision` refuses when somebody else saved since. */
export const saveEdit = async (agent: Agent, ctx: Context, edit: Edit, revision?: number): Promise<Saved> => {
  try {
    const input = revision === undefined ? { edit } : { edit, revision };
    const { cut } = await agent('policy.edit', input, tokenOf(ctx));
    return { ok: true, cut };
  } catch (error) {
    return refusalOf(agent, ctx, edit, error, revision);
  }
};

/** The same without doing it. */
export const checkEdit = async (agent: Agent, ctx: Context, edit: Edit): Promise<Saved> => {
  try {
    const { at, problems } = await agent('policy.check', { edit }, tokenOf(ctx));
    return problems.length === 0 ? { ok: true, cut: 0 } : { ok: false, at, problems };
  } catch (error) {
    if (!(error instanceof AgentRefusal) || error.status !== 413) throw error;
    return { ok: false, at: '', problems: orSentence(error) };
  }
};

/** What a saved change says on the next page. */
export const savedText = (cut: number, what = 'Saved.'): string =>
  cut === 0
    ? what
    : cut === 1
      ? `${what} One connection that is no longer allowed was cut.`
      : `${what} ${cut} connections that are no longer allowed were cut.`;

/** The faults in one line, for pages that have no field to put them at. */
export const problemText = (problems: Problem[]): string =>
  problems
    .map(({ owner, message }) => (owner === '' || message.includes(owner) ? message : `${owner}: ${message}`))
    .join(' ');

const meanwhile: Problem = {
  place: '',
  owner: '',
  message:
    'Somebody else saved a change while you were here. What you typed is still below: see whether it still fits, then save again.',
};

const refusalOf = async (
  agent: Agent,
  ctx: Context,
  edit: Edit,
  error: unknown,
  revision: number | undefined,
): Promise<Saved> => {
  if (!(error instanceof AgentRefusal)) throw error;
  // A refused load names no path of the edited thing: `check` tells it, and its problems if it has some.
  if (error.status === 422) {
    const { at, problems } = await agent('policy.check', { edit }, tokenOf(ctx));
    return { ok: false, at, problems: problems.length > 0 ? problems : orSentence(error) };
  }
  if (error.status === 409 && revision !== undefined) return { ok: false, at: '', problems: [meanwhile], moved: true };
  if ([400, 409, 413].includes(error.status)) return { ok: false, at: '', problems: orSentence(error) };
  throw error;
};

const orSentence = (error: AgentRefusal): Problem[] =>
  error.problems.length > 0 ? error.problems : [{ place: '', owner: '', message: error.message }];
