import type { Edit } from '../policy/edit.ts';

/** What an edit does, in a few words for the audit log. */
export const describeEdit = (edit: Edit): string => {
  switch (edit.do) {
    case 'save':
      return edit.was === undefined
        ? `added to ${lists[edit.collection]}: ${nameOf(edit.value)}`
        : `changed in ${lists[edit.collection]}: ${edit.was}`;
    case 'delete':
      return `deleted from ${lists[edit.collection]}: ${edit.name}`;
    case 'saveRule':
      return edit.id === undefined || edit.restore === true
        ? `added a rule: ${nameOf(edit.value)}`
        : `changed rule ${edit.id}`;
    case 'deleteRule':
      return `deleted rule ${edit.id}`;
    case 'moveRule':
      return `moved rule ${edit.id} to position ${edit.position + 1}`;
    case 'toggleRule':
      return `switched rule ${edit.id}`;
    case 'section':
      return `changed the settings of ${edit.section === 'settings' ? 'BOT' : edit.section}`;
    case 'block': {
      const until = edit.until === null ? '' : ` until ${new Date(edit.until * 1000).toISOString()}`;
      return `${edit.action === 'drop' ? 'blocked' : 'allowed'} ${edit.host.slice(0, 100)}${until}`;
    }
    case 'unblock':
      return `ended block ${edit.id}`;
    case 'batch':
      return edit.edits.map(describeEdit).join('; ').slice(0, 1000) || 'changed nothing';
    case 'replace':
      return 'replaced the whole policy';
  }
};

const lists = {
  addresses: 'addresses',
  addressGroups: 'address groups',
  services: 'services',
  serviceGroups: 'service groups',
};

const nameOf = (value: unknown): string => {
  const { name, remark } = (value ?? {}) as { name?: unknown; remark?: unknown };
  const text = typeof name === 'string' ? name : typeof remark === 'string' ? remark : '';
  return text.slice(0, 200);
};
