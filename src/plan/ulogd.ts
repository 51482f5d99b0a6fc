import type { Facts } from './facts.ts';

/** ulogd.conf: NFLOG group 1 to one JSON object a line. Plugins by absolute path: each base has its own directory. */
export const ulogdConf = ({ paths }: Facts): string =>
  [
    '[global]',
    'logfile="/dev/null"',
    'loglevel=5',
    ...PLUGINS.map((name) => `plugin="${paths.ulogdPlugins}/ulogd_${name}.so"`),
    'stack=log1:NFLOG,base1:BASE,ifi1:IFINDEX,ip2str1:IP2STR,mac2str1:HWHDR,json1:JSON',
    '[log1]',
    'group=1',
    '[json1]',
    'sync=1',
    `file="${paths.log}/firewall.json"`,
    '',
  ].join('\n');

const PLUGINS = ['inppkt_NFLOG', 'raw2packet_BASE', 'filter_IFINDEX', 'filter_IP2STR', 'filter_HWHDR', 'output_JSON'];
