import { greenNetwork } from '../policy/builtin.ts';
import type { Policy } from '../policy/schema.ts';
import type { Facts } from './facts.ts';

/** chrony.conf: a client of the public pool, and time for GREEN. Nothing can be controlled over the network. */
export const chronyConf = (policy: Pick<Policy, 'network'>, { paths }: Facts): string =>
  [
    'pool pool.ntp.org iburst maxsources 3',
    'makestep 1 3',
    'rtcsync',
    `driftfile ${paths.data}/chrony/drift`,
    `bindaddress ${policy.network.green.address}`,
    `allow ${greenNetwork(policy)}`,
    'cmdport 0',
    'user chrony',
    '',
  ].join('\n');
