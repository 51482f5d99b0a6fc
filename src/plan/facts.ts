import type { Known } from '../policy/builtin.ts';
import { type UserIds, users } from './users.ts';

/** What the compiler must know of the box. `ipv6`: forward and answer IPv6 as well (not on the appliance yet). */
export type Facts = Known & {
  /** The number the kernel's ruleset will carry. */
  generation: number;
  /** Set-up is finished: before that nothing is forwarded. */
  setUp: boolean;
  ipv6: boolean;
  /** Seconds since the epoch: time frames and expiries are laid out from here on. */
  now: number;
  uids: UserIds;
  paths: { run: string; data: string; log: string; ulogdPlugins: string };
};

/** The facts of the appliance itself. `now`: seconds since the epoch. */
export const applianceFacts = (setUp: boolean, now: number, ulogdPlugins = '/usr/lib/ulogd'): Facts => ({
  generation: 0,
  setUp,
  ipv6: false,
  now,
  uids: users,
  paths: { run: '/run/greengate', data: '/var/lib/greengate', log: '/var/log/greengate', ulogdPlugins },
});
