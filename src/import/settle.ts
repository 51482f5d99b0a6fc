import { parsePolicy } from '../policy/parse.ts';
import type { Problem } from '../policy/problem.ts';
import type { Address, Group, Policy, Rule, Service } from '../policy/schema.ts';
import { type Line, say } from './lines.ts';

/** Something that is to come into the policy, the lines that it comes from, and the name that the old files call it by. */
export type Entry<T> = { value: T; lines: Line[]; old: string };

/** A field of BOT's settings. */
export type Setting = {
  field: 'adminMac' | 'uiPort' | 'connectionState' | 'logging' | 'defaultDeny' | 'advancedMode';
  value: unknown;
  line: Line;
};

/** What the old files have given so far. */
export type Draft = {
  settings: Setting[];
  addresses: Entry<Address>[];
  services: Entry<Service>[];
  addressGroups: Entry<Group>[];
  serviceGroups: Entry<Group>[];
  rules: Entry<Rule>[];
};

/**
 * The policy with the draft in it. What the parser refuses leaves the draft, and its lines say the parser's own sentence. Null
 * when the policy that it should go into is no policy itself.
 */
export const settle = (base: Policy, draft: Draft): Policy | null => {
  for (;;) {
    const parsed = parsePolicy(together(base, draft));
    if (parsed.ok) return parsed.value;
    if (!dropAll(base, draft, parsed.problems)) return null;
  }
};

const lists = ['addresses', 'services', 'addressGroups', 'serviceGroups', 'rules'] as const;

const together = (base: Policy, draft: Draft): unknown => {
  const input: Record<string, unknown> = { ...base };
  for (const list of lists) input[list] = [...base[list], ...draft[list].map(({ value }) => value)];
  input.settings = {
    ...base.settings,
    ...Object.fromEntries(draft.settings.map(({ field, value }) => [field, value])),
  };
  return input;
};

/** False when no problem is one of the draft: then dropping would never come to an end. */
const dropAll = (base: Policy, draft: Draft, problems: Problem[]): boolean => {
  let dropped = false;
  const refuse = (lines: Line[], message: string) => {
    dropped = true;
    for (const line of lines) say(line, 'refused', message);
  };
  for (const list of lists) {
    const bad = new Map<number, string>();
    for (const { place, message } of problems) {
      const [collection, index] = place.split('/');
      const at = Number(index) - base[list].length;
      if (collection === list && at >= 0 && !bad.has(at)) bad.set(at, message);
    }
    const lost = new Set<Line>();
    for (const [at, message] of bad) {
      const lines = draft[list][at]?.lines ?? [];
      refuse(lines, message);
      for (const line of lines) lost.add(line);
    }
    // A line may have become two rules: one without the other would be another rule.
    const kept = (draft[list] as Entry<unknown>[]).filter(
      ({ lines }, at) => !bad.has(at) && !lines.some((line) => lost.has(line)),
    );
    draft[list] = kept as never;
  }
  for (const { place, message } of problems) {
    const [section, field] = place.split('/');
    const at =
      section === 'settings' || section === 'proxy' || section === 'ssh'
        ? draft.settings.findIndex((one) => one.field === field || section !== 'settings')
        : -1;
    const setting = draft.settings[at];
    if (setting === undefined) continue;
    refuse([setting.line], message);
    draft.settings.splice(at, 1);
  }
  return dropped;
};
