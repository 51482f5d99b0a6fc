import type { Role } from './api.ts';
import type { Box } from './box.ts';
import { verifyPassword } from './passwords.ts';
import type { ApiToken, User } from './ports.ts';
import { fieldRefusal, Refusal } from './refusal.ts';
import { reaches, refusedRole, smaller } from './roles.ts';
import type { Session } from './sessions.ts';
import { tokenOwner } from './tokens.ts';

/**
 * Who asks: somebody logged in (`session`), a program with an API token (`token`), nobody (`user` null), or root on its own
 * socket, who needs neither session nor password. `role` is what they may do; a token's is never above its user's.
 */
export type Caller = {
  root: boolean;
  user: User | null;
  role: Role | null;
  session: Session | null;
  token: ApiToken | null;
  /** When the connection was opened that this came by, as the machine's uptime in seconds: what the web process says of it. */
  opened: number | null;
};

/** Who sent this `Authorization: Bearer …`. A user who was deleted or demoted is so at once, in sessions and tokens alike. */
export const callerOf = async (
  box: Box,
  root: boolean,
  authorization: string,
  opened: number | null,
): Promise<Caller> => {
  const role = root ? 'administrator' : null;
  const nobody: Caller = { root, user: null, role, session: null, token: null, opened };
  const [, api, secret = ''] = /^Bearer (gg_)?([A-Za-z0-9_-]{43})$/.exec(authorization) ?? [];
  if (secret === '') return nobody;
  const users = await box.store.users();
  if (api !== undefined) {
    const found = tokenOwner(users, `gg_${secret}`, box.clock());
    if (found === null) return nobody;
    const { user, token } = found;
    return { ...nobody, user, token, role: role ?? smaller(token.role, user.role) };
  }
  const session = await box.sessions.find(secret);
  const user = users.find((one) => one.name === session?.user) ?? null;
  return session === null || user === null ? nobody : { ...nobody, user, session, role: role ?? user.role };
};

/** The name for the audit log. */
export const nameOf = ({ user, token, root }: Caller): string => {
  if (user === null) return root ? 'root' : 'nobody';
  return token === null ? user.name : `${user.name} (${token.name})`;
};

/** The one who is logged in; 401 when nobody is. */
export const personOf = ({ user, session }: Caller): { user: User; session: Session } => {
  if (user === null || session === null) throw new Refusal(401, 'Nobody is logged in.');
  return { user, session };
};

/** Refuses who may do less than `needed`. Root's own socket may do everything. */
export const requireRole = ({ root, role }: Caller, needed: Role): void => {
  if (root) return;
  if (role === null) throw new Refusal(401, 'Nobody is logged in.');
  if (!reaches(role, needed)) throw new Refusal(403, refusedRole(role));
};

/** Asks for the password of the one who is logged in again, throttled like a login; refuses at the field `place`. */
export const requirePassword = async (
  box: Box,
  caller: Caller,
  password: string,
  place = 'password',
): Promise<void> => {
  if (caller.root) return;
  if (caller.token !== null) throw new Refusal(403, tokenRefused);
  const { user, session } = personOf(caller);
  const right = await box.throttle.attempt(`session ${session.key}`, () => verifyPassword(user.hash, password));
  if (!right) throw fieldRefusal(403, place, 'The password is wrong.');
};

/** Why a token is refused what only a person may do. */
export const tokenRefused = 'A token may not do this: it is for somebody who is logged in and knows the password.';

/** The address of a browser in one spelling, for throttling and the neighbour table. */
export const visitorOf = (address: string): string => address.replace(/^::ffff:/i, '');
