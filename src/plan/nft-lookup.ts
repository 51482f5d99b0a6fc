import type { Exact, Indexed, Linear, Lookup, Piece, Position, Row, ServiceClass, Stage } from './lookup.ts';
import { classChain, leafChain, type Place, type Printed, wayTo } from './nft-names.ts';
import { hasGate, printDispatch } from './nft-rules.ts';
import { printServices } from './nft-services.ts';
import { type SetTable, setTable } from './nft-sets.ts';
import type { Dispatch, Leaf } from './ruleset.ts';

/** A packet that entered a BOT chain carries this bit; the accepts behind the BOT chains require it unset. */
export const GUARD = 0x40000000;

/** The rules of one hook and family as chains, entered at `<tag>_<hook>`. */
export const printLookup = (place: Place, lookup: Lookup, leaves: Map<string, Leaf>): Printed => {
  switch (lookup.form) {
    case 'linear': {
      const asks = askedBy(place, leaves, setTable(place));
      const rules = linear(place, lookup, asks);
      return { chains: [[entry(place), rules], ...chainsOf(asks.once)], sets: asks.tables.lines };
    }
    case 'exact': {
      const tables = setTable(place);
      return { chains: [[entry(place), exact(place, lookup, tables)]], sets: tables.lines };
    }
    case 'indexed':
      return indexed(place, lookup, leaves);
  }
};

const entry = ({ tag, hook }: Place): string => `${tag}_${hook}`;

const linear = ({ tag }: Place, { list }: Linear, asks: Asks): string[] => [
  ...printAsked(asks, list),
  `goto ${leafChain(tag, 'default')}`,
];

/** What it takes to ask rules one after the other. `once`: chains by their rules, the name of each. */
type Asks = Place & {
  leaves: Map<string, Leaf>;
  tables: SetTable;
  once: Map<string, string>;
  /** The matches of a dispatch: the same one stands in the classes of many services. */
  match: (one: Dispatch) => string;
};

const askedBy = (place: Place, leaves: Map<string, Leaf>, tables: SetTable): Asks => {
  const known = new Map<Dispatch, string>();
  const match = (one: Dispatch): string => {
    const text = known.get(one) ?? printDispatch(one, tables.among);
    known.set(one, text);
    return text;
  };
  return { ...place, leaves, tables, once: new Map(), match };
};

const chainsOf = (once: Asks['once']): Printed['chains'] => [...once].map(([rules, name]) => [name, rules.split('\n')]);

/**
 * Rules asked one after the other. Where a packet goes on after a rule (it only logs, or its limit is used up), all parts of the rule
 * stand in a chain of their own: it is asked once, by whichever part matches first.
 */
const printAsked = (
  { tag, hook, leaves, once, match }: Asks,
  list: Dispatch[],
  guardOf: (leaf: string) => string = () => '',
): string[] => {
  const parts = new Map<string, Dispatch[]>();
  for (const one of list) {
    const own = parts.get(one.leaf);
    if (own === undefined) parts.set(one.leaf, [one]);
    else own.push(one);
  }
  return [...parts].flatMap(([name, own]) => {
    const leaf = leaves.get(name);
    const way = wayTo(tag, leaf, name, leaf !== undefined && hasGate(leaf));
    const matches = [...new Set(own.map(match))];
    if (matches.length === 1 || way.startsWith('goto'))
      return matches.map((one) => `${guardOf(name)}${one} ${way}`.replace('  ', ' ').trim());
    const rules = matches.map((one) => `${one} ${way.replace('jump', 'goto')}`.trim()).join('\n');
    const chain = once.get(rules) ?? `${tag}_${hook}_once${once.size + 1}`;
    once.set(rules, chain);
    return [`${guardOf(name)}jump ${chain}`];
  });
};

const exact = ({ family, tag }: Place, { cells }: Exact, tables: SetTable): string[] => {
  const elements = cells.map(
    ({ source, destination, protocol, port, leaf }) =>
      `${source} . ${destination} . ${protocol} . ${port} : goto ${leafChain(tag, leaf)}`,
  );
  const field = `${family} saddr . ${family} daddr . meta l4proto . th dport`;
  return [...tables.lookup('vmap', field, elements), `goto ${leafChain(tag, 'default')}`];
};

const indexed = (place: Place, lookup: Indexed, leaves: Map<string, Leaf>): Printed => {
  const { family, tag, hook } = place;
  const tables = setTable(place);
  const context: Context = { ...askedBy(place, leaves, tables), lookup, takes: new Map(), asked: new Map() };
  const printed = lookup.classes.map((one) => printClass(context, one));
  // A class of one verdict needs no chain.
  const isVerdict = (rules: string[]) => rules.length === 1;
  const classes = printed.map((rules, index): Printed['chains'][number] => [classChain(place, index), rules]);
  const way = (index: number): string =>
    isVerdict(printed[index] as string[]) ? (printed[index]?.[0] as string) : `goto ${classChain(place, index)}`;
  const rows = lookup.rows.map((row, index): Printed['chains'][number] => [
    rowChain(place, index),
    printRow(context, row),
  ]);
  const ways = lookup.leaves.map((leaf, position) => `${mark(position)} : goto ${leafChain(tag, leaf)}`);
  const marked = lookup.classes.some((one) => !isPlain(one));
  return {
    chains: [
      ...printServices(place, lookup.services, tables, way),
      ...classes.filter(([, rules]) => !isVerdict(rules)),
      ...rows.filter((_, index) => needsChain(lookup.rows[index] as Row)),
      ...context.takes,
      ...chainsOf(context.once),
    ],
    sets: [
      ...tables.lines,
      ...(marked
        ? [
            `add map ${family} filter ${tag}_${hook}_ways { type mark : verdict; size ${ways.length}; elements = { ${ways.join(', ')} }; }`,
          ]
        : []),
    ],
  };
};

type Context = Asks & {
  lookup: Indexed;
  /** Chains that take a position, made where they are first needed. */
  takes: Map<string, string[]>;
  /** Dispatches without their service. */
  asked: Map<Dispatch, Dispatch>;
};

const rowChain = ({ tag, hook }: Place, index: number): string => `${tag}_${hook}_r${index + 1}`;

/** Nothing is known before the end: the mark is not needed. */
const isPlain = ({ anybody, stages, late }: ServiceClass): boolean =>
  late.length === 0
    ? stages.length === 0 || (anybody.length === 0 && stages.length === 1)
    : anybody.length + stages.length === 0;

const printClass = (context: Context, one: ServiceClass): string[] => {
  const { tag, hook, lookup } = context;
  const { last, anybody, stages, late } = one;
  const plain = isPlain(one);
  const end = `goto ${leafChain(tag, lookup.leaves[last] as string)}`;
  const positions = new Map(late.map(({ position, dispatch }) => [dispatch.leaf, position]));
  const ways = printAsked(
    context,
    late.map(({ dispatch }) => asked(context, dispatch)),
    (leaf) => (plain ? '' : `meta mark > ${mark(positions.get(leaf) ?? 0)} `),
  );
  if (plain && stages.length === 0 && late.length === 0)
    return [
      ...pieceRule(context, anybody, 'vmap', (position) => `goto ${leafChain(tag, lookup.leaves[position] as string)}`),
      end,
    ];
  return [
    ...(plain ? [] : [`meta mark set ${mark(last)}`]),
    ...pieceRule(context, anybody, 'map', mark).map((rule) => `meta mark set ${rule}`),
    ...stages.flatMap((stage) => printStage(context, stage)),
    ...ways,
    ...(plain ? [end] : [`meta mark vmap @${tag}_${hook}_ways`, `goto ${leafChain(tag, 'default')}`]),
  ];
};

/** The class stands for the service already, but for source ports. */
const asked = ({ asked: known }: Context, dispatch: Dispatch): Dispatch => {
  const { service } = dispatch;
  if ('from' in service && service.from !== undefined) return dispatch;
  const kept: Dispatch = known.get(dispatch) ?? { ...dispatch, service: { protocol: 'any' } };
  known.set(dispatch, kept);
  return kept;
};

const printStage = (context: Context, { by, rows }: Stage): string[] => {
  const { family, lookup, tables } = context;
  const field = by === 'mac' ? 'ether saddr' : `${family} saddr`;
  const elements = rows.map(({ key, row }) => `${key} : ${toRow(context, lookup.rows[row] as Row, row)}`);
  return tables.lookup('vmap', field, elements);
};

/** A row of one rule for any destination needs no chain of its own. */
const needsChain = ({ entries }: Row): boolean => entries[0]?.to !== null;

const toRow = (context: Context, row: Row, index: number): string =>
  needsChain(row) ? `jump ${rowChain(context, index)}` : take(context, row, row.entries[0]?.position ?? 0, 'jump');

const printRow = (context: Context, row: Row): string[] => {
  const { family } = context;
  const { entries, pieces } = row;
  const [tail] = entries.filter(({ to }) => to === null);
  const rest = tail === undefined ? [] : takeNow(context, row, tail.position, '');
  if (pieces !== null)
    return [...pieceRule(context, pieces, 'vmap', (position) => take(context, row, position, 'goto')), ...rest];
  return [
    ...entries.flatMap(({ position, to }) =>
      to === null
        ? []
        : takeNow(context, row, position, `${family} daddr ${context.tables.among(`${family} daddr`, to.elements)} `),
    ),
    ...rest,
  ];
};

/** Decides for a position, or notes it, if no earlier one was found. */
const takeNow = ({ tag, lookup }: Context, { guarded, ends }: Row, position: Position, match: string): string[] => {
  const guard = guarded ? `meta mark > ${mark(position)} ` : '';
  const leaf = leafChain(tag, lookup.leaves[position] as string);
  return [`${guard}${match}${ends ? `goto ${leaf}` : `meta mark set ${mark(position)} return`}`];
};

/**
 * The same as a verdict: by way of a chain where there is more to do than to go. From a class it is jumped to, and the class goes on; from a
 * row gone to, for the rest of the row must not be asked any more.
 */
const take = (context: Context, row: Row, position: Position, way: 'goto' | 'jump'): string => {
  const { tag, hook, lookup, takes } = context;
  if (row.ends && !row.guarded) return `goto ${leafChain(tag, lookup.leaves[position] as string)}`;
  const name = `${tag}_${hook}_${row.guarded ? 'if' : ''}${row.ends ? 'take' : 'note'}${position}`;
  if (!takes.has(name)) takes.set(name, takeNow(context, row, position, ''));
  return `${way} ${name}`;
};

/** One lookup by destination; none where there is nothing to find. */
const pieceRule = (
  { family, tables }: Context,
  pieces: Piece[],
  kind: 'map' | 'vmap',
  value: (position: Position) => string,
): string[] => {
  const elements = pieces.map(
    ({ from, to, position }) => `${from === to ? from : `${from}-${to}`} : ${value(position)}`,
  );
  return tables.lookup(kind, `${family} daddr`, elements);
};

const mark = (position: Position): string => `0x${(GUARD + position).toString(16)}`;
