import { addChain, addSet, type Chain, chainIn, readChain, setIn, skipHelper, type Table } from './nft-declare.ts';
import { changeElements } from './nft-elements.ts';
import type { Frame } from './nft-fields.ts';
import { type Context, type Rule, readRule, type Trace, type Within } from './nft-rule.ts';
import type { Data, NftSet, Verdict } from './nft-sets.ts';
import { Tokens } from './nft-tokens.ts';

/** How a packet ended, and what it did on the way. `none`: the chain it was run through is no base chain, and had no verdict. */
export type Run = Trace & { verdict: 'accept' | 'drop' | 'reject' | 'none' };

/**
 * The part of nft and the kernel that the product uses, as an interpreter: takes files as `nft -f` does, and runs packets through them.
 * Whatever it does not know it refuses; it never passes over a word.
 */
export class NftKernel {
  readonly #tables = new Map<string, Table>();

  /** Carries out one file: one transaction. Throws where nft or the kernel would refuse it. */
  load(text: string): this {
    const tokens = new Tokens(text);
    for (;;) {
      while (tokens.take('\n') || tokens.take(';'));
      if (tokens.done) break;
      this.#statement(tokens);
    }
    this.#check();
    return this;
  }

  /** The set of a table, to fill or to look at. */
  set(family: string, name: string): NftSet {
    const set = this.#tables.get(`${family} filter`)?.sets.get(name);
    if (set === undefined) throw new Error(`nft: there is no set ${name}`);
    return set;
  }

  /** Every set and map with a name. */
  sets(): { family: string; set: NftSet }[] {
    return [...this.#tables].flatMap(([table, { sets }]) =>
      [...sets.values()].map((set) => ({ family: table.split(' ')[0] ?? '', set })),
    );
  }

  /** The number of rules. */
  get size(): number {
    return [...this.#tables.values()]
      .flatMap(({ chains }) => [...chains.values()])
      .reduce((sum, { rules }) => sum + rules.length, 0);
  }

  /** Runs a packet through a base chain (or from another chain on). */
  run(chain: string, frame: Frame, within: Within): Run {
    const table = this.#tables.get(`${frame.family} filter`);
    const start = table?.chains.get(chain);
    if (table === undefined || start === undefined) throw new Error(`nft: there is no chain ${chain}`);
    const trace: Trace = {
      mark: 0,
      ctMark: frame.ct.mark,
      counters: [],
      logs: [],
      updates: [],
      helpers: [],
      chains: [chain],
    };
    const verdict =
      walk(table, start, { frame, trace, within }, 0)?.kind ?? (start.hook === null ? 'none' : start.policy);
    if (verdict !== 'accept' && verdict !== 'drop' && verdict !== 'reject' && verdict !== 'none')
      throw new Error(`nft: ended with ${verdict}`);
    return { ...trace, verdict };
  }

  #statement(tokens: Tokens): void {
    const verb = tokens.next();
    if (verb === 'table') {
      this.#block(tokens);
      return;
    }
    const kind = tokens.next();
    const tableName = kind === 'ct' ? '' : `${tokens.next()} ${tokens.next()}`;
    if (verb === 'add' && kind === 'table') this.#addTable(tableName);
    else if (verb === 'add' && kind === 'ct') skipHelper(tokens);
    else {
      const act = acts[`${verb} ${kind === 'map' ? 'set' : kind}`] ?? tokens.fail(`unknown statement ${verb} ${kind}`);
      const table = this.#tables.get(tableName) ?? tokens.fail(`there is no table ${tableName}`);
      act(tokens, table, tokens.next(), kind);
    }
    if (!tokens.atEnd) tokens.fail('unknown words behind a statement');
  }

  /** `table ip filter { chain … { rules } set … { } }`: what is there already stays, rules are added. */
  #block(tokens: Tokens): void {
    const table = this.#addTable(`${tokens.next()} ${tokens.next()}`);
    tokens.expect('{');
    for (;;) {
      while (tokens.take('\n') || tokens.take(';'));
      if (tokens.take('}')) return;
      const kind = tokens.next();
      const name = tokens.next();
      if (kind === 'chain') readChain(tokens, table, name);
      else if (kind === 'set' || kind === 'map') addSet(tokens, table, kind, name);
      else tokens.fail(`unknown part ${kind} of a table`);
    }
  }

  #addTable(name: string): Table {
    const table = this.#tables.get(name) ?? { chains: new Map(), sets: new Map(), counters: new Set() };
    this.#tables.set(name, table);
    return table;
  }

  /** Every way of a rule or map must lead to a chain that is there, and no interval set may have conflicts. */
  #check(): void {
    for (const { chains, sets, counters } of this.#tables.values()) {
      const rules = [...chains.values()].flatMap((chain) => chain.rules);
      const maps = [...sets.values(), ...rules.flatMap((rule) => rule.maps)];
      for (const set of sets.values()) set.check();
      for (const name of rules.flatMap((rule) => rule.counters))
        if (!counters.has(name)) throw new Error(`nft: there is no counter ${name}`);
      const ways = maps.flatMap((map) =>
        map.form.data === 'verdict' ? map.elements().flatMap(({ data }) => wayOf(data)) : [],
      );
      for (const way of [...ways, ...rules.flatMap((rule) => rule.ways)])
        if (!chains.has(way)) throw new Error(`nft: there is no chain ${way} to go to`);
    }
  }
}

const wayOf = (data: Data): string[] => (typeof data === 'object' && 'chain' in data ? [data.chain] : []);

/** What a statement does with the chain or set of this name. */
const acts: Record<string, (tokens: Tokens, table: Table, name: string, kind: string) => void> = {
  'add chain': addChain,
  'add set': (tokens, table, name, kind) => addSet(tokens, table, kind, name),
  'add element': (tokens, table, name) => changeElements(tokens, setIn(tokens, table, name)),
  'delete element': (tokens, table, name) => changeElements(tokens, setIn(tokens, table, name), 'delete'),
  'add counter': (_, table, name) => void table.counters.add(name),
  'delete counter': (tokens, table, name) => {
    if (!table.counters.delete(name)) tokens.fail(`there is no counter ${name}`);
  },
  'add rule': (tokens, table, name) => void chainIn(tokens, table, name).rules.push(readRule(tokens, table.sets)),
  'flush chain': (tokens, table, name) => void chainIn(tokens, table, name).rules.splice(0),
  'flush set': (tokens, table, name) => setIn(tokens, table, name).flush(),
  'delete chain': (tokens, table, name) => {
    if (chainIn(tokens, table, name).rules.length > 0) tokens.fail(`${name} is not empty`);
    table.chains.delete(name);
  },
  'delete set': (tokens, table, name) => {
    setIn(tokens, table, name);
    table.sets.delete(name);
  },
};

/** The kernel allows 16 jumps. */
const DEEPEST = 16;

/** Runs one chain; null: it ended, or returned, and who jumped here goes on. */
const walk = (table: Table, chain: Chain, context: Context, depth: number): Verdict | null => {
  if (depth > DEEPEST) throw new Error('nft: too many jumps');
  for (const { steps } of chain.rules) {
    const verdict = decided(steps, context);
    if (verdict === null || verdict.kind === 'continue') continue;
    if (verdict.kind === 'return') return null;
    if (verdict.kind !== 'goto' && verdict.kind !== 'jump') return verdict;
    const next = table.chains.get(verdict.chain);
    if (next === undefined) throw new Error(`nft: there is no chain ${verdict.chain}`);
    context.trace.chains.push(verdict.chain);
    if (verdict.kind === 'goto') return walk(table, next, context, depth);
    const found = walk(table, next, context, depth + 1);
    if (found !== null) return found;
  }
  return null;
};

/** What one rule says: its parts are asked in order until one does not match, or has a verdict. */
const decided = (steps: Rule['steps'], context: Context): Verdict | null => {
  for (const step of steps) {
    const out = step(context);
    if (out === 'no') return null;
    if (out !== undefined && out.kind !== 'continue') return out;
  }
  return null;
};
