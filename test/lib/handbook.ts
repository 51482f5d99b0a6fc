import { defaultPolicy } from '../../src/policy/defaults.ts';
import { applyEdit, type Edit } from '../../src/policy/edit.ts';
import type { Policy } from '../../src/policy/schema.ts';

/** The Admin MAC of the handbook's example. */
export const ADMIN_MAC = '02:00:00:00:05:0a';

/** The published BOT example as edits, in the order in which an administrator makes them. */
export const handbookEdits: Edit[] = [
  save('addresses', { name: 'MailAccess', value: '192.168.51.0/255.255.255.224' }),
  save('addresses', { name: 'WebAccess', value: '192.168.51.32/255.255.255.224' }),
  save('services', { name: 'GreengateProxy', protocol: 'tcp', ports: '800' }),
  save('serviceGroups', { name: 'MailingServices', members: [{ name: 'POP3' }, { name: 'SMTP' }] }),
  {
    do: 'saveRule',
    value: {
      source: { kind: 'address', name: 'MailAccess' },
      destination: { kind: 'any' },
      service: { kind: 'group', name: 'MailingServices' },
      action: 'accept',
      remark: 'MailAccess PCs can use MailingServices',
    },
  },
  {
    do: 'saveRule',
    value: {
      source: { kind: 'address', name: 'WebAccess' },
      destination: { kind: 'greengate' },
      service: { kind: 'service', name: 'GreengateProxy' },
      action: 'accept',
      remark: 'WebAccess PCs can access the proxy',
    },
  },
];

/** The policy of the handbook's example, BOT enabled. */
export const handbook = (): Policy =>
  edited(defaultPolicy(), [
    ...handbookEdits,
    { do: 'section', section: 'settings', value: { enabled: true, adminMac: ADMIN_MAC } },
  ]);

/** A policy after some edits; throws when one is refused. */
export const edited = (policy: Policy, edits: Edit[]): Policy =>
  edits.reduce((before, edit) => {
    const result = applyEdit(before, edit);
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    return result.policy;
  }, policy);

function save(collection: 'addresses' | 'services' | 'serviceGroups', value: unknown): Edit {
  return { do: 'save', collection, value };
}
