import { nameOf, requirePassword, visitorOf } from '../caller.ts';
import { hashPassword, passwordFault, verifyPassword } from '../passwords.ts';
import { fieldRefusal, Refusal } from '../refusal.ts';
import type { Handlers } from '../verbs.ts';

/** Login, logout, password. */
export const accessHandlers: Handlers<'login' | 'logout' | 'session' | 'password.change'> = {
  login: async (box, { user, password, visitor: address }) => {
    const visitor = visitorOf(address);
    const found = (await box.store.users()).find((one) => one.name === user) ?? null;
    const right = await box.throttle.attempt(visitor, () => verifyPassword(found?.hash ?? null, password));
    if (!right || found === null) {
      await box.store.audit({ user: user.slice(0, 64), what: 'login refused', visitor }).catch(console.error);
      throw fieldRefusal(403, 'password', 'User or password is wrong.');
    }
    await box.store.audit({ user: found.name, what: 'logged in', visitor }).catch(console.error);
    return box.sessions.grant(found.name);
  },
  logout: async (box, _input, { session }) => {
    if (session !== null) await box.sessions.drop(session.key);
    return {};
  },
  session: async (_box, _input, { session }) => {
    if (session === null) throw new Refusal(401, 'Nobody is logged in.');
    return { user: session.user, role: 'administrator', csrf: session.csrf, totp: false };
  },
  'password.change': async (box, input, caller) => {
    await requirePassword(box, caller, input.old, 'old');
    const fault = passwordFault(input.new);
    if (fault !== null) throw fieldRefusal(422, 'new', fault);
    const name = caller.session?.user ?? 'admin';
    const hash = await hashPassword(input.new);
    await box.lock(async () => {
      const users = await box.store.users();
      if (!users.some((one) => one.name === name))
        throw new Refusal(409, 'There is no user yet: set-up is not finished.');
      await box.store.setUsers(users.map((one) => (one.name === name ? { ...one, hash } : one)));
      await box.sessions.dropUser(name, caller.session?.key);
    });
    await box.store.audit({ user: nameOf(caller), what: 'changed the password' }).catch(console.error);
    return {};
  },
};
