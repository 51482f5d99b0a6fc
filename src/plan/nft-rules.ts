import { type Network, parseNetwork, printNetwork } from '../policy/address.ts';
import { printRange } from '../policy/ports.ts';
import type { Match } from '../policy/resolve.ts';
import type { Dispatch, Family, Leaf, Side } from './ruleset.ts';

/** The matches of one dispatch as nft text, without a verdict. */
export const printDispatch = ({ family, source, destination, service }: Dispatch): string =>
  [printSide(family, 'saddr', source), printSide(family, 'daddr', destination), printMatch(family, service)]
    .filter((part) => part !== '')
    .join(' ');

/** The rules of a leaf chain: counter with origin, flow mark, log, action. */
export const printLeaf = (family: Family, { name, mark, log, action }: Leaf): string[] => [
  `counter comment "${name}"`,
  ...(action === 'accept' ? [`ct mark set ${mark}`] : []),
  ...(log ? [printLog(family, action, name)] : []),
  ...printAction(family, action),
];

/** ICMPv6's number for an ICMP type of the owner's service, null where there is none (RFC 4443). */
export const icmp6Type = (type: number): number | null => icmp6.get(type) ?? null;

/** Limited per source, so that one host cannot hide another's denials. */
const printLog = (family: Family, action: Leaf['action'], origin: string): string =>
  `update @log_meter { ${family} saddr limit rate 60/minute burst 120 packets } ` +
  `log prefix "GREEN ${action.toUpperCase()} ${origin}" group 1`;

const printAction = (family: Family, action: Leaf['action']): string[] =>
  action === 'reject'
    ? ['meta l4proto tcp reject with tcp reset', `reject with ${family === 'ip' ? 'icmp' : 'icmpv6'} admin-prohibited`]
    : [action];

const printSide = (family: Family, field: 'saddr' | 'daddr', side: Side): string => {
  if (side.kind === 'any') return '';
  if (side.kind === 'macs') return `ether ${field} ${printSet(side.macs)}`;
  return `${family} ${field} ${printSet(disjoint(side.networks).map(printNetwork))}`;
};

const printMatch = (family: Family, match: Match): string => {
  switch (match.protocol) {
    case 'any':
      return '';
    case 'tcp':
    case 'udp':
      return `${match.protocol} dport ${printSet(match.ports.map(printRange))}`;
    case 'icmp': {
      if (family === 'ip') return match.type === null ? 'meta l4proto icmp' : `icmp type ${match.type}`;
      return match.type === null ? 'meta l4proto ipv6-icmp' : `icmpv6 type ${icmp6Type(match.type)}`;
    }
    default:
      return `meta l4proto ${{ gre: 47, esp: 50, ah: 51 }[match.protocol]}`;
  }
};

const printSet = (elements: string[]): string =>
  elements.length === 1 ? `${elements[0]}` : `{ ${elements.join(', ')} }`;

/** nft refuses sets whose intervals overlap: networks inside another one are left out. */
const disjoint = (networks: Network[]): Network[] => {
  const sorted = [...networks].sort((a, b) => a.bits - b.bits);
  const kept: Network[] = [];
  const keys = new Set<string>();
  for (const network of sorted) {
    if (covered(network, keys)) continue;
    keys.add(printNetwork(network));
    kept.push(network);
  }
  return kept;
};

const covered = (network: Network, keys: Set<string>): boolean => {
  for (let bits = network.bits; bits >= 0; bits -= 1) {
    const wider = parseNetwork(`${network.address}/${bits}`);
    if (wider !== null && keys.has(printNetwork(wider))) return true;
  }
  return false;
};

const icmp6 = new Map([
  [0, 129],
  [3, 1],
  [8, 128],
  [11, 3],
  [12, 4],
]);
