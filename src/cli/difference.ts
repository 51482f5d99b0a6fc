import type { Policy } from '../policy/schema.ts';

/** What one policy changes in another: one line for each part that differs, none when they are the same. */
export const differences = (before: Policy, after: Policy): string[] => [
  ...listNames.flatMap((name) => listLine(words[name], before[name] as Item[], after[name] as Item[])),
  ...sectionNames.flatMap((name) => sectionLine(name, before[name], after[name])),
];

type Item = { id?: string; name?: string };

const listNames = ['rules', 'blocks', 'addresses', 'addressGroups', 'services', 'serviceGroups'] as const;
const sectionNames = ['settings', 'network', 'dhcp', 'dns', 'proxy', 'time', 'ssh'] as const;
const words = {
  rules: 'rules',
  blocks: 'blocks',
  addresses: 'addresses',
  addressGroups: 'address groups',
  services: 'services',
  serviceGroups: 'service groups',
};

const listLine = (name: string, before: Item[], after: Item[]): string[] => {
  const [old, fresh] = [byKey(before), byKey(after)];
  const kept = [...fresh.keys()].filter((key) => old.has(key));
  const counts = {
    added: fresh.size - kept.length,
    removed: old.size - kept.length,
    changed: kept.filter((key) => !same(old.get(key), fresh.get(key))).length,
  };
  const parts = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${count} ${word}`);
  const order = [...old.keys()].filter((key) => fresh.has(key)).join('\n') !== kept.join('\n');
  if (order) parts.push('another order');
  return parts.length === 0 ? [] : [`${name}: ${parts.join(', ')}`];
};

const sectionLine = (name: string, before: object, after: object): string[] => {
  const fields = Object.keys(after).filter(
    (field) => !same((before as Record<string, unknown>)[field], (after as Record<string, unknown>)[field]),
  );
  return fields.length === 0 ? [] : [`${name}: ${fields.join(', ')}`];
};

const byKey = (list: Item[]): Map<string, Item> => new Map(list.map((item) => [item.id ?? item.name ?? '', item]));

/** Both have been through the same schema, which puts the fields into the same order. */
const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
