import { printRange } from '../policy/ports.ts';
import { GUARD } from './nft-lookup.ts';
import { whileChain } from './nft-names.ts';
import type { Family, Leaf, Ruleset } from './ruleset.ts';

/** What a packet meets that enters a BOT chain: the guard bit, its state, then the rules at `target`. Empty: BOT is off. */
export const botRules = (ruleset: Ruleset, family: Family, tag: string, target: string): string[] => {
  const { mode, ipv6, connectionState } = ruleset;
  if (mode !== 'blocking' || (family === 'ip6' && !ipv6)) return [];
  // Of running flows FORWARD has let pass all but those of frames already.
  const passed = target.endsWith('_forward') && framedLeaves(ruleset).length === 0;
  const byState = connectionState
    ? passed
      ? []
      : ['ct state established,related accept']
    : [
        'ct direction reply accept',
        'ct helper "ftp" accept',
        `meta l4proto ${icmpName(family)} ct state related accept`,
      ];
  return [`meta mark set meta mark | ${guard}`, ...whileRules(ruleset, tag), ...byState, `goto ${target}`];
};

/** The mark of a flow names the rule that let it in; where that rule holds at times only, so does the flow. */
export const whileRules = ({ leaves }: Ruleset, tag: string): string[] => {
  const ways = framedLeaves({ leaves }).map(({ mark, frame }) => `${mark} : jump ${whileChain(tag, frame ?? '')}`);
  return ways.length === 0 ? [] : [`ct state established,related ct mark vmap { ${ways.join(', ')} }`];
};

const framedLeaves = ({ leaves }: Pick<Ruleset, 'leaves'>): Leaf[] =>
  leaves.filter(({ action, frame }) => action === 'accept' && frame !== null);

const icmpName = (family: Family): string => (family === 'ip' ? 'icmp' : 'ipv6-icmp');

/** To the box itself: RED never gets in, GREEN by way of BOT_INPUT. */
export const inputRules = (ruleset: Ruleset, family: Family): string[] => {
  const { mode, ipv6, uiPort, sshPort, serveTime, proxy } = ruleset;
  const where = ipv6 ? '{ "green", "red" }' : '"green"';
  const neighbours = `iifname ${where} icmpv6 type { ${ND_TYPES} } ip6 hoplimit 255 accept`;
  const echo = family === 'ip' ? 'icmp type echo-request' : 'icmpv6 type echo-request';
  const own = family === 'ip' ? [DHCP_IN, resetOf(uiPort)] : [neighbours];
  const first = ['iifname "lo" accept', ...own, 'ct state invalid drop'];
  if (family === 'ip6' && !ipv6) return first;
  const ssh = sshPort === null ? [] : [sshPort];
  const tcp = mode === 'closed' ? [uiPort] : [uiPort, 53, ...(proxy === null ? [] : [proxy.port]), ...ssh];
  const udp = serveTime ? '{ 53, 123 }' : '53';
  return [
    ...first,
    'iifname != "green" ct state established,related accept',
    'iifname != "green" drop',
    // Anti-spoofing without naming an address: the way back to the source must be the way it came.
    `fib saddr . iif oif missing drop`,
    `fib daddr . iif type != { local, broadcast, multicast } drop`,
    `${echo} update @ping_meter { ${family} saddr limit rate 10/second burst 20 packets } accept`,
    `${echo} drop`,
    'jump BOT_INPUT',
    `${unguarded} ct state established,related accept`,
    `${unguarded} tcp dport { ${tcp.join(', ')} } accept`,
    ...(mode === 'closed' ? [] : [`${unguarded} udp dport ${udp} accept`]),
  ];
};

const ND_TYPES = 'nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert';
const DHCP_IN = 'iifname "green" udp sport 68 udp dport 67 accept';

/**
 * A browser whose connection to the UI was cut is told so, and opens a new one. Silence would keep it waiting for minutes
 * after a rescue at the console.
 */
const resetOf = (uiPort: number): string =>
  `iifname "green" ct state invalid tcp dport ${uiPort} tcp flags & (syn | rst) == 0 limit rate 20/second burst 50 packets reject with tcp reset`;

/** Through the box: running flows, then new ones by way of CUSTOMFORWARD. */
export const forwardRules = (ruleset: Ruleset, family: Family): string[] => {
  const { mode, ipv6 } = ruleset;
  if (mode === 'closed' || (family === 'ip6' && !ipv6)) return [];
  return [
    // IPv4 has rp_filter for this (sysctl.conf), at no cost to the rules.
    ...(family === 'ip'
      ? []
      : ['iifname "green" fib saddr . iif oif missing drop', 'iifname "red" oifname "red" drop']),
    ...runningFlows(ruleset),
    'ct state invalid drop',
    // Lets the kernel expect FTP's data connections: `related` from then on, and `ct helper "ftp"` by their control's helper.
    'tcp dport 21 ct state new iifname "green" oifname "red" ct helper set "ftp"',
    'jump CUSTOMFORWARD',
    'iifname "red" oifname "green" ct state established,related accept',
    `iifname "green" oifname "red" ${unguarded} accept`,
  ];
};

/** Most packets belong to a flow that a rule has let in, and meet nothing else. Not those of rules that hold at times only. */
const runningFlows = (ruleset: Ruleset): string[] => {
  if (!ruleset.connectionState) return [];
  const marks = framedLeaves(ruleset).map(({ mark }) => mark);
  const others = ruleset.mode !== 'blocking' || marks.length === 0 ? '' : ` ct mark != { ${marks.join(', ')} }`;
  return [`ct state established,related${others} accept`];
};

/**
 * What the box itself may send: a short list per user. Replies and ICMP errors pass by state. On loopback only root is
 * free: whoever else could reach squid or the resolver there would have its way out.
 */
export const outputRules = ({ mode, uids, uiPort, proxy }: Ruleset): string[] => [
  `oifname "lo" meta skuid ${uids.root} accept`,
  // The answer to a cut connection to the UI; nobody's process sends it, and it belongs to no connection.
  `oifname "green" ct state invalid tcp sport ${uiPort} tcp flags & (syn | fin | rst) == rst accept`,
  'ct state invalid drop',
  'ct state established,related accept',
  `oifname "lo" meta skuid { ${uids.squid}, ${uids.chrony} } ip daddr 127.0.0.1 meta l4proto { tcp, udp } th dport 53 accept`,
  'oifname "lo" reject with icmp admin-prohibited',
  `oifname "green" meta skuid { ${uids.root}, ${uids.dnsmasq} } udp sport 67 udp dport 68 accept`,
  `oifname "green" meta skuid { ${uids.root}, ${uids.dnsmasq} } icmp type echo-request accept`,
  `oifname "red" meta skuid ${uids.root} udp sport 68 udp dport 67 accept`,
  `oifname "red" meta skuid ${uids.root} icmp type echo-request accept`,
  `oifname "red" meta skuid ${uids.dnsmasq} meta l4proto { tcp, udp } th dport 53 accept`,
  `oifname "red" meta skuid ${uids.chrony} udp dport 123 accept`,
  ...(mode === 'closed' || proxy === null
    ? []
    : [
        `oifname "red" meta skuid ${uids.squid} ip daddr { 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0/3 } drop`,
        `oifname "red" meta skuid ${uids.squid} tcp dport { ${proxy.fetch.map(printRange).join(', ')} } accept`,
      ]),
  // A refusal at once, not a time-out, for what squid is asked to fetch and may not.
  `meta skuid ${uids.squid} reject with icmp admin-prohibited`,
];

/** The same for IPv6: replies and neighbours. */
export const output6Rules = ({ uids, ipv6 }: Ruleset): string[] => [
  `oifname "lo" meta skuid ${uids.root} accept`,
  `oifname "green" icmpv6 type { ${ND_TYPES} } accept`,
  'ct state invalid drop',
  'oifname "green" ct state established,related accept',
  ...(ipv6 ? [`oifname "red" icmpv6 type { ${ND_TYPES} } accept`, 'ct state established,related accept'] : []),
];

const guard = `0x${GUARD.toString(16)}`;
const unguarded = `meta mark & ${guard} == 0`;
