import { changeUsers, findUser, leavesNobody, USERS_MAX, userCalled, userNameFault, withUser } from '../accounts.ts';
import { nameOf, requirePassword } from '../caller.ts';
import { hashPassword, passwordFault } from '../passwords.ts';
import type { User } from '../ports.ts';
import { fieldRefusal } from '../refusal.ts';
import type { Handlers } from '../verbs.ts';

/** Who may log in, and what they may do. Every change asks for the password of the one who makes it. */
export const userHandlers: Handlers<'users.list' | 'users.save' | 'users.delete'> = {
  'users.list': async ({ store }) => ({
    users: (await store.users()).map(({ name, role, totp, tokens }) => ({
      name,
      role,
      totp: totp !== null,
      tokens: tokens.length,
    })),
  }),
  'users.save': async (box, input, caller) => {
    await requirePassword(box, caller, input.password);
    const hash = await hashOf(input);
    const name = input.name.trim();
    let [kept, dropped] = [name, false];
    await changeUsers(box, (users) => {
      if (input.create) return [...users, newUser(users, name, input.role, hash)];
      const before = userCalled(users, name);
      if (input.wasRole !== undefined && input.wasRole !== before.role)
        throw fieldRefusal(
          409,
          'role',
          `Somebody else made this user ${before.role} meanwhile. Choose the role again.`,
        );
      kept = before.name;
      dropped = hash !== null || before.role !== input.role;
      const after = withUser(users, before.name, (user) => ({
        ...user,
        role: input.role,
        hash: hash ?? user.hash,
        totp: input.removeTotp === true ? null : user.totp,
      }));
      if (leavesNobody(after)) throw fieldRefusal(422, 'role', LAST);
      return after;
    });
    if (dropped) await box.sessions.dropUser(kept, caller.session?.key);
    const words = [
      `${input.create ? 'added' : 'changed'} user ${kept} (${input.role})`,
      ...(!input.create && hash !== null ? ['new password'] : []),
      ...(input.removeTotp === true ? ['removed the second step'] : []),
    ];
    await box.store.audit({ user: nameOf(caller), what: words.join(', ') }).catch(console.error);
    return {};
  },
  'users.delete': async (box, { name, password }, caller) => {
    await requirePassword(box, caller, password);
    let deleted = name;
    await changeUsers(box, (users) => {
      deleted = userCalled(users, name).name;
      const after = users.filter((user) => user.name !== deleted);
      if (leavesNobody(after)) throw fieldRefusal(422, 'name', LAST);
      return after;
    });
    await box.sessions.dropUser(deleted);
    await box.store.audit({ user: nameOf(caller), what: `deleted user ${deleted}` }).catch(console.error);
    return {};
  },
};

const LAST = 'This is the last administrator: without one nobody could manage this box.';

const newUser = (users: User[], name: string, role: User['role'], hash: string | null): User => {
  const fault = userNameFault(name);
  if (fault !== null) throw fieldRefusal(422, 'name', fault);
  if (findUser(users, name) !== null) throw fieldRefusal(422, 'name', 'There is a user of this name already.');
  if (users.length >= USERS_MAX) throw fieldRefusal(422, 'name', `There are ${USERS_MAX} users already.`);
  if (hash === null) throw fieldRefusal(422, 'newPassword', 'A new user needs a password.');
  return { name, role, hash, totp: null, tokens: [] };
};

const hashOf = async ({ newPassword }: { newPassword?: string }): Promise<string | null> => {
  if (newPassword === undefined || newPassword === '') return null;
  const fault = passwordFault(newPassword);
  if (fault !== null) throw fieldRefusal(422, 'newPassword', fault);
  return hashPassword(newPassword);
};
