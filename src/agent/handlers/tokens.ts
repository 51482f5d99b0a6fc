import { changeUsers, userCalled, withUser } from '../accounts.ts';
import type { TokenInfo } from '../api.ts';
import type { Box } from '../box.ts';
import { type Caller, nameOf, personOf, requirePassword, requireRole } from '../caller.ts';
import type { ApiToken } from '../ports.ts';
import { fieldRefusal, Refusal } from '../refusal.ts';
import { reaches } from '../roles.ts';
import { makeToken } from '../tokens.ts';
import type { Handlers } from '../verbs.ts';

export const TOKENS_MAX = 50;

/** What programs log in with. Their secret is told once, when they are made. */
export const tokenHandlers: Handlers<'tokens.list' | 'tokens.create' | 'tokens.revoke'> = {
  'tokens.list': async (box, { user }, caller) => {
    const { tokens } = userCalled(await box.store.users(), ownerOf(caller, user));
    return { tokens: tokens.map((token) => info(box, token)) };
  },
  'tokens.create': async (box, { name, role, expires, password }, caller) => {
    await requirePassword(box, caller, password);
    const { user } = personOf(caller);
    const wanted = name.trim();
    if (wanted === '' || /\p{Cc}/u.test(wanted)) throw fieldRefusal(422, 'name', 'A name is needed, on one line.');
    if (!reaches(user.role, role)) throw fieldRefusal(422, 'role', 'A token cannot do more than you may.');
    if (expires !== null && expires <= box.clock()) throw fieldRefusal(422, 'expires', 'This moment is over already.');
    const { secret, token } = makeToken({ name: wanted, role, expires }, box.clock());
    await changeUsers(box, (users) =>
      withUser(users, user.name, (one) => {
        if (one.tokens.length >= TOKENS_MAX)
          throw fieldRefusal(422, 'name', `You have ${TOKENS_MAX} tokens already. Revoke one first.`);
        if (one.tokens.some((other) => other.name === wanted))
          throw fieldRefusal(422, 'name', 'You have a token of this name already.');
        return { ...one, tokens: [...one.tokens, token] };
      }),
    );
    await box.store.audit({ user: nameOf(caller), what: `made the token “${wanted}” (${role})` }).catch(console.error);
    return { token: secret, id: token.id };
  },
  'tokens.revoke': async (box, { id, user }, caller) => {
    const owner = ownerOf(caller, user);
    let name = '';
    await changeUsers(box, (users) =>
      withUser(users, userCalled(users, owner).name, (one) => {
        const token = one.tokens.find((other) => other.id === id);
        if (token === undefined) throw new Refusal(404, 'There is no such token any more.');
        name = token.name;
        return { ...one, tokens: one.tokens.filter((other) => other.id !== id) };
      }),
    );
    await box.store
      .audit({ user: nameOf(caller), what: `revoked the token “${name}” of ${owner}` })
      .catch(console.error);
    return {};
  },
};

/** Whose tokens are meant: one's own, or somebody's if one may administer. */
const ownerOf = (caller: Caller, user: string | undefined): string => {
  if (user === undefined || user === caller.user?.name) return personOf(caller).user.name;
  requireRole(caller, 'administrator');
  return user;
};

const info = (box: Box, { id, name, role, created, expires, used }: ApiToken): TokenInfo => ({
  id,
  name,
  role,
  created,
  expires,
  used: box.tokenUse.get(id) ?? used,
});
