import { findUser, withUser } from '../accounts.ts';
import type { Box } from '../box.ts';
import { nameOf, requirePassword, visitorOf } from '../caller.ts';
import { consoleSince } from '../console-acts.ts';
import { hashPassword, passwordFault, verifyPassword } from '../passwords.ts';
import { fieldRefusal, Refusal } from '../refusal.ts';
import { UNDECIDED } from '../throttle.ts';
import { recoveryHash, stepOf } from '../totp.ts';
import type { Handlers } from '../verbs.ts';

/** Login, logout, password. */
export const accessHandlers: Handlers<'login' | 'logout' | 'session' | 'password.change'> = {
  login: async (box, { user, password, visitor: address, code }) => {
    const visitor = visitorOf(address);
    const users = await box.store.users();
    const found = findUser(users, user);
    const refused = async (what: string) => {
      // A password typed into the wrong field is not written down for all who may read this.
      await box.store.audit({ user: found?.name ?? 'unknown', what, visitor }).catch(console.error);
    };
    const check = async () => {
      if (!(await verifyPassword(found?.hash ?? null, password)) || found === null) return false;
      if (found.totp === null) return true;
      if (code === undefined || code.trim() === '') return UNDECIDED;
      return (await takeCode(box, found.name, code)) ? true : null;
    };
    const right = await box.throttle.attempt(visitor, check, found?.name);
    if (found === null || right === false) {
      await refused('login refused');
      throw fieldRefusal(403, 'password', 'User or password is wrong.');
    }
    if (right === UNDECIDED) throw fieldRefusal(403, 'code', 'Type the code that your phone shows now.');
    if (right !== true) {
      await refused('login refused at the second step');
      throw fieldRefusal(403, 'code', 'This is not the code of now. Each code works once.');
    }
    return box.lock(async () => {
      // While the hash was computed the password, or the second step, may have become another.
      const now = findUser(await box.store.users(), found.name);
      if (now?.hash !== found.hash || (found.totp === null && now.totp !== null))
        throw fieldRefusal(403, 'password', 'User or password is wrong.');
      const atConsole = found.role === 'administrator' ? await consoleSince(box, found.name).catch(() => []) : [];
      await box.store.audit({ user: found.name, what: 'logged in', visitor }).catch(console.error);
      return { ...(await box.sessions.grant(found.name, visitor)), atConsole };
    });
  },
  logout: async (box, _input, { session }) => {
    if (session !== null) await box.sessions.drop(session.key);
    return {};
  },
  session: async (box, { polling }, { user, session, token, role }) => {
    if (user === null || role === null || (session === null && token === null))
      throw new Refusal(401, 'Nobody is logged in.');
    if (session !== null && polling !== true) await box.sessions.use(session.key);
    return { user: user.name, role, csrf: session?.csrf ?? '', totp: user.totp !== null };
  },
  'password.change': async (box, input, caller) => {
    await requirePassword(box, caller, input.old, 'old');
    const fault = passwordFault(input.new);
    if (fault !== null) throw fieldRefusal(422, 'new', fault);
    const name = caller.user?.name ?? 'admin';
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

/** Takes a code of the second step, or a recovery code, so that it works once. False: it is none, and nothing is written. */
const takeCode = (box: Box, name: string, typed: string): Promise<boolean> =>
  box.lock(async () => {
    const users = await box.store.users();
    const totp = findUser(users, name)?.totp ?? null;
    if (totp === null) return false;
    const step = stepOf(totp.secret, typed, box.clock(), totp.used);
    const left = totp.recovery.filter((hash) => hash !== recoveryHash(typed));
    if (step === null && left.length === totp.recovery.length) return false;
    await box.store.setUsers(
      withUser(users, name, (user) => ({
        ...user,
        totp: { secret: totp.secret, used: step ?? totp.used, recovery: step === null ? left : totp.recovery },
      })),
    );
    return true;
  });
