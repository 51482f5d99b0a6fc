import { type Counters, LoadError } from '../agent/ports.ts';
import { declarations, printChains, printRemoval, printSwitch } from '../plan/nft.ts';
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
  const old = await generationChains();
  const tag = `g${Math.max(0, ...old.map(({ name }) => tagNumber(name))) + 1}`;
  try {
    await transaction(declarations(plan.ruleset) + printChains(plan.ruleset, tag));
    await transaction(printSwitch(plan.ruleset, tag, plan.generation));
  } catch (error) {
    await removeChains((await generationChains()).filter(({ name }) => tagNumber(name) === tagNumber(`${tag}_`)));
    throw error;
  }
  // Read anew: an answer that others share may be older than the switch.
  const counted = await readCounters((chain) => old.some(({ name }) => name === chain), readRules);
  await removeChains(old);
  return counted;
};

/** What the generation in force has counted since it was loaded, by origin. */
export const counters = async (): Promise<Counters> => readCounters(() => true, listRules);

/** The number the kernel's ruleset carries and what its BOT chains show; `unknown` when it holds none of ours. */
export const loaded = async (): Promise<{ generation: number | null; bot: BotState }> => {
  const rules = await listRules('ip');
  const [, number, mode] =
    /^generation (\d+) (\w+)$/.exec(rules.find((one) => one.chain === 'GREENGATE')?.comment ?? '') ?? [];
  if (number === undefined) return { generation: null, bot: 'unknown' };
  const flushed = ['BOT_INPUT', 'CUSTOMFORWARD'].some((chain) => !rules.some((one) => one.chain === chain));
  const bot = mode !== 'blocking' ? 'disabled' : flushed ? 'released' : 'enabled';
  return { generation: Number(number), bot };
};

type BotState = 'disabled' | 'enabled' | 'released' | 'unknown';
type ListedRule = { chain: string; comment?: string; expr?: { counter?: { packets: number; bytes: number } }[] };

const transaction = async (text: string): Promise<void> => {
  try {
    await run('nft', ['-f', '-'], { input: text, timeoutSeconds: 120 });
  } catch (error) {
    const problems = problemsIn(error, text);
    throw new LoadError(problems[0]?.message ?? 'The kernel refused the rules.', problems);
  }
};

const removeChains = async (chains: { family: Family; name: string }[]): Promise<void> => {
  if (chains.length > 0) await run('nft', ['-f', '-'], { input: printRemoval(chains) });
};

const tagNumber = (chain: string): number => Number(/^g(\d+)_/.exec(chain)?.[1] ?? 0);

const generationChains = async (): Promise<{ family: Family; name: string }[]> => {
  const { nftables } = JSON.parse(await run('nft', ['-j', '-t', 'list', 'chains'])) as {
    nftables: { chain?: { family: string; table: string; name: string } }[];
  };
  return nftables.flatMap(({ chain }) =>
    chain?.table === 'filter' && /^g\d+_/.test(chain.name)
      ? [{ family: chain.family as Family, name: chain.name }]
      : [],
  );
};

const readCounters = async (
  wanted: (chain: string) => boolean,
  rulesOf: (family: Family) => Promise<ListedRule[]>,
): Promise<Counters> => {
  const found: Counters = {};
  for (const family of ['ip', 'ip6'] as const) {
    for (const { chain, comment, expr } of await rulesOf(family)) {
      const counter = expr?.find((one) => one.counter !== undefined)?.counter;
      if (counter === undefined || comment === undefined || !/^g\d+_/.test(chain) || !wanted(chain)) continue;
      const sum = found[comment] ?? { packets: 0, bytes: 0 };
      found[comment] = { packets: sum.packets + counter.packets, bytes: sum.bytes + counter.bytes };
    }
  }
  return found;
};

/**
 * The rules of a filter table, tersely: sets that are full take seconds to list. Empty when there is no such table.
 * Questions that are asked at the same time share one process: the status page asks three.
 */
const listRules = (family: Family): Promise<ListedRule[]> => {
  const asked = listing.get(family);
  if (asked !== undefined) return asked;
  const answer = readRules(family).finally(() => listing.delete(family));
  listing.set(family, answer);
  return answer;
};

const listing = new Map<Family, Promise<ListedRule[]>>();

const readRules = async (family: Family): Promise<ListedRule[]> => {
  const text = await run('nft', ['-j', '-t', 'list', 'table', family, 'filter']).catch(() => '{"nftables":[]}');
  const { nftables } = JSON.parse(text) as { nftables: { rule?: ListedRule }[] };
  return nftables.flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
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
  const target = /goto g\d+_(?:rule_)?(\w+)/.exec(lines[index] ?? '')?.[1];
  if (target !== undefined) return target;
  for (let at = index; at >= 0; at -= 1) {
    const chain = /^\s*chain (?:g\d+_(?:rule_)?)?(\w+)/.exec(lines[at] ?? '')?.[1];
    if (chain !== undefined) return chain;
  }
  return '';
};
