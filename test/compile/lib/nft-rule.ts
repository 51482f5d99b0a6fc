import { readVerdict } from './nft-elements.ts';
import type { Frame, Marks } from './nft-fields.ts';
import { type Lookup, namedSet, readKey, readMarkLookup, readMatch, type Sets, sameTypes } from './nft-match.ts';
import type { Verdict } from './nft-sets.ts';
import type { Tokens } from './nft-tokens.ts';

/** What a packet did on its way. */
export type Trace = Marks & {
  /** Counters it raised (those without a name by the rule's comment), prefixes of the lines it logged, sets that it renewed an element of, helpers it got. */
  counters: string[];
  logs: string[];
  updates: string[];
  helpers: string[];
  /** The chains it went through. */
  chains: string[];
};

/** Is the packet within this limit? `place` stands for the rule that has it. */
export type Within = (place: object, limit: Rate, frame: Frame) => boolean;

/** `packets` may come every `seconds`, and `burst` at once; `meter`: for each element of that set on its own. */
export type Rate = { packets: number; seconds: number; burst: number; meter: string | null };

export type Context = { frame: Frame; trace: Trace; within: Within };

/** What one part of a rule does: nothing (the next part is asked), `no` (the rule does not match), or a verdict. */
export type Step = (context: Context) => Verdict | 'no' | undefined;

/** `ways`: every chain the rule may lead to by itself; `maps`: those it may lead to by a map; `counters`: those with a name. */
export type Rule = { comment: string; steps: Step[]; ways: string[]; maps: Lookup['set'][]; counters: string[] };

/** Reads one rule, up to the end of its line. */
export const readRule = (tokens: Tokens, sets: Sets): Rule => {
  const rule: Rule = { comment: '', steps: [], ways: [], maps: [], counters: [] };
  while (!tokens.atEnd) {
    if (tokens.take('comment')) rule.comment = tokens.quoted();
    else rule.steps.push(readStep(tokens, sets, rule));
  }
  return rule;
};

const readStep = (tokens: Tokens, sets: Sets, rule: Rule): Step => {
  const verdict = readVerdict(tokens);
  if (verdict !== null) {
    if ('chain' in verdict) rule.ways.push(verdict.chain);
    return () => verdict;
  }
  if (tokens.take('counter')) return readCounter(tokens, rule);
  if (tokens.take('log')) return readLog(tokens);
  if (tokens.take('reject')) return readReject(tokens);
  if (tokens.take('masquerade')) return () => undefined;
  if (tokens.peek() === 'limit') {
    const limit = readLimit(tokens, null);
    return ({ frame, within }) => (within(rule, limit, frame) ? undefined : 'no');
  }
  if (tokens.take('update')) return readUpdate(tokens, sets, rule);
  if (tokens.peek(2) === 'set' && tokens.take('meta')) return readMark(tokens, sets);
  if (tokens.peek(2) === 'set' && tokens.take('ct')) return readConnection(tokens);
  const match = readMatch(tokens, sets);
  if ('test' in match) return ({ frame, trace }) => (match.test(frame, trace) ? undefined : 'no');
  rule.maps.push(match.vmap.set);
  return ({ frame, trace }) => (match.vmap.find(frame, trace) as Verdict | undefined) ?? 'no';
};

/** A counter of the table, or the rule's own. */
const readCounter = (tokens: Tokens, rule: Rule): Step => {
  if (!tokens.take('name')) return ({ trace }) => void trace.counters.push(rule.comment);
  const name = tokens.quoted();
  rule.counters.push(name);
  return ({ trace }) => void trace.counters.push(name);
};

const readLog = (tokens: Tokens): Step => {
  tokens.expect('prefix');
  const prefix = tokens.quoted();
  tokens.expect('group', '1');
  return ({ trace }) => void trace.logs.push(prefix);
};

const readReject = (tokens: Tokens): Step => {
  tokens.expect('with');
  const words = [tokens.next(), tokens.next()].join(' ');
  if (!['tcp reset', 'icmp admin-prohibited', 'icmpv6 admin-prohibited'].includes(words))
    tokens.fail(`unknown refusal ${words}`);
  return ({ frame }) => {
    const fits = words === 'tcp reset' ? frame.protocol === 6 : words.startsWith('icmpv6') === (frame.family === 'ip6');
    if (!fits) throw new Error(`nft: reject with ${words} for protocol ${frame.protocol} of ${frame.family}`);
    return { kind: 'reject', with: words };
  };
};

const units: Record<string, number> = { second: 1, minute: 60, hour: 3600, day: 86_400 };

const readLimit = (tokens: Tokens, meter: string | null): Rate => {
  tokens.expect('limit', 'rate');
  const [packets = '', unit = ''] = tokens.next().split('/');
  const seconds = units[unit] ?? tokens.fail(`unknown unit ${unit}`);
  if (!/^\d+$/.test(packets)) tokens.fail(`unknown rate ${packets}`);
  tokens.expect('burst');
  const burst = tokens.number();
  tokens.expect('packets');
  return { packets: Number(packets), seconds, burst, meter };
};

/** `update @set { key [limit …] }`: the element is made or renewed. */
const readUpdate = (tokens: Tokens, sets: Sets, rule: Rule): Step => {
  const { form } = namedSet(tokens, sets, null);
  if (!form.dynamic) tokens.fail(`${form.name} is not dynamic`);
  tokens.expect('{');
  const { fields, load } = readKey(tokens);
  sameTypes(tokens, form, fields);
  const limit = tokens.peek() === 'limit' ? readLimit(tokens, form.name) : null;
  tokens.expect('}');
  return ({ frame, trace, within }) => {
    if (load(frame, trace) === null) return 'no';
    trace.updates.push(form.name);
    return limit === null || within(rule, limit, frame) ? undefined : 'no';
  };
};

/** `meta mark set` a number, the old mark with bits added, or what a map says; where the map says nothing the mark stays. */
const readMark = (tokens: Tokens, sets: Sets): Step => {
  tokens.expect('mark', 'set');
  if (tokens.peek(1) === 'mark') {
    tokens.expect('meta', 'mark', '|');
    const bits = tokens.number();
    return ({ trace }) => {
      trace.mark = (trace.mark | bits) >>> 0;
    };
  }
  if (/^\d/.test(tokens.peek())) {
    const mark = tokens.number();
    return ({ trace }) => {
      trace.mark = mark;
    };
  }
  const { find } = readMarkLookup(tokens, sets);
  return ({ frame, trace }) => {
    const mark = find(frame, trace);
    if (mark === undefined) return 'no';
    trace.mark = mark as number;
    return undefined;
  };
};

/** `ct mark set` a number, `ct helper set` a name. */
const readConnection = (tokens: Tokens): Step => {
  if (tokens.take('helper')) {
    tokens.expect('set');
    const helper = tokens.quoted();
    return ({ trace }) => void trace.helpers.push(helper);
  }
  tokens.expect('mark', 'set');
  const mark = tokens.number();
  return ({ trace }) => {
    trace.ctMark = mark;
  };
};
