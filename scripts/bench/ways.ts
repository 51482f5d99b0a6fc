import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { applianceFacts } from '../../src/plan/facts.ts';
import { ulogdConf } from '../../src/plan/ulogd.ts';
import { NODE, runFolder, start } from '../../test/appliance/lib/process.ts';
import type { Road } from '../../test/lab/lib/road.ts';
import { type Expanded, wordOf } from './exact.ts';

/** What `inside.ts` measured of a policy, in milliseconds (`first`: the first compile in its process), and the text that a boot would load. */
export type Loaded = { parse: number; compile: number; first: number; load: number; text: string };

/** A router without rules: it masquerades, and tracks connections because of that. */
export function loadNone(road: Road): void {
  road.sh(['nft', '-f', '-'], MASQUERADE);
}

/** The whole real ruleset of a policy, loaded `rounds` times as the agent does it, with the box's ulogd behind its log. */
export function loadGreengate(road: Road, policy: object, rounds = 1): Loaded {
  const file = join(runFolder(), 'policy.json');
  writeFileSync(file, JSON.stringify(policy));
  const said = road.sh([NODE, '--no-warnings', join(import.meta.dirname, 'inside.ts'), file, String(rounds)]);
  road.router.sysctl({ 'net.netfilter.nf_conntrack_tcp_loose': 0 });
  startUlogd(road);
  return { ...JSON.parse(said), text: readFileSync(`${file}.nft`, 'utf8') };
}

/** Where the log of a road's denials is. */
export const logOf = (road: Road): string => join(logFolder(road), 'firewall.json');

/** How many rules the kernel holds there. */
export function kernelRules(road: Road): number {
  return road.sh(['nft', '-t', '-a', 'list', 'ruleset']).match(/^\t\t(?!type ).*# handle \d+$/gm)?.length ?? 0;
}

/** BOT's way, one rule for each combination behind the accept of what is established; by iptables-legacy, or by iptables-nft. */
export function loadIptables(road: Road, rules: Expanded[], kind: 'legacy' | 'nft'): void {
  const lines = rules.map(
    (rule) =>
      `-A BOT_FORWARD -s ${rule.from} -d ${rule.to} -p ${wordOf(rule)} --dport ${rule.port} -m state --state NEW -j ACCEPT`,
  );
  road.sh([`iptables-${kind}-restore`], iptablesText(lines));
}

/** One rule for all of them, by a set of address, port and address with a counter for each. */
export function loadIpset(road: Road, rules: Expanded[]): void {
  const lines = rules.map((rule) => `add exact ${rule.from},${wordOf(rule)}:${rule.port},${rule.to}`);
  const size = Math.max(1024, rules.length);
  road.sh(
    ['ipset', 'restore'],
    `create exact hash:ip,port,ip hashsize ${size} maxelem ${size} counters\n${lines.join('\n')}\n`,
  );
  const rule = '-A BOT_FORWARD -m state --state NEW -m set --match-set exact src,dst,dst -j ACCEPT';
  road.sh(['iptables-legacy-restore'], iptablesText([rule]));
}

/** The same list of rules for nftables, one by one. */
export function loadNftLinear(road: Road, rules: Expanded[]): void {
  const text = [
    MASQUERADE,
    'table ip filter {',
    '  chain BOT_FORWARD {',
    '    counter ct state established,related accept',
    ...rules.map(
      (rule) => `    ip saddr ${rule.from} ip daddr ${rule.to} ${wordOf(rule)} dport ${rule.port} counter accept`,
    ),
    '    limit rate 10/minute log prefix "GREEN DROP " group 1',
    '    counter drop',
    '  }',
    '  chain FORWARD {',
    '    type filter hook forward priority 0; policy drop;',
    '    iifname "green" jump BOT_FORWARD',
    '    ct state established,related accept',
    '  }',
    '}',
    '',
  ];
  road.sh(['nft', '-f', '-'], text.join('\n'));
}

const logFolder = (road: Road): string => join(runFolder(), road.router.name);

/** Not where the packets go through, or it would have no time to read them. */
function startUlogd(road: Road): void {
  const folder = logFolder(road);
  mkdirSync(folder, { recursive: true });
  const facts = applianceFacts(true, 0, ULOGD_PLUGINS);
  writeFileSync(join(folder, 'ulogd.conf'), ulogdConf({ ...facts, paths: { ...facts.paths, log: folder } }));
  const words = ['taskset', '-c', '0', 'ulogd', '-c', join(folder, 'ulogd.conf')];
  start([...road.router.enter, ...words], join(folder, 'ulogd.log'));
}

const ULOGD_PLUGINS = '/usr/lib/x86_64-linux-gnu/ulogd';

const MASQUERADE = `table ip nat {
  chain POSTROUTING {
    type nat hook postrouting priority 100; policy accept;
    oifname "red" masquerade
  }
}
`;

const iptablesText = (rules: string[]): string =>
  [
    '*nat',
    ':POSTROUTING ACCEPT [0:0]',
    '-A POSTROUTING -o red -j MASQUERADE',
    'COMMIT',
    '*filter',
    ':FORWARD DROP [0:0]',
    ':CUSTOMFORWARD - [0:0]',
    ':BOT_FORWARD - [0:0]',
    '-A FORWARD -j CUSTOMFORWARD',
    '-A FORWARD -m state --state ESTABLISHED,RELATED -j ACCEPT',
    '-A CUSTOMFORWARD -i green -j BOT_FORWARD',
    '-A BOT_FORWARD -m state --state ESTABLISHED,RELATED -j ACCEPT',
    ...rules,
    '-A BOT_FORWARD -m limit --limit 10/minute -j NFLOG --nflog-group 1 --nflog-prefix "GREEN DROP "',
    '-A BOT_FORWARD -j DROP',
    'COMMIT',
    '',
  ].join('\n');
