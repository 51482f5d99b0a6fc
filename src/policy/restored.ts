import { freeNumber } from './edit.ts';
import type { Policy } from './schema.ts';

/**
 * An older policy as it comes back in the place of `now`. BOT stays on or off, for off asks for the password; blocked hosts stay those
 * of now; and no id is given again that was given since.
 */
export const restoredPolicy = (now: Policy, older: Policy): Policy => ({
  ...older,
  settings: { ...older.settings, enabled: now.settings.enabled },
  lastId: Math.max(freeNumber(now), freeNumber(older)) - 1,
  blocks: now.blocks,
});
