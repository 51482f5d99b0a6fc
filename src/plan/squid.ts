import { parsePorts, printRange } from '../policy/ports.ts';
import type { Policy } from '../policy/schema.ts';
import type { Facts } from './facts.ts';

/**
 * squid.conf, in the words that squid 5 to 7 share. The ACLs here only make good error pages: the wall around the
 * proxy is the kernel's OUTPUT list. One JSON object a line in the log; URL and method are percent-encoded by squid.
 */
export const squidConf = ({ proxy, network }: Policy, { paths }: Facts): string =>
  [
    `http_port ${network.green.address}:${proxy.port}`,
    `visible_hostname ${network.hostname}.${network.domain}`,
    'httpd_suppress_version_string on',
    'via off',
    'forwarded_for delete',
    'dns_nameservers 127.0.0.1',
    'pid_filename none',
    'pinger_enable off',
    'coredump_dir none',
    'netdb_filename none',
    'max_filedescriptors 4096',
    'memory_pools off',
    'cache_mem 8 MB',
    'shutdown_lifetime 1 seconds',
    'logfile_rotate 0',
    `cache_log ${paths.log}/squid.log`,
    'cache_store_log none',
    `logformat greengate ${LOG_FORMAT}`,
    `access_log stdio:${paths.log}/proxy.log greengate`,
    ...cacheLines(proxy, paths.data),
    `acl safe port ${portList(proxy.safePorts)}`,
    `acl tunnel port ${portList(proxy.connectPorts)}`,
    'acl CONNECT method CONNECT',
    'acl link_local dst 169.254.0.0/16 fe80::/10',
    'http_access deny CONNECT !tunnel',
    'http_access deny !CONNECT !safe',
    'http_access deny manager',
    'http_access deny to_localhost',
    'http_access deny link_local',
    'http_access allow all',
    '',
  ].join('\n');

const LOG_FORMAT =
  '{"time":%ts.%03tu,"ms":%tr,"client":"%>a","status":"%>Hs","method":"%#rm","url":"%#ru","bytes":%<st,"hier":"%Ss/%Sh"}';

const cacheLines = (proxy: Policy['proxy'], data: string): string[] =>
  proxy.cache
    ? [`cache_dir ufs ${data}/squid/cache ${proxy.cacheMegabytes} 16 256`, 'maximum_object_size 32 MB']
    : ['cache deny all'];

const portList = (text: string): string => (parsePorts(text) ?? []).map(printRange).join(' ');
