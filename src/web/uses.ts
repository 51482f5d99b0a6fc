import type { Collection } from '../policy/edit.ts';
import type { Policy } from '../policy/schema.ts';
import { type Use, usedBy } from '../policy/used-by.ts';

/** Where an object is used, for a table cell: a short count, and links. Only the first twenty are listed. */
export type UseView = { count: number; summary: string; links: { label: string; href: string }[]; more: number };

const SHOWN = 20;

/** The uses of an object as links to the rules and groups. */
export const useView = (policy: Policy, collection: Collection, name: string): UseView => {
  const uses = usedBy(policy, collection, name);
  return {
    count: uses.length,
    summary: summaryOf(uses),
    links: uses.slice(0, SHOWN).map((use) => ({ label: use.label, href: hrefOf(use) })),
    more: Math.max(0, uses.length - SHOWN),
  };
};

const summaryOf = (uses: Use[]): string => {
  const rules = uses.filter((use) => use.kind === 'rule').length;
  const groups = uses.length - rules;
  const parts = [
    ...(groups > 0 ? [`${groups} ${groups === 1 ? 'group' : 'groups'}`] : []),
    ...(rules > 0 ? [`${rules} ${rules === 1 ? 'rule' : 'rules'}`] : []),
  ];
  return parts.length === 0 ? 'not used' : parts.join(', ');
};

const hrefOf = (use: Use): string => {
  if (use.kind === 'rule') return `/firewall/bot/rules/${encodeURIComponent(use.id)}`;
  const page = use.kind === 'addressGroups' ? 'address-groups' : 'service-groups';
  return `/firewall/objects/${page}/edit?name=${encodeURIComponent(use.name)}`;
};
