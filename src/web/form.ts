import type { Context } from 'koa';
import type { Problem } from '../policy/problem.ts';

/** The fields that a form sent. Read from the raw text: names with brackets mean nothing special. */
export const fieldsOf = (ctx: Context): URLSearchParams =>
  new URLSearchParams((ctx.request as { rawBody?: string }).rawBody ?? '');

/** What a form shows: what was typed, and what is wrong with it. Checkboxes are `on` or empty. */
export type Form = {
  value: (name: string) => string;
  on: (name: string) => boolean;
  error: (name: string) => string;
  /** Faults that belong to no field of this form. */
  general: string[];
  failed: boolean;
};

/** A form with nothing wrong in it, or with these faults. */
export const formOf = (values: Record<string, string>, faults: Faults = noFaults): Form => ({
  value: (name) => values[name] ?? '',
  on: (name) => values[name] === 'on',
  error: (name) => faults.fields[name] ?? '',
  general: faults.general,
  failed: faults.general.length > 0 || Object.keys(faults.fields).length > 0,
});

/** The named fields as sent; missing ones are empty, as unticked boxes are. */
export const take = <Name extends string>(fields: URLSearchParams, names: readonly Name[]): Record<Name, string> =>
  Object.fromEntries(names.map((name) => [name, fields.get(name) ?? ''])) as Record<Name, string>;

/** Faults by field. One sentence per field: the first. */
export type Faults = { fields: Record<string, string>; general: string[] };

export const noFaults: Faults = { fields: {}, general: [] };

/** The faults of one field, or of the whole form when `field` is empty. */
export const fault = (field: string, message: string): Faults =>
  field === '' ? { fields: {}, general: [message] } : { fields: { [field]: message }, general: [] };

/**
 * Problems of an edit, sorted to the fields of its form. `at` is the path of the edited thing; `fieldOf` names the field of
 * a place below it, and answers undefined for places that the form does not show.
 */
export const faultsOf = (
  { at, problems }: { at: string; problems: Problem[] },
  fieldOf: (place: string) => string | undefined,
): Faults => {
  const faults: Faults = { fields: {}, general: [] };
  for (const problem of problems) {
    const inside = problem.place === at || problem.place.startsWith(`${at}/`);
    const field = inside ? fieldOf(problem.place.slice(at.length + 1)) : undefined;
    if (field !== undefined) faults.fields[field] ??= problem.message;
    else if (inside || problem.owner === '') faults.general.push(problem.message);
    else faults.general.push(`${problem.owner}: ${problem.message}`);
  }
  return faults;
};
