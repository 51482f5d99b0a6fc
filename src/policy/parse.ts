import { migrate } from './migrate.ts';
import type { Problem, Result } from './problem.ts';
import { type Policy, policySchema } from './schema.ts';
import { semanticProblems } from './semantics.ts';

/** Reads a policy from anything, older versions included. Every fault is collected, with its place; unknown fields are faults. */
export const parsePolicy = (given: unknown): Result<Policy> => {
  const migrated = migrate(given);
  if (!migrated.ok) return migrated;
  const input = migrated.value;
  const parsed = policySchema.safeParse(input);
  if (!parsed.success) return { ok: false, problems: parsed.error.issues.flatMap((issue) => toProblems(issue, input)) };
  const problems = semanticProblems(parsed.data);
  return problems.length === 0 ? { ok: true, value: parsed.data } : { ok: false, problems };
};

type Issue = { code: string; path: PropertyKey[]; message: string; keys?: string[]; errors?: Issue[][] };

const toProblems = (issue: Issue, input: unknown): Problem[] => {
  const owner = ownerOf(issue.path, input);
  if (issue.code === 'unrecognized_keys') {
    return (issue.keys ?? []).map((key) => ({
      place: placeOf([...issue.path, key]),
      owner,
      message: `Greengate knows no field called ${JSON.stringify(key)} here.`,
    }));
  }
  return [{ place: placeOf(issue.path), owner, message: sentence(issue) }];
};

/** Unions such as "empty or an address" carry the useful message inside; the last branch is the strict one. zod's own words are not the owner's. */
const sentence = ({ code, message, errors }: Issue): string => {
  const said = code === 'invalid_union' ? (errors?.at(-1)?.[0]?.message ?? 'Invalid input') : message;
  if (said.endsWith('received undefined')) return 'This is missing.';
  if (/^(Invalid|Too) /.test(said)) return 'This value is not one of those allowed here.';
  return /[.]$/.test(said) ? said : `${said}.`;
};

const placeOf = (path: PropertyKey[]): string => path.map(String).join('/');

/** The name or remark of the innermost thing on the path that has one. */
const ownerOf = (path: PropertyKey[], input: unknown): string => {
  let owner = '';
  let here: unknown = input;
  for (const step of path) {
    if (typeof here !== 'object' || here === null) break;
    here = (here as Record<PropertyKey, unknown>)[step];
    const { name, remark } = (here ?? {}) as { name?: unknown; remark?: unknown };
    if (typeof name === 'string') owner = name;
    else if (typeof remark === 'string') owner = remark;
  }
  return owner;
};
