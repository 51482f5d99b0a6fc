import type { Box } from './box.ts';
import type { User } from './ports.ts';
import { Refusal } from './refusal.ts';

export const USERS_MAX = 100;

/** Changes the users behind the lock; `work` may refuse by throwing. */
export const changeUsers = (box: Box, work: (users: User[]) => User[]): Promise<void> =>
  box.lock(async () => box.store.setUsers(work(await box.store.users())));

/** The user of that name, whatever the case: phones begin with a capital letter. */
export const findUser = (users: User[], name: string): User | null =>
  users.find((one) => one.name.toLowerCase() === name.trim().toLowerCase()) ?? null;

/** The same where the user must be there; 404 else. */
export const userCalled = (users: User[], name: string): User => {
  const found = findUser(users, name);
  if (found === null) throw new Refusal(404, `There is no user ${name.slice(0, 64)}.`);
  return found;
};

/** The users with this one changed. */
export const withUser = (users: User[], name: string, change: (user: User) => User): User[] =>
  users.map((one) => (one.name === name ? change(one) : one));

/** Is there no administrator among them? */
export const leavesNobody = (users: User[]): boolean => !users.some(({ role }) => role === 'administrator');

/** The administrator that set-up makes. */
export const FIRST = 'admin';

/** Who goes when the console resets the admin password: every administrator, and whoever has the name that set-up gives again. */
export const isForgotten = ({ name, role }: User): boolean => role === 'administrator' || name.toLowerCase() === FIRST;

/** Why nobody can be called that, or null. The words are those that the audit log uses for who is no user. */
export const userNameFault = (name: string): string | null => {
  if (!/^[A-Za-z0-9][A-Za-z0-9._@-]{0,39}$/.test(name))
    return 'A user’s name has 1 to 40 letters, digits, dots, hyphens, @ or underscores, and begins with a letter or digit.';
  return ['root', 'nobody', 'console', 'greengate', 'unknown'].includes(name.toLowerCase())
    ? 'Greengate uses this name itself. Choose another.'
    : null;
};
