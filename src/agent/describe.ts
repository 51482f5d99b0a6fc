import type { Edit } from '../policy/edit.ts';

/**
 * What an edit does, for the audit log. A batch is told edit by edit; one that would take more than `WHOLE` characters is told by
 * kind, each with its number and as many examples as fit: no kind of edit is left out, however many others stand around it.
 */
export const describeEdit = (edit: Edit): string => {
  const deeds = deedsOf(edit);
  if (deeds.length === 0) return 'changed nothing';
  const whole = deeds.map(([deed, thing]) => words(deed, thing)).join('; ');
  if (deeds.length === 1 || whole.length <= WHOLE) return whole;
  const kinds = Map.groupBy(deeds, ([deed]) => deed);
  return [...kinds].map(([deed, list]) => summary(deed, list)).join('; ');
};

const WHOLE = 1000;
const EXAMPLES = 200;

/** What is done, and to what: the first is one of a few, the second may be anything. */
type Deed = [deed: string, thing: string];

const deedsOf = (edit: Edit): Deed[] => {
  switch (edit.do) {
    case 'save':
      return [saved(edit)];
    case 'delete':
      return [[`deleted from ${lists[edit.collection]}:`, quoted(edit.name)]];
    case 'saveRule':
      return edit.id === undefined || edit.restore === true
        ? [['added a rule:', nameOf(edit.value)]]
        : [['changed rule', edit.id]];
    case 'deleteRule':
      return [['deleted rule', edit.id]];
    case 'moveRule':
      return [['moved rule', `${edit.id} to position ${edit.position + 1}`]];
    case 'toggleRule':
      return toggled(edit);
    case 'section':
      return [[`changed the settings of ${edit.section === 'settings' ? 'BOT' : edit.section}`, '']];
    case 'block': {
      const until = edit.until === null ? '' : ` until ${new Date(edit.until * 1000).toISOString()}`;
      return [[edit.action === 'drop' ? 'blocked' : 'allowed', `${edit.host.slice(0, 100)}${until}`]];
    }
    case 'unblock':
      return [['ended block', edit.id]];
    case 'batch':
      return edit.edits.flatMap(deedsOf);
    case 'replace':
      return [['replaced the whole policy', '']];
  }
};

const saved = ({ collection, was, value }: Extract<Edit, { do: 'save' }>): Deed => {
  if (was === undefined) return [`added to ${lists[collection]}:`, nameOf(value)];
  const now = nameOf(value);
  return [`changed in ${lists[collection]}:`, now === quoted(was) ? now : `${quoted(was)}, which is now ${now}`];
};

const toggled = ({ id, enabled, log }: Extract<Edit, { do: 'toggleRule' }>): Deed[] => [
  ...(enabled === undefined ? [] : ([[`switched ${enabled ? 'on' : 'off'} rule`, id]] satisfies Deed[])),
  ...(log === undefined ? [] : ([[`switched ${log ? 'on' : 'off'} the log of rule`, id]] satisfies Deed[])),
];

const words = (deed: string, thing: string): string => (thing === '' ? deed : `${deed} ${thing}`);

const summary = (deed: string, list: Deed[]): string => {
  const things = list.map(([, thing]) => thing).filter((thing) => thing !== '');
  const shown: string[] = [];
  let length = 0;
  for (const thing of things) {
    length += thing.length + 2;
    if (shown.length > 0 && length > EXAMPLES) break;
    shown.push(thing);
  }
  const more = things.length - shown.length;
  return words(deed, `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`);
};

const lists = {
  addresses: 'addresses',
  addressGroups: 'address groups',
  services: 'services',
  serviceGroups: 'service groups',
};

const nameOf = (value: unknown): string => {
  const { name, remark } = (value ?? {}) as { name?: unknown; remark?: unknown };
  return quoted(typeof name === 'string' ? name.trim() : typeof remark === 'string' ? remark.trim() : '');
};

/** A name may hold anything, also words that look like another deed. */
const quoted = (text: string): string => (text === '' ? '' : `“${text.slice(0, 200).replaceAll(/[“”]/g, '"')}”`);
