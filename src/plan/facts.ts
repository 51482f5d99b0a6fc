import { type UserIds, users } from './users.ts';

/** What the compiler must know of the box. `ipv6`: forward and answer IPv6 as well (not on the appliance yet). */
export type Facts = {
  /** The number the kernel's ruleset will carry. */
  generation: number;
  /** Set-up is finished: before that nothing is forwarded. */
  setUp: boolean;
  ipv6: boolean;
  uids: UserIds;
  paths: { run: string; data: string; log: string; ulogdPlugins: string };
};

/** The facts of the appliance itself. */
export const applianceFacts = (setUp: boolean, ulogdPlugins = '/usr/lib/ulogd'): Facts => ({
  generation: 0,
  setUp,
  ipv6: false,
  uids: users,
  paths: { run: '/run/greengate', data: '/var/lib/greengate', log: '/var/log/greengate', ulogdPlugins },
});
