import { changeUsers, withUser } from '../accounts.ts';
import { nameOf, personOf, requirePassword } from '../caller.ts';
import { fieldRefusal, Refusal } from '../refusal.ts';
import { newRecovery, newSecret, otpauthUri, stepOf } from '../totp.ts';
import type { Handlers } from '../verbs.ts';

/** One's own second step at login. A secret counts only after a first code has shown that the phone has it. */
export const totpHandlers: Handlers<'totp.begin' | 'totp.confirm' | 'totp.remove'> = {
  'totp.begin': async (box, { password }, caller) => {
    await requirePassword(box, caller, password);
    const { user, session } = personOf(caller);
    const secret = newSecret();
    box.pendingTotp.set(session.key, secret);
    return { secret, uri: otpauthUri(secret, user.name, box.generation.policy.network.hostname) };
  },
  'totp.confirm': async (box, { code }, caller) => {
    const { user, session } = personOf(caller);
    const secret = box.pendingTotp.get(session.key);
    if (secret === undefined) throw new Refusal(409, 'Begin again: the secret was made too long ago.');
    const step = await box.throttle.attempt(`session ${session.key}`, async () => stepOf(secret, code, box.clock(), 0));
    if (step === null)
      throw fieldRefusal(
        422,
        'code',
        'This is not the code of now. Is the clock of your phone, and that of the box, right?',
      );
    const { codes, hashes } = newRecovery();
    await changeUsers(box, (users) =>
      withUser(users, user.name, (one) => ({ ...one, totp: { secret, used: step, recovery: hashes } })),
    );
    box.pendingTotp.delete(session.key);
    await box.sessions.dropUser(user.name, session.key);
    await box.store.audit({ user: nameOf(caller), what: 'switched on the second step' }).catch(console.error);
    return { recovery: codes };
  },
  'totp.remove': async (box, { password }, caller) => {
    await requirePassword(box, caller, password);
    const { user } = personOf(caller);
    await changeUsers(box, (users) => withUser(users, user.name, (one) => ({ ...one, totp: null })));
    await box.store.audit({ user: nameOf(caller), what: 'switched off the second step' }).catch(console.error);
    return {};
  },
};
