import type { Box } from './box.ts';
import { verifyPassword } from './passwords.ts';
import { fieldRefusal, Refusal } from './refusal.ts';
import type { Session } from './sessions.ts';

/** Who asks: somebody logged in, nobody (null), or root on its own socket, who needs neither session nor password. */
export type Caller = { root: boolean; session: Session | null };

/** The name for the audit log. */
export const nameOf = (caller: Caller): string => caller.session?.user ?? (caller.root ? 'root' : 'nobody');

/** Asks for the password of the one who is logged in again, throttled like a login; refuses at the field `place`. */
export const requirePassword = async (
  box: Box,
  caller: Caller,
  password: string,
  place = 'password',
): Promise<void> => {
  if (caller.root) return;
  const { session } = caller;
  if (session === null) throw new Refusal(401, 'Nobody is logged in.');
  const user = (await box.store.users()).find((one) => one.name === session.user);
  const right = await box.throttle.attempt(`session ${session.key}`, () =>
    verifyPassword(user?.hash ?? null, password),
  );
  if (!right) throw fieldRefusal(403, place, 'The password is wrong.');
};

/** The address of a browser in one spelling, for throttling and the neighbour table. */
export const visitorOf = (address: string): string => address.replace(/^::ffff:/i, '');
