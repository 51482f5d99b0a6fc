import type { Role } from '../agent/api.ts';

/** The roles in words, the smallest first. */
export const roleLabels: Record<Role, string> = {
  viewer: 'Viewer',
  operator: 'Operator',
  administrator: 'Administrator',
};

const order: Role[] = ['viewer', 'operator', 'administrator'];
const may = {
  viewer: 'sees everything, changes nothing',
  operator: 'switches rules, blocks hosts for a time, restarts services',
  administrator: 'may do everything',
};

/** The smaller of two roles. */
export const lesser = (one: Role, other: Role): Role => (order.indexOf(one) < order.indexOf(other) ? one : other);

/** The roles up to the one given, for a select. */
export const roleOptions = (highest: Role): { value: string; label: string }[] =>
  order
    .slice(0, order.indexOf(highest) + 1)
    .map((role) => ({ value: role, label: `${roleLabels[role]}: ${may[role]}` }));

/** The role that a form names; null when it names none. */
export const roleOf = (text: string): Role | null => order.find((role) => role === text) ?? null;
