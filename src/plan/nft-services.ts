import { printRange } from '../policy/ports.ts';
import type { ServicePiece } from './lookup.ts';
import type { Place, Printed } from './nft-names.ts';
import type { SetTable } from './nft-sets.ts';

/** The chains that lead a packet to the class of its service; the first is where the hook enters. `way`: the verdict of a class. */
export const printServices = (
  { family, tag, hook }: Place,
  pieces: ServicePiece[],
  tables: SetTable,
  way: (index: number) => string,
): Printed['chains'] => {
  const name = `${tag}_${hook}`;
  const ports = pieces.filter((piece) => piece.kind === 'ports');
  const icmp = pieces.filter((piece) => piece.kind === 'icmp');
  const others = pieces.filter((piece) => piece.kind === 'protocol');
  const exact = ports.filter(({ from, to }) => from === to);
  const parts: { word: string | number; name: string; rules: string[] }[] = [
    ...(['tcp', 'udp'] as const).map((protocol) => ({
      word: protocol,
      name: `${name}_${protocol}`,
      rules: printRanges(
        protocol,
        ports.filter((piece) => piece.protocol === protocol && piece.from !== piece.to),
        tables,
        way,
      ),
    })),
    {
      word: family === 'ip' ? 'icmp' : 'ipv6-icmp',
      name: `${name}_icmp`,
      rules: printTypes(family === 'ip' ? 'icmp' : 'icmpv6', icmp, tables, way),
    },
    ...others.flatMap(({ number, class: index }) =>
      number === null ? [] : [{ word: number, name: '', rules: [way(index)] }],
    ),
  ];
  const rest = way(others.find(({ number }) => number === null)?.class ?? 0);
  // A chain of one verdict is no chain.
  const ways = parts.map(
    ({ word, name: chain, rules }) => `${word} : ${rules.length === 1 ? rules[0] : `goto ${chain}`}`,
  );
  return [
    [
      name,
      [
        ...tables.lookup(
          'vmap',
          'meta l4proto . th dport',
          exact.map(({ protocol, from, class: index }) => `${protocol} . ${from} : ${way(index)}`),
        ),
        ...tables.lookup(
          'vmap',
          'meta l4proto',
          ways.filter((one) => !one.endsWith(` : ${rest}`)),
        ),
        rest,
      ],
    ],
    ...parts.flatMap(({ name: chain, rules }): Printed['chains'] => (rules.length > 1 ? [[chain, rules]] : [])),
  ];
};

/** What most of the ranges lead to needs no element. */
const printRanges = (
  protocol: string,
  pieces: Extract<ServicePiece, { kind: 'ports' }>[],
  tables: SetTable,
  way: (index: number) => string,
): string[] => {
  const counts = new Map<string, number>();
  for (const piece of pieces) counts.set(way(piece.class), (counts.get(way(piece.class)) ?? 0) + 1);
  const [most = 'drop'] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? [];
  const elements = pieces
    .filter((piece) => way(piece.class) !== most)
    .map((piece) => `${printRange([piece.from, piece.to])} : ${way(piece.class)}`);
  return [...tables.lookup('vmap', `${protocol} dport`, elements), most];
};

const printTypes = (
  word: string,
  pieces: Extract<ServicePiece, { kind: 'icmp' }>[],
  tables: SetTable,
  way: (index: number) => string,
): string[] => {
  const whole = pieces.filter(({ type, code }) => type !== null && code === null);
  const exact = pieces.filter(({ code }) => code !== null);
  const rest = way(pieces.find(({ type }) => type === null)?.class ?? 0);
  return [
    ...tables.lookup(
      'vmap',
      `${word} type . ${word} code`,
      exact.map((one) => `${one.type} . ${one.code} : ${way(one.class)}`),
    ),
    ...tables.lookup(
      'vmap',
      `${word} type`,
      whole.map((one) => `${one.type} : ${way(one.class)}`),
    ),
    rest,
  ];
};
