import { type Counters, type Held, LoadError, type LoadSteps } from '../agent/ports.ts';
import { counters, declarations, type Owned, printChains, printRemoval, printSwitch } from '../plan/nft.ts';
import { originOf } from '../plan/nft-names.ts';
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
    if (error instanceof RunError) return problemsOf(error.stderr, text);
    throw error;
  }
};

/**
 * Loads a plan in three transactions: the new generation's chains and sets; the switch of the fixed chains; the removal of what the
 * generations before had. One file would leak: a packet in flight sees new map elements but old chains. `staged` is awaited before the
 * switch: the kernel has taken the rules by then, and no packet meets them yet. `leaving` is given what the counters have counted that
 * the removal takes; those of rules that stay go on counting. Throws `LoadError` when the kernel refuses one of the first two, and what
 * `staged` throws: the kernel then judges as before. Anything else that is thrown leaves open whether it does. What could not be removed
 * stands there unused, and the next load removes it.
 */
export const loadRuleset = async (plan: Plan, { staged, leaving }: LoadSteps = {}): Promise<{ removed: boolean }> => {
  recent = null;
  newest = (newest ?? newestOf((await listing()).owned)) + 1;
  const before = standing;
  standing = null;
  const tag = `g${newest}_`;
  try {
    await transaction(declarations(plan.ruleset) + printChains(plan.ruleset, `g${newest}`));
    await staged?.();
    await transaction(printSwitch(plan.ruleset, `g${newest}`, plan.generation));
  } catch (error) {
    await removed(async ({ owned }) => owned.filter(({ name }) => name.startsWith(tag)));
    throw error;
  }
  const counting = counters(plan.ruleset);
  const used = new Set([...plan.ruleset.names.map(({ set }) => set), ...counting]);
  const allStay = before?.every((name) => used.has(name)) ?? false;
  const done = await removed(
    async ({ owned, counted }) => {
      const gone = counted.filter(({ name }) => !used.has(name));
      if (gone.length > 0) await leaving?.(countersOf(gone));
      return owned.filter(({ name }) => !name.startsWith(tag) && !used.has(name));
    },
    { withCounters: !allStay },
  );
  if (done) standing = counting;
  recent = null;
  return { removed: done };
};

/** The newest generation's number in the names of chains; null: this process has loaded nothing yet. */
let newest: number | null = null;

/** The counters that stand after this process's last load, when nothing else can stand; null: not known. */
let standing: string[] | null = null;

/** What the kernel holds right now. In processes side by side, for nft 1.0.6 lists no second chain, and each reads nearly all there is. */
export const look = async (): Promise<Held> => {
  try {
    const lists = ['GREENGATE; list counters', 'BOT_INPUT', 'CUSTOMFORWARD'].map((name) =>
      nftJson([`list chain ip filter ${name}`]),
    );
    const found = (await Promise.all(lists)).flat();
    return heldIn(
      found.flatMap(({ rule }) => rule ?? []),
      filterCounters(found),
    );
  } catch (error) {
    if (error instanceof RunError) return unknown;
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

const filterCounters = (found: Listed[]): ListedCounter[] =>
  found.flatMap(({ counter }) => (counter?.table === 'filter' ? [counter] : []));

const unknown: Held = { generation: null, bot: 'unknown', counters: {} };

const heldIn = (rules: ListedRule[], counted: ListedCounter[]): Held => {
  const [, number, mode] =
    /^generation (\d+) (\w+)$/.exec(rules.find((one) => one.chain === 'GREENGATE')?.comment ?? '') ?? [];
  if (number === undefined) return unknown;
  const flushed = ['BOT_INPUT', 'CUSTOMFORWARD'].some((chain) => !rules.some((one) => one.chain === chain));
  const bot = mode !== 'blocking' ? 'disabled' : flushed ? 'released' : 'enabled';
  return { generation: Number(number), bot, counters: countersOf(counted) };
};

type Named = { family: Family; table: string; name: string };
type ListedRule = { chain: string; comment?: string };
type ListedCounter = Named & { packets: number; bytes: number };
type Listed = { chain?: Named; set?: Named; map?: Named; counter?: ListedCounter; rule?: ListedRule };

/** Each command of a line answers with a document of its own. Tersely: sets that are full take seconds to list. */
const nftJson = async (command: string[]): Promise<Listed[]> =>
  (await run('nft', ['-j', '-t', ...command], { timeoutSeconds: LIST_SECONDS }))
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => (JSON.parse(line) as { nftables: Listed[] }).nftables);

/** 100 000 objects take more than a minute on a busy machine. */
const LIST_SECONDS = 300;

const transaction = async (text: string): Promise<void> => {
  try {
    await run('nft', ['-f', '-'], { input: text, timeoutSeconds: 120 });
  } catch (error) {
    // Only a fault in a line is a refusal. Killed, out of time or out of memory, nft may have committed before.
    if (!(error instanceof RunError) || error.exitCode !== 1 || !FAULT.test(error.stderr)) throw error;
    const problems = problemsOf(error.stderr, text);
    throw new LoadError(problems[0]?.message ?? 'The kernel refused the rules.', problems);
  }
};

const FAULT = /^[^\n:]*:[1-9]\d*:[\d-]+: Error: /m;

/** Removes what `which` chooses, and says whether that worked: nothing depends on it. */
const removed = async (
  which: (listing: Listing) => Promise<Owned[]>,
  { withCounters = true } = {},
): Promise<boolean> => {
  try {
    const owned = await which(await listing({ withCounters }));
    if (owned.length > 0) await run('nft', ['-f', '-'], { input: printRemoval(owned), timeoutSeconds: 120 });
    return true;
  } catch (error) {
    console.error('removal of old rules:', error);
    return false;
  }
};

/** A spread into `Math.max` ends at about 125 000 arguments. */
const newestOf = (owned: Owned[]): number =>
  owned.reduce((most, { name }) => Math.max(most, Number(/^g(\d+)_/.exec(name)?.[1] ?? 0)), 0);

type Listing = { owned: Owned[]; counted: ListedCounter[] };

/**
 * Of both filter tables: the chains, sets and maps of all generations, the sets of DNS names, and the counters. In one process, without
 * rules. For the counters nft 1.0.6 reads every rule and element first (.2 s at 10 000 hosts, .02 s without).
 */
const listing = async ({ withCounters = true } = {}): Promise<Listing> => {
  const found = await nftJson([`list chains; list sets; list maps${withCounters ? '; list counters' : ''}`]);
  const owned = found.flatMap((one): Owned[] =>
    (['chain', 'set', 'map', 'counter'] as const).flatMap((kind) => {
      const named = one[kind];
      if (named?.table !== 'filter' || (kind !== 'counter' && !/^(g\d+|dns)_/.test(named.name))) return [];
      return [{ kind, family: named.family, name: named.name }];
    }),
  );
  return { owned, counted: filterCounters(found) };
};

/** By origin. */
const countersOf = (counted: ListedCounter[]): Counters => {
  const found: Counters = {};
  for (const { name, packets, bytes } of counted) {
    const sum = found[originOf(name)] ?? { packets: 0, bytes: 0 };
    found[originOf(name)] = { packets: sum.packets + packets, bytes: sum.bytes + bytes };
  }
  return found;
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
