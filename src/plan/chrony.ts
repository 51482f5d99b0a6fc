import { isIp } from '../policy/address.ts';
import { greenNetwork } from '../policy/builtin.ts';
import type { Policy } from '../policy/schema.ts';
import type { Facts } from './facts.ts';

/**
 * chrony.conf: a client of the owner's servers, and the time server of GREEN if wanted. Nothing can be controlled over the
 * network; `chronyc` on the box asks by a Unix socket. The box never claims to know the time before somebody told it:
 * there is no `local` here, `sh/clock set` switches it on when the clock was set by hand.
 */
export const chronyConf = ({ time, network }: Pick<Policy, 'network' | 'time'>, { paths }: Facts): string =>
  [
    ...time.servers.map(source),
    'makestep 1 3',
    'rtcsync',
    `driftfile ${paths.data}/chrony/drift`,
    ...(time.serveGreen ? [`bindaddress ${network.green.address}`, `allow ${greenNetwork({ network })}`] : ['port 0']),
    'cmdport 0',
    `bindcmdaddress ${chronySocket(paths.run)}`,
    `pidfile ${paths.run}/chrony/chronyd.pid`,
    'user chrony',
    '',
  ].join('\n');

/** Where chronyd listens for `chronyc`. */
export const chronySocket = (run: string): string => `${run}/chrony/chronyd.sock`;

/** A name of a pool stands for many servers: two of them are used, and replaced when they stop answering. */
const source = (server: string): string =>
  !isIp(server) && server.split('.').includes('pool')
    ? `pool ${server} iburst maxsources 2`
    : `server ${server} iburst`;
