import type { Place } from './nft-names.ts';

/** Writes sets and maps of one hook and family. `lines` declares those that got a name. */
export type SetTable = {
  lines: string[];
  /** A rule that looks a field up; none where there are no elements. Every element is `key : value`. */
  lookup: (kind: 'map' | 'vmap', field: string, elements: string[]) => string[];
  /** What a field is held against: one element, a few, or the name of a set that everybody shares. */
  among: (field: string, elements: string[]) => string;
};

/**
 * More elements than this do not stand in the rule: whoever lists the rules would be told all of them. Maps of one generation are
 * filled where they are declared, and never change.
 */
const FEW = 6;

/** An empty table. */
export const setTable = ({ family, tag, hook }: Place): SetTable => {
  const lines: string[] = [];
  const named = new Map<string, string>();
  const declare = (kind: 'set' | 'map', type: string, elements: string[]): string => {
    const name = `${tag}_${hook}_${kind}${lines.length + 1}`;
    const about = elements.some(isRange) ? 'flags interval;' : `size ${elements.length};`;
    lines.push(
      `add ${kind} ${family} filter ${name} { type ${type}; ${about} elements = { ${elements.join(', ')} }; }`,
    );
    return name;
  };
  return {
    lines,
    lookup: (kind, field, elements) => {
      if (elements.length === 0) return [];
      if (elements.length <= FEW) return [`${field} ${kind} { ${elements.join(', ')} }`];
      const type = `${field
        .split(' . ')
        .map((part) => typeOf.get(part))
        .join(' . ')} : ${kind === 'vmap' ? 'verdict' : 'mark'}`;
      return [`${field} ${kind} @${declare('map', type, elements)}`];
    },
    among: (field, elements) => {
      if (elements.length === 1) return elements[0] as string;
      const text = elements.join(', ');
      if (elements.length <= FEW) return `{ ${text} }`;
      const name = named.get(text) ?? declare('set', typeOf.get(field) ?? '', elements);
      named.set(text, name);
      return `@${name}`;
    },
  };
};

/** Without `size` a hash grows by itself, which makes each lookup dearer. */
const isRange = (element: string): boolean => /^[0-9a-f.:]+[-/]/.test(element);

const typeOf = new Map([
  ['ip saddr', 'ipv4_addr'],
  ['ip daddr', 'ipv4_addr'],
  ['ip6 saddr', 'ipv6_addr'],
  ['ip6 daddr', 'ipv6_addr'],
  ['ether saddr', 'ether_addr'],
  ['ether daddr', 'ether_addr'],
  ['meta l4proto', 'inet_proto'],
  ['th dport', 'inet_service'],
  ['tcp dport', 'inet_service'],
  ['udp dport', 'inet_service'],
  ['icmp type', 'icmp_type'],
  ['icmp code', 'icmp_code'],
  ['icmpv6 type', 'icmpv6_type'],
  ['icmpv6 code', 'icmpv6_code'],
]);
