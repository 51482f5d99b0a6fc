import { normalAddress } from './address.ts';
import { followGreen } from './follow-green.ts';
import { parsePolicy } from './parse.ts';
import type { Problem } from './problem.ts';
import { renamed } from './rename.ts';
import { sameName } from './resolve.ts';
import type { Policy, Rule } from './schema.ts';
import { usedBy } from './used-by.ts';

export type Collection = 'addresses' | 'addressGroups' | 'services' | 'serviceGroups';
export type Section = 'settings' | 'network' | 'dhcp' | 'dns' | 'proxy' | 'time' | 'ssh';

/** One change to a policy, as data. `value` is unknown: it comes from a form and is parsed here. */
export type Edit =
  /** Adds an object, or replaces the one called `was`; a changed name is followed everywhere. A new one goes to `position` (from 0), else to the end. */
  | { do: 'save'; collection: Collection; was?: string; position?: number; value: unknown }
  /** Refused while the object is in use. */
  | { do: 'delete'; collection: Collection; name: string }
  /** Adds a rule (no id) or replaces one. `position` counts from 0; default: last, or where it was. With `restore` it brings a deleted one back under its id. */
  | { do: 'saveRule'; id?: string; value: unknown; position?: number; restore?: boolean }
  | { do: 'deleteRule'; id: string }
  | { do: 'moveRule'; id: string; position: number }
  | { do: 'toggleRule'; id: string; enabled?: boolean; log?: boolean }
  /** Replaces the given fields of one section. */
  | { do: 'section'; section: Section; value: unknown }
  /** Blocks a host or lets it through until a moment (null: until it is ended); replaces what there is for that host. */
  | { do: 'block'; host: string; action: 'drop' | 'accept'; until: number | null; by?: string; remark?: string }
  | { do: 'unblock'; id: string }
  /** Several edits in order as one, all or none. */
  | { do: 'batch'; edits: Edit[] }
  /** Replaces the whole policy. */
  | { do: 'replace'; value: unknown };

/** `at` is the path of the edited thing, so that a form can strip it from the problems' places; `ats` those of a batch, in its order. */
export type EditResult = { at: string; ats?: string[] } & (
  | { ok: true; policy: Policy }
  | { ok: false; problems: Problem[] }
);

/** The policy after one edit, parsed as a whole; or the problems, and the policy is as it was. */
export const applyEdit = (policy: Policy, edit: Edit): EditResult => {
  const draft = draftOf(policy, edit);
  if ('problem' in draft)
    return { ok: false, at: draft.at, problems: [{ place: draft.at, owner: '', message: draft.problem }] };
  if ('problems' in draft) return { ok: false, ...draft };
  const { at, ats } = draft;
  const parsed = parsePolicy(draft.policy);
  const where = ats === undefined ? { at } : { at, ats };
  return parsed.ok ? { ok: true, ...where, policy: parsed.value } : { ok: false, ...where, problems: parsed.problems };
};

/** The number of the next id, of a rule (`r7`) or a block (`b7`): one that neither has now or ever had. */
export const freeNumber = ({ rules, blocks, lastId }: Policy): number =>
  [...rules, ...blocks].reduce(
    (highest, { id }) => Math.max(highest, Number(/^[rb](\d{1,8})$/.exec(id)?.[1] ?? 0)),
    lastId,
  ) + 1;

/** The id of the next rule. */
export const freeRuleId = (policy: Policy): string => `r${freeNumber(policy)}`;

type Draft =
  | { policy: unknown; at: string; ats?: string[] }
  | { problem: string; at: string }
  | { problems: Problem[]; at: string };

const draftOf = (policy: Policy, edit: Edit): Draft => {
  switch (edit.do) {
    case 'save':
      return saveObject(policy, edit);
    case 'delete':
      return deleteObject(policy, edit);
    case 'saveRule':
      return saveRule(policy, edit);
    case 'deleteRule':
      return withRule(policy, edit.id, (rules, index) => rules.toSpliced(index, 1));
    case 'moveRule':
      return withRule(policy, edit.id, (rules, index, rule) =>
        rules.toSpliced(index, 1).toSpliced(edit.position, 0, rule),
      );
    case 'toggleRule':
      return withRule(policy, edit.id, (rules, index, rule) =>
        rules.with(index, { ...rule, enabled: edit.enabled ?? rule.enabled, log: edit.log ?? rule.log }),
      );
    case 'section':
      return changeSection(policy, edit.section, merge(policy[edit.section], edit.value));
    case 'block':
      return addBlock(policy, edit);
    case 'unblock':
      return endBlock(policy, edit.id);
    case 'batch':
      return batch(policy, edit.edits);
    case 'replace':
      return { at: '', policy: edit.value };
  }
};

/** Each step sees what the ones before it made; parsed is the end only, so that an object and what names it may come in any order. */
const batch = (policy: Policy, edits: Edit[]): Draft => {
  let draft: Extract<Draft, { policy: unknown }> = { at: '', policy };
  const ats: string[] = [];
  for (const edit of edits) {
    const next = step(draft.policy as Policy, edit);
    if (!('policy' in next)) return next;
    ats.push(...(next.ats ?? [next.at]));
    draft = next;
  }
  return { ...draft, ats };
};

/** What a step before this one left may have no shape yet that a later one can look into: then its faults are the answer. */
const step = (policy: Policy, edit: Edit): Draft => {
  try {
    return draftOf(policy, edit);
  } catch (error) {
    const parsed = parsePolicy(policy);
    if (parsed.ok) throw error;
    return { at: '', problems: parsed.problems };
  }
};

const addBlock = (policy: Policy, { host, action, until, by, remark }: Extract<Edit, { do: 'block' }>): Draft => {
  const wanted = normalAddress(host.trim());
  const others = policy.blocks.filter((one) => one.host !== wanted);
  const number = freeNumber(policy);
  const block = {
    id: `b${number}`,
    host,
    action,
    until,
    by: (by ?? '').slice(0, 64),
    remark: remark ?? '',
  };
  return { at: `blocks/${others.length}`, policy: { ...policy, lastId: number, blocks: [...others, block] } };
};

const endBlock = (policy: Policy, id: string): Draft =>
  policy.blocks.some((one) => one.id === id)
    ? { at: 'blocks', policy: { ...policy, blocks: policy.blocks.filter((one) => one.id !== id) } }
    : { at: 'blocks', problem: 'This is over already: somebody ended it.' };

const changeSection = (policy: Policy, section: Section, value: unknown): Draft => {
  const draft = { ...policy, [section]: value };
  if (section !== 'network') return { at: section, policy: draft };
  const dhcp = followGreen(policy.dhcp, policy.network.green, (value as Partial<Policy['network']> | null)?.green);
  return { at: section, policy: { ...draft, dhcp } };
};

const saveObject = (policy: Policy, edit: Extract<Edit, { do: 'save' }>): Draft => {
  const list = policy[edit.collection] as { name: string }[];
  const end = Math.min(edit.position ?? list.length, list.length);
  const index = edit.was === undefined ? end : list.findIndex((one) => one.name === edit.was);
  const at = `${edit.collection}/${index}`;
  if (index < 0)
    return { at: edit.collection, problem: `“${edit.was}” is not there any more: somebody deleted or renamed it.` };
  const name = (edit.value as { name?: unknown } | null)?.name;
  const followed =
    edit.was !== undefined && typeof name === 'string'
      ? renamed(policy, edit.collection, edit.was, name.trim())
      : policy;
  // Groups that hold this one are in the same list, and name it too.
  const others = followed[edit.collection] as { name: string }[];
  return {
    at,
    policy: {
      ...followed,
      [edit.collection]: others.toSpliced(index, edit.was === undefined ? 0 : 1, edit.value as never),
    },
  };
};

const deleteObject = (policy: Policy, edit: Extract<Edit, { do: 'delete' }>): Draft => {
  const list = policy[edit.collection] as { name: string }[];
  const index = list.findIndex((one) => sameName(one.name, edit.name));
  const at = `${edit.collection}/${index}`;
  if (index < 0) return { at: edit.collection, problem: `“${edit.name}” is not there any more.` };
  const uses = usedBy(policy, edit.collection, edit.name);
  if (uses.length > 0)
    return {
      at,
      problem: `“${edit.name}” is in use by ${uses.map((use) => use.label).join(', ')}. Remove it there first.`,
    };
  return { at, policy: { ...policy, [edit.collection]: list.toSpliced(index, 1) } };
};

const saveRule = (policy: Policy, edit: Extract<Edit, { do: 'saveRule' }>): Draft => {
  const index = policy.rules.findIndex((rule) => rule.id === edit.id);
  if (edit.id !== undefined && index < 0 && edit.restore !== true)
    return { at: 'rules', problem: 'This rule is not there any more: somebody deleted it.' };
  const number = freeNumber(policy);
  const rule = { ...(edit.value as object), id: edit.id ?? `r${number}` } as Rule;
  const others: Rule[] = index < 0 ? policy.rules : policy.rules.toSpliced(index, 1);
  const wanted = edit.position ?? (index < 0 ? others.length : index);
  const position = Math.max(0, Math.min(wanted, others.length));
  return {
    at: `rules/${position}`,
    policy: {
      ...policy,
      lastId: edit.id === undefined ? number : policy.lastId,
      rules: others.toSpliced(position, 0, rule),
    },
  };
};

const withRule = (policy: Policy, id: string, change: (rules: Rule[], index: number, rule: Rule) => Rule[]): Draft => {
  const index = policy.rules.findIndex((rule) => rule.id === id);
  const rule = policy.rules[index];
  if (rule === undefined) return { at: 'rules', problem: 'This rule is not there any more: somebody deleted it.' };
  return { at: `rules/${index}`, policy: { ...policy, rules: change(policy.rules, index, rule) } };
};

/** Fields given replace those that are there; objects inside (green, red) are merged, lists replaced. */
const merge = (old: object, given: unknown): unknown => {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  const before = old as Record<string, unknown>;
  const entries = Object.entries(given).map(([key, value]) => {
    const was = before[key];
    const inside = typeof was === 'object' && was !== null && !Array.isArray(was);
    return [key, inside ? merge(was, value) : value];
  });
  return { ...before, ...Object.fromEntries(entries) };
};
