import type { Facts } from './facts.ts';

/** chrony.conf: a client of the public pool; nothing is served and nothing can be controlled over the network. */
export const chronyConf = ({ paths }: Facts): string =>
  [
    'pool pool.ntp.org iburst maxsources 3',
    'makestep 1 3',
    'rtcsync',
    `driftfile ${paths.data}/chrony/drift`,
    'port 0',
    'cmdport 0',
    'user chrony',
    '',
  ].join('\n');
