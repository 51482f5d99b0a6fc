import { printRange } from '../policy/ports.ts';
import { NAME_TIMEOUT } from './names.ts';
import { GUARD, printLookup } from './nft-lookup.ts';
import { counterOf, frameSet, gateChain, leafChain, type Printed, whileChain } from './nft-names.ts';
import { printGate, printLeaf } from './nft-rules.ts';
import type { Family, Leaf, Ruleset } from './ruleset.ts';

/** The whole ruleset as one nft file for an empty kernel, or one that holds the closed ruleset: what boot loads. */
export const printFull = (ruleset: Ruleset, generation: number): string =>
  [declarations(ruleset), printChains(ruleset, 'g0'), printSwitch(ruleset, 'g0', generation)].join('\n');

/** First transaction of a load: tables, base chains and sets (if missing), and the new generation's own chains. */
export const printChains = (ruleset: Ruleset, tag: string): string =>
  families(ruleset)
    .map((family) => {
      const { chains, sets } = generationChains(ruleset, family, tag);
      return [
        ...counters(ruleset).map((name) => `add counter ${family} filter ${name}`),
        ...chains.map(([name]) => `add chain ${family} filter ${name}`),
        ...frameSets(ruleset, family, tag),
        ...sets,
        block(family, chains),
      ].join('\n');
    })
    .join('\n');

/** Second transaction: the fixed chains are flushed and refilled; from here on packets meet the new generation. */
export const printSwitch = (ruleset: Ruleset, tag: string, generation: number): string =>
  (['ip', 'ip6'] as const)
    .map((family) => {
      const chains = fixedChains(ruleset, family, tag, generation);
      return [...chains.map(([name]) => `flush chain ${family} filter ${name}`), block(family, chains)].join('\n');
    })
    .concat([natBlock])
    .join('\n');

/** The counters that a ruleset uses. */
export const counters = ({ mode, leaves }: Pick<Ruleset, 'mode' | 'leaves'>): string[] =>
  mode === 'blocking' ? leaves.map(({ name }) => counterOf(name)) : [];

/** What a generation owns in the kernel. */
export type Owned = { kind: 'chain' | 'set' | 'map' | 'counter'; family: Family; name: string };

/** Third transaction: generations other than `tag` go. Chains are flushed first, since they may name each other and the sets; maps name chains. */
export const printRemoval = (old: Owned[]): string => {
  const chains = old.filter(({ kind }) => kind === 'chain');
  return [
    ...chains.map(({ family, name }) => `flush chain ${family} filter ${name}`),
    ...old.flatMap(({ kind, family, name }) => (kind === 'chain' ? [] : [`delete ${kind} ${family} filter ${name}`])),
    ...chains.map(({ family, name }) => `delete chain ${family} filter ${name}`),
    '',
  ].join('\n');
};

/** Tables, base chains and run-time sets; adding what is there already changes nothing. */
export const declarations = (ruleset: Ruleset): string =>
  (['ip', 'ip6'] as const)
    .flatMap((family) => [
      `add table ${family} filter`,
      ...['INPUT', 'FORWARD', 'OUTPUT'].map(
        (name) =>
          `add chain ${family} filter ${name} { type filter hook ${name.toLowerCase()} priority 0; policy drop; }`,
      ),
      ...['BOT_INPUT', 'CUSTOMFORWARD', 'BOT_FORWARD', 'GREENGATE'].map((name) => `add chain ${family} filter ${name}`),
      `add set ${family} filter log_meter { type ${addressType(family)}; flags dynamic; timeout 5m; size 65535; }`,
      `add set ${family} filter ping_meter { type ${addressType(family)}; flags dynamic; timeout 1m; size 65535; }`,
      ...ruleset.names.map(
        ({ set }) =>
          `add set ${family} filter ${set} { type ${addressType(family)}; flags dynamic,timeout; timeout ${NAME_TIMEOUT}s; size 65535; }`,
      ),
    ])
    .concat([
      ...families(ruleset).map((family) => `add ct helper ${family} filter ftp { type "ftp" protocol tcp; }`),
      'add table ip nat',
      'add chain ip nat POSTROUTING { type nat hook postrouting priority 100; policy accept; }',
      '',
    ])
    .join('\n');

const guard = `0x${GUARD.toString(16)}`;
const unguarded = `meta mark & ${guard} == 0`;

type Chains = [name: string, rules: string[]][];

const families = (ruleset: Ruleset): Family[] => (ruleset.ipv6 ? ['ip', 'ip6'] : ['ip']);

const addressType = (family: Family): string => (family === 'ip' ? 'ipv4_addr' : 'ipv6_addr');

const block = (family: Family, chains: Chains): string =>
  [
    `table ${family} filter {`,
    ...chains.flatMap(([name, rules]) => [`  chain ${name} {`, ...rules.map((rule) => `    ${rule}`), '  }']),
    '}',
    '',
  ].join('\n');

const natBlock = [
  'flush chain ip nat POSTROUTING',
  'table ip nat {',
  '  chain POSTROUTING {',
  '    oifname "red" masquerade',
  '  }',
  '}',
  '',
].join('\n');

/** The times at which rules hold: epoch seconds are exact whatever the zone of who loads them, weekdays and hours are not. */
const frameSets = (ruleset: Ruleset, family: Family, tag: string): string[] =>
  ruleset.mode !== 'blocking'
    ? []
    : ruleset.frames.flatMap(({ key, intervals }) => {
        const set = `${family} filter ${frameSet(tag, key)}`;
        const elements = intervals.map(([from, to]) => `${from}-${to}`);
        return [
          `add set ${set} { typeof meta time; flags interval; }`,
          `flush set ${set}`,
          ...(elements.length === 0 ? [] : [`add element ${set} { ${elements.join(', ')} }`]),
        ];
      });

/** The chains of a generation, and the sets that they share. */
const generationChains = (ruleset: Ruleset, family: Family, tag: string): Printed => {
  if (ruleset.mode !== 'blocking') return { chains: [], sets: [] };
  const leaves = new Map(ruleset.leaves.map((leaf) => [leaf.name, leaf]));
  const found = (['input', 'forward'] as const).map((hook) =>
    printLookup({ family, tag, hook }, ruleset.lookups[family][hook], leaves),
  );
  return {
    chains: [
      ...ruleset.leaves.map((leaf): Printed['chains'][number] => [leafChain(tag, leaf.name), printLeaf(family, leaf)]),
      ...ruleset.leaves.flatMap((leaf): Printed['chains'] => {
        const names = { leaf: leafChain(tag, leaf.name), frame: frameSet(tag, leaf.frame ?? '') };
        const gate = printGate(family, leaf, names);
        return gate === null ? [] : [[gateChain(tag, leaf.name), gate]];
      }),
      ...ruleset.frames.map(({ key }): Printed['chains'][number] => [
        whileChain(tag, key),
        [`meta time @${frameSet(tag, key)} return`, 'drop'],
      ]),
      ...found.flatMap(({ chains }) => chains),
    ],
    sets: found.flatMap(({ sets }) => sets),
  };
};

const fixedChains = (ruleset: Ruleset, family: Family, tag: string, generation: number): Chains => [
  ['INPUT', inputRules(ruleset, family)],
  ['FORWARD', forwardRules(ruleset, family)],
  ['OUTPUT', family === 'ip' ? outputRules(ruleset) : output6Rules(ruleset)],
  ['BOT_INPUT', botRules(ruleset, family, tag, `${tag}_input`)],
  [
    'CUSTOMFORWARD',
    botRules(ruleset, family, tag, '').length === 0
      ? []
      : [
          'iifname "green" oifname "red" jump BOT_FORWARD',
          ...whileRules(ruleset, tag).map((rule) => `iifname "red" oifname "green" ${rule}`),
        ],
  ],
  ['BOT_FORWARD', botRules(ruleset, family, tag, `${tag}_forward`)],
  ['GREENGATE', [`counter comment "generation ${generation} ${ruleset.mode}"`]],
];

const botRules = (ruleset: Ruleset, family: Family, tag: string, target: string): string[] => {
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
const whileRules = ({ leaves }: Ruleset, tag: string): string[] => {
  const ways = framedLeaves({ leaves }).map(({ mark, frame }) => `${mark} : jump ${whileChain(tag, frame ?? '')}`);
  return ways.length === 0 ? [] : [`ct state established,related ct mark vmap { ${ways.join(', ')} }`];
};

const framedLeaves = ({ leaves }: Pick<Ruleset, 'leaves'>): Leaf[] =>
  leaves.filter(({ action, frame }) => action === 'accept' && frame !== null);

const icmpName = (family: Family): string => (family === 'ip' ? 'icmp' : 'ipv6-icmp');

const inputRules = (ruleset: Ruleset, family: Family): string[] => {
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

const forwardRules = (ruleset: Ruleset, family: Family): string[] => {
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
const outputRules = ({ mode, uids, uiPort, proxy }: Ruleset): string[] => [
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

const output6Rules = ({ uids, ipv6 }: Ruleset): string[] => [
  `oifname "lo" meta skuid ${uids.root} accept`,
  `oifname "green" icmpv6 type { ${ND_TYPES} } accept`,
  'ct state invalid drop',
  'oifname "green" ct state established,related accept',
  ...(ipv6 ? [`oifname "red" icmpv6 type { ${ND_TYPES} } accept`, 'ct state established,related accept'] : []),
];
