import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Lease } from '../agent/api.ts';
import type { Machine } from '../agent/ports.ts';
import { type UserIds, users } from '../plan/users.ts';
import { normalAddress } from '../policy/address.ts';
import { cut, flows } from './conntrack.ts';
import { writeFiles } from './files.ts';
import { refreshNames, resolvedNames } from './names.ts';
import { checkRuleset, glance, loadRuleset, look } from './nft.ts';
import { listNics, writeNics } from './nics.ts';
import { observe, parseArp, parseNeighbours } from './observe.ts';
import { run } from './run.ts';
import { restartService, serviceRunning } from './services.ts';
import { sshFingerprints } from './ssh.ts';
import { setClock, timeState } from './time.ts';

export type MachineOptions = {
  directories: { run: string; data: string; lib: string; log: string };
  /** The service manager: `/sbin/rc-service` on the box, the lab's own elsewhere. */
  manager: string;
  /** Elsewhere than on the box: other user ids, IPv6 forwarded too. */
  uids?: UserIds;
  ipv6?: boolean;
};

/** The running Linux, as the agent uses it. */
export const createMachine = ({ directories, manager, uids = users, ipv6 = false }: MachineOptions): Machine => ({
  facts: async () => ({
    ipv6,
    uids,
    red: redNetwork(),
    paths: { ...directories, ulogdPlugins: await ulogdPlugins(directories.lib) },
  }),
  resolved: resolvedNames,
  refresh: refreshNames,
  check: checkRuleset,
  load: loadRuleset,
  look,
  glance,
  flows: () => flows(ipv6 ? ['ipv4', 'ipv6'] : ['ipv4']),
  cut: (list) => cut(list, join(directories.run, 'cut')),
  neighbours: async () => {
    const known = parseArp(await readFile('/proc/self/net/arp', 'utf8'));
    if (ipv6) for (const [host, mac] of parseNeighbours(await run('ip', NEIGHBOURS_6))) known.set(host, mac);
    return known;
  },
  nics: () => listNics(directories.data),
  setNics: (green, red) => writeNics(directories.data, green, red),
  timezones: async () => Intl.supportedValuesOf('timeZone'),
  writePlan: (files) => writeFiles(join(directories.run, 'plan'), files),
  applyNetwork: async () => {
    await run(join(directories.lib, 'sh/network'), ['apply'], { timeoutSeconds: 90 });
  },
  restart: (service) => restartService(manager, service),
  running: serviceRunning,
  observe: () => observe(directories),
  leases: async () => parseLeases(await readFile(join(directories.data, 'dnsmasq/leases'), 'utf8').catch(() => '')),
  time: () => timeState(directories),
  setClock: (time) => setClock(directories, time),
  sshFingerprints: () => sshFingerprints(directories.data),
  reboot: async () => {
    await run('reboot', []);
  },
  poweroff: async () => {
    await run('poweroff', []);
  },
});

/** RED's address and network as they are now; both empty while there is none. */
const redNetwork = (): { address: string; network: string } => {
  const found = networkInterfaces().red?.find(({ family }) => family === 'IPv4');
  return { address: found?.address ?? '', network: normalAddress(found?.cidr ?? '') };
};

const NEIGHBOURS_6 = ['-6', '-j', 'neigh', 'show', 'dev', 'green'];

/** dnsmasq's lease file: expiry, MAC, address, name or `*`, client id. Names come from strangers: only DNS letters stay. */
export const parseLeases = (content: string): Omit<Lease, 'fixed'>[] =>
  content.split('\n').flatMap((line) => {
    const [expires, mac, address, name] = line.split(' ');
    if (!/^\d+$/.test(expires ?? '') || !/^[0-9a-f:]{17}$/.test(mac ?? '') || address === undefined) return [];
    const known = name === undefined || name === '*' ? '' : name.replace(/[^A-Za-z0-9.-]/g, '').slice(0, 63);
    return [{ mac: mac ?? '', address, name: known, expires: Number(expires) }];
  });

const ulogdPlugins = async (lib: string): Promise<string> => {
  const text = await readFile(join(lib, 'paths.json'), 'utf8').catch(() => '{}');
  return (JSON.parse(text) as { ulogdPlugins?: string }).ulogdPlugins ?? '/usr/lib/x86_64-linux-gnu/ulogd';
};
