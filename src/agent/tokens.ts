import { createHash, randomBytes } from 'node:crypto';
import type { Role } from './api.ts';
import type { Box } from './box.ts';
import type { ApiToken, User } from './ports.ts';

/** A new API token: `secret` is `gg_` and 32 random bytes, shown once; what is kept holds only its SHA-256. */
export const makeToken = (
  wanted: { name: string; role: Role; expires: number | null },
  now: number,
): { secret: string; token: ApiToken } => {
  const secret = `gg_${randomBytes(32).toString('base64url')}`;
  const id = randomBytes(6).toString('hex');
  return { secret, token: { id, hash: hashOf(secret), created: now, used: null, ...wanted } };
};

/** Whose token this is; null when nobody's, or when it is over. `now` is seconds since the epoch. */
export const tokenOwner = (users: User[], secret: string, now: number): { user: User; token: ApiToken } | null => {
  const hash = hashOf(secret);
  for (const user of users) {
    const token = user.tokens.find((one) => one.hash === hash);
    if (token !== undefined) return token.expires !== null && token.expires <= now ? null : { user, token };
  }
  return null;
};

/** Notes that a token is used now. On the disk at most once an hour: a program may ask every second. */
export const noteUse = (box: Box, { id, used }: ApiToken): void => {
  const now = box.clock();
  box.tokenUse.set(id, now);
  if (used !== null && Math.abs(now - used) < WRITE_EVERY) return;
  const work = box.lock(async () => {
    const users = await box.store.users();
    const stale = (token: ApiToken) =>
      token.id === id && (token.used === null || Math.abs(now - token.used) >= WRITE_EVERY);
    if (!users.some((user) => user.tokens.some(stale))) return;
    await box.store.setUsers(
      users.map((user) => ({
        ...user,
        tokens: user.tokens.map((token) => (stale(token) ? { ...token, used: now } : token)),
      })),
    );
  });
  const done: Promise<void> = work.catch(console.error).finally(() => box.later.delete(done));
  box.later.add(done);
};

const WRITE_EVERY = 3600;

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
