import { Host } from './host.ts';
import { makeNamespace, type Namespace } from './namespace.ts';

/** The two networks around a box: one namespace holds both bridges and the box's taps, each host has a namespace of its own. */
export type Topology = {
  /** Where QEMU runs. */
  readonly middle: Namespace;
  readonly tap: { green: string; red: string };
  /** A host on GREEN: with an address it is set by hand (the box is its gateway and DNS), without one it is left to DHCP. */
  green(options: { address?: string; mac?: string }): Host;
  /** A host on RED with its IPv4 address. */
  red(options: { address: string; mac?: string }): Host;
};

/** The box's NICs: their MAC addresses are chosen here so that hosts on RED can be told them. */
export const BOX_MAC = { green: '52:54:00:51:00:01', red: '52:54:00:09:00:01' } as const;
export const BOX_GREEN = '192.168.51.254';
export const BOX_RED = '10.9.0.50';
export const RED_SERVER = '10.9.0.2';

/** Makes both networks, empty. */
export function makeTopology(): Topology {
  const middle = makeNamespace('middle');
  middle.sysctl({ 'net.ipv6.conf.all.disable_ipv6': 1, 'net.ipv6.conf.default.disable_ipv6': 1 });
  for (const colour of ['green', 'red'] as const) {
    middle.ip(
      'link',
      'add',
      `br-${colour}`,
      'type',
      'bridge',
      'stp_state',
      '0',
      'forward_delay',
      '0',
      'mcast_snooping',
      '0',
    );
    middle.ip('link', 'set', `br-${colour}`, 'up');
    middle.ip('tuntap', 'add', `tap-${colour}`, 'mode', 'tap');
    middle.ip('link', 'set', `tap-${colour}`, 'master', `br-${colour}`, 'up');
  }
  let hosts = 0;
  const attach = (colour: 'green' | 'red', address: string | undefined, mac: string | undefined) => {
    hosts += 1;
    const last = Number(address?.split('.')[3] ?? 200 + hosts);
    const space = makeNamespace(`${colour}${address === undefined ? `dhcp${hosts}` : last}`);
    const own = mac ?? `02:00:00:00:0${colour === 'green' ? 5 : 9}:${last.toString(16).padStart(2, '0')}`;
    middle.ip('link', 'add', `v${hosts}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space.name);
    middle.ip('link', 'set', `v${hosts}`, 'master', `br-${colour}`, 'up');
    space.ip('link', 'set', 'eth0', 'address', own);
    space.sysctl({ 'net.ipv6.conf.all.accept_dad': 0, 'net.ipv6.conf.eth0.accept_dad': 0 });
    space.ip('link', 'set', 'eth0', 'up');
    return { host: new Host(space, own), space, last };
  };
  return {
    middle,
    tap: { green: 'tap-green', red: 'tap-red' },
    green: ({ address, mac }) => {
      const { host, space, last } = attach('green', address, mac);
      if (address === undefined) return host;
      space.ip('addr', 'add', `${address}/24`, 'dev', 'eth0');
      space.ip('route', 'add', 'default', 'via', BOX_GREEN);
      space.ip('-6', 'addr', 'add', `fd51::${last}/64`, 'dev', 'eth0');
      return host;
    },
    red: ({ address, mac }) => {
      const { host, space, last } = attach('red', address, mac);
      space.ip('addr', 'add', `${address}/24`, 'dev', 'eth0');
      space.ip('-6', 'addr', 'add', `fd09::${last}/64`, 'dev', 'eth0');
      return host;
    },
  };
}

/** Makes a host on RED send to the box without asking it first (a closed box may not answer), also what is meant for GREEN. */
export function aimAtBox(space: Namespace): string[] {
  const linkLocal = 'fe80::5054:ff:fe09:1';
  const global = 'fd09::5054:ff:fe09:1';
  for (const address of [BOX_RED, linkLocal, global]) {
    space.ip('neigh', 'replace', address, 'lladdr', BOX_MAC.red, 'dev', 'eth0', 'nud', 'permanent');
  }
  space.ip('route', 'replace', '192.168.51.0/24', 'via', BOX_RED);
  space.ip('-6', 'route', 'replace', 'fd51::/64', 'via', linkLocal, 'dev', 'eth0');
  return [BOX_RED, BOX_GREEN, `${linkLocal}%eth0`, global];
}
