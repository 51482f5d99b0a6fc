import { isIp, isMac } from '../policy/address.ts';
import type { Edit } from '../policy/edit.ts';
import type { Role } from './api.ts';

/** What a verb asks for: nothing, at least this role, or root's own socket. */
export type Access = 'public' | Role | 'root';

/** Every role, the smallest first. */
export const roles = ['viewer', 'operator', 'administrator'] as const satisfies readonly Role[];

/** Is `role` at least `needed`? An access that is no role (`root`, or a slip) is nobody's. */
export const reaches = (role: Role, needed: Access): boolean =>
  needed === 'public' || (isRole(needed) && roles.indexOf(role) >= roles.indexOf(needed));

/** The smaller of two roles. */
export const smaller = (one: Role, other: Role): Role => (reaches(one, other) ? other : one);

/** The role that an edit of the policy takes: operators switch rules and block hosts, also several at once. */
export const roleForEdit = (edit: Edit): Role => {
  // Whatever is not named here takes an administrator, also what comes to `Edit` later.
  const { do: what, edits } = edit as { do: string; edits?: Edit[] };
  if (what === 'batch')
    return edits?.every((one) => roleForEdit(one) === 'operator') === true ? 'operator' : 'administrator';
  // A network let through would be BOT disabled, without the password.
  if (edit.do === 'block') return isIp(edit.host.trim()) || isMac(edit.host.trim()) ? 'operator' : 'administrator';
  return operating.has(what) ? 'operator' : 'administrator';
};

/** Why this role is refused, in one sentence. */
export const refusedRole = (role: Role): string =>
  role === 'viewer'
    ? 'A viewer may look at everything here, but change nothing.'
    : 'An operator may switch rules, block hosts and restart services. This takes an administrator.';

const operating: ReadonlySet<string> = new Set(['toggleRule', 'unblock']);

const isRole = (access: Access): access is Role => (roles as readonly string[]).includes(access);
