import type { Box } from './box.ts';

/** Takes what was done at the console into the log of changes. One that comes twice after a power loss is better than none. */
export const recordConsole = async ({ store }: Box): Promise<void> => {
  const acts = await store.consoleActs();
  if (acts.length === 0) return;
  for (const what of acts) await store.audit({ user: 'console', what });
  await store.consoleActsDone();
};

/** What was done at the console since this user last logged in, the oldest first; as far as the newest lines of the log tell. */
export const consoleSince = async ({ store }: Box, user: string): Promise<string[]> => {
  const { lines } = await store.auditLines({ limit: 200 });
  const last = lines.findIndex((line) => line.user === user && line.what === 'logged in');
  const since = last === -1 ? lines : lines.slice(0, last);
  return since
    .filter((line) => line.user === 'console')
    .map(({ what }) => what)
    .reverse();
};
