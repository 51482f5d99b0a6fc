import { oneToTwo } from './migrations/1-to-2.ts';
import type { Result } from './problem.ts';
import { SCHEMA } from './schema.ts';

/** A policy of an older version as one of this version, unparsed. One of a newer version is refused; anything else is left for the parser. */
export const migrate = (input: unknown): Result<unknown> => {
  const version = (input as { schema?: unknown } | null)?.schema;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) return { ok: true, value: input };
  if (version > SCHEMA) {
    const message =
      `This policy was written by a newer Greengate (schema ${version}); this one reads up to schema ${SCHEMA}. ` +
      'Update this box first.';
    return { ok: false, problems: [{ place: 'schema', owner: '', message }] };
  }
  return { ok: true, value: steps.slice(version - 1).reduce((policy, step) => step(policy), input) };
};

/** The step from version 1, from version 2 … in order. */
const steps: ((policy: unknown) => unknown)[] = [oneToTwo];
