import type { Problem } from './problem.ts';
import type { Policy } from './schema.ts';

export type Collection = 'addresses' | 'addressGroups' | 'services' | 'serviceGroups';
export type Section = 'settings' | 'network' | 'dhcp' | 'dns' | 'proxy';

/** One change to a policy, as data. `value` is unknown: it comes from a form and is parsed here. */
export type Edit =
  /** Adds an object, or replaces the one called `was`; a changed name is followed everywhere. */
  | { do: 'save'; collection: Collection; was?: string; value: unknown }
  /** Refused while the object is in use. */
  | { do: 'delete'; collection: Collection; name: string }
  /** Adds a rule (no id) or replaces one. `position` counts from 0; default: last, or where it was. */
  | { do: 'saveRule'; id?: string; value: unknown; position?: number }
  | { do: 'deleteRule'; id: string }
  | { do: 'moveRule'; id: string; position: number }
  | { do: 'toggleRule'; id: string; enabled?: boolean; log?: boolean }
  /** Replaces the given fields of one section. */
  | { do: 'section'; section: Section; value: unknown }
  /** Replaces the whole policy. */
  | { do: 'replace'; value: unknown };

/** `at` is the path of the edited thing, so that a form can strip it from the problems' places. */
export type EditResult = { ok: true; policy: Policy; at: string } | { ok: false; problems: Problem[]; at: string };
