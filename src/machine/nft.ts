import { type Counters, type Held, LoadError } from '../agent/ports.ts';
import { declarations, type Owned, printChains, printRemoval, printSwitch } from '../plan/nft.ts';
import type { Plan } from '../plan/plan.ts';
import type { Family } from '../plan/ruleset.ts';
import type { Problem } from '../policy/problem.ts';
import { RunError, run } from './run.ts';

/** Every fault `nft -c` finds in a plan's ruleset. Changes nothing. */
export const checkRuleset = async (plan: Plan): Promise<Problem[]> => {
  const text = plan.files['ruleset.nft'] ?? '';
  try {
    await run('nft', ['-c', '-f', '-'], { input: text });
    return [];
  } catch (error) {
    return problemsIn(error, text);
  }
};

/**
 * Loads a plan in three transactions: the new generation's chains; the switch of the fixed chains; the removal of the
 * old ones, whose counters are read just before and returned. One file would leak: a packet in flight sees new map
 * elements but old chains. Throws `LoadError` when the kernel refuses one of the first two: it then judges as before.
 */
export const loadRuleset = async (plan: Plan): Promise<Counters> => {
  recent = null;
  newest = (newest ?? Math.max(0, ...(await listing()).owned.map(({ name }) => tagNumber(name)))) + 1;
  const tag = `g${newest}_`;
  try {
    await transaction(declarations(plan.ruleset) + printChains(plan.ruleset, `g${newest}`));
    await transaction(printSwitch(plan.ruleset, `g${newest}`, plan.generation));
  } catch (error) {
    await remove((await listing()).owned.filter(({ name }) => name.startsWith(tag)));
    throw error;
  }
  // Listed after the switch: until then the generation before went on counting.
  const { owned, rules } = await listing();
  const used = new Set(plan.ruleset.names.map(({ set }) => set));
  await remove(owned.filter(({ name }) => !name.startsWith(tag) && !used.has(name)));
  recent = null;
  return countersOf(rules.filter(({ chain }) => !chain.startsWith(tag)));
};

/** The newest generation's number in the names of chains; null: this process has loaded nothing yet. */
let newest: number | null = null;

/** What the kernel holds right now. */
export const look = async (): Promise<Held> => {
  try {
    return heldIn((await listing()).rules);
  } catch (error) {
    if (error instanceof RunError) return heldIn([]);
    throw error;
  }
};

/** The same, up to two seconds old: pages ask again and again, and each look is a process. */
export const glance = (): Promise<Held> => {
  if (recent !== null && performance.now() - recent.at < RECENT) return recent.held;
  const held = look();
  const mine = { at: performance.now(), held };
  recent = mine;
  held.catch(() => {
    if (recent === mine) recent = null;
  });
  return held;
};

const RECENT = 2000;

let recent: { at: number; held: Promise<Held> } | null = null;

const heldIn = (rules: ListedRule[]): Held => {
  const own = rules.filter(({ family }) => family === 'ip');
  const [, number, mode] =
    /^generation (\d+) (\w+)$/.exec(own.find((one) => one.chain === 'GREENGATE')?.comment ?? '') ?? [];
  if (number === undefined) return { generation: null, bot: 'unknown', counters: {} };
  const flushed = ['BOT_INPUT', 'CUSTOMFORWARD'].some((chain) => !own.some((one) => one.chain === chain));
  const bot = mode !== 'blocking' ? 'disabled' : flushed ? 'released' : 'enabled';
  return { generation: Number(number), bot, counters: countersOf(rules) };
};

type ListedRule = {
  family: string;
  table: string;
  chain: string;
  comment?: string;
  expr?: { counter?: { packets: number; bytes: number } }[];
};

const transaction = async (text: string): Promise<void> => {
  try {
    await run('nft', ['-f', '-'], { input: text, timeoutSeconds: 120 });
  } catch (error) {
    const problems = problemsIn(error, text);
    throw new LoadError(problems[0]?.message ?? 'The kernel refused the rules.', problems);
  }
};

const remove = async (owned: Owned[]): Promise<void> => {
  if (owned.length > 0) await run('nft', ['-f', '-'], { input: printRemoval(owned) });
};

const tagNumber = (chain: string): number => Number(/^g(\d+)_/.exec(chain)?.[1] ?? 0);

type Listing = { owned: Owned[]; rules: ListedRule[] };

/**
 * Of both filter tables: the chains, sets and maps of all generations and the sets of DNS names, and every rule. In one process,
 * and tersely: sets that are full take seconds to list.
 */
const listing = async (): Promise<Listing> => {
  type Named = { family: Family; table: string; name: string };
  const { nftables } = JSON.parse(await run('nft', ['-j', '-t', 'list', 'ruleset'])) as {
    nftables: { chain?: Named; set?: Named; map?: Named; rule?: ListedRule }[];
  };
  return {
    owned: nftables.flatMap(({ chain, set, map }): Owned[] => {
      const one = chain ?? set ?? map;
      if (one?.table !== 'filter' || !/^(g\d+|dns)_/.test(one.name)) return [];
      const kind = chain !== undefined ? 'chain' : map !== undefined ? 'map' : 'set';
      return [{ kind, family: one.family, name: one.name }];
    }),
    rules: nftables.flatMap(({ rule }) => (rule?.table === 'filter' ? [rule] : [])),
  };
};

/** By origin, in the generations' own chains. */
const countersOf = (rules: ListedRule[]): Counters => {
  const found: Counters = {};
  for (const { chain, comment, expr } of rules) {
    const counter = expr?.find((one) => one.counter !== undefined)?.counter;
    if (counter === undefined || comment === undefined || !/^g\d+_/.test(chain)) continue;
    const sum = found[comment] ?? { packets: 0, bytes: 0 };
    found[comment] = { packets: sum.packets + counter.packets, bytes: sum.bytes + counter.bytes };
  }
  return found;
};

const problemsIn = (error: unknown, text: string): Problem[] => {
  if (error instanceof RunError) return problemsOf(error.stderr, text);
  throw error;
};

/** What nft said of a text, as problems. It names line and column; the chain or leaf on that line is the origin. */
export const problemsOf = (stderr: string, text: string): Problem[] => {
  const lines = text.split('\n');
  const found = [...stderr.matchAll(/^[^\n:]*:(\d+):[\d-]+: Error: (.*)$/gm)].map(([, line, message]) => {
    const origin = originAt(lines, Number(line) - 1);
    return {
      place: origin === '' ? '' : `rules/${origin}`,
      owner: origin,
      message: `The kernel refused this: ${message}.`,
    };
  });
  return found.length > 0
    ? found
    : [{ place: '', owner: '', message: `The kernel refused the rules: ${stderr.trim() || 'nft gave no reason'}` }];
};

const originAt = (lines: string[], index: number): string => {
  const [target, ...others] = [...(lines[index] ?? '').matchAll(/(?:goto|jump) g\d+_(?:rule_|gate_)(\w+)/g)];
  // A line of many elements speaks of many rules.
  if (target?.[1] !== undefined && others.length === 0) return target[1];
  for (let at = index; at >= 0; at -= 1) {
    const chain = /^\s*chain (?:g\d+_(?:rule_|gate_)?)?(\w+)/.exec(lines[at] ?? '')?.[1];
    if (chain !== undefined) return chain;
  }
  return '';
};
