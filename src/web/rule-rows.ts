import { createHash } from 'node:crypto';
import type { Policy, Rule } from '../policy/schema.ts';
import type { FindingView } from './findings.ts';
import type { Status } from './frame.ts';
import { runOf } from './rule-moves.ts';
import { type Clock, isExpired, type Remark, remarksOf } from './rule-when.ts';
import { destinationTerm, serviceTerm, sourceTerm, type Term } from './words.ts';

/** A term of a rule's line; `not`: everything but this. */
export type Side = Term & { not: boolean };

/** One line of the list, for the view. `head`: a heading stands above it. */
export type Row = {
  id: string;
  number: number;
  mark: string;
  enabled: boolean;
  expired: boolean;
  log: boolean;
  action: Rule['action'];
  remark: string;
  who: Side;
  what: Side;
  where: Side;
  /** The parts that the form offers in advanced mode only, in words. */
  advanced: string;
  inverted: boolean;
  second: Remark[];
  counter: { packets: number; bytes: number };
  /** When it last matched, in seconds since the epoch; 0 when nobody knows. `logged`: the log has a line of it. */
  last: number;
  logged: boolean;
  /** What somebody should look at in it. */
  found: FindingView[];
  head: Head | null;
};

/** The heading of a group: empty where rules without one follow a group. `first` is the id of its first rule. */
export type Head = { name: string; count: number; first: string; continued: boolean };

/** What rows are made from. */
export type RowParts = {
  policy: Policy;
  counters: Status['counters'];
  clock: Clock;
  /** When the agent last saw its counter grow, to the minute, and the time of its newest log line; by rule id. */
  hits: Status['hits'];
  logged: Record<string, number>;
  /** Findings by rule id. */
  found: ReadonlyMap<string, FindingView[]>;
};

/** The lines of one page. `shown` are positions in the policy, in order. */
export const rowsOf = (parts: RowParts, shown: readonly number[]): Row[] => {
  const { rules } = parts.policy;
  const runs = shown.map((index) => runOf(rules, index));
  return shown.flatMap((index, order): Row[] => {
    const rule = rules[index];
    const run = runs[order];
    if (rule === undefined || run === undefined) return [];
    const before = runs[order - 1];
    const head = before?.[0] === run[0] ? null : headOf(rules, index, run, before === undefined);
    return [{ ...rowOf(parts, rule, index), head }];
  });
};

/**
 * A short sign of what a rule says, its switches left aside: a switch is thrown only while the rule is still the one
 * that was looked at.
 */
export const ruleMark = ({ enabled: _enabled, log: _log, ...said }: Rule): string =>
  createHash('sha256').update(JSON.stringify(said)).digest('base64url').slice(0, 8);

const headOf = (rules: readonly Rule[], index: number, [from, to]: [number, number], first: boolean): Head | null => {
  const name = rules[index]?.heading ?? '';
  // Rules without a heading need a line of their own only to end the group above them.
  if (name === '' && (first || from === 0)) return null;
  return { name, count: to - from, first: rules[from]?.id ?? '', continued: first && index > from };
};

const rowOf = (
  { policy, counters, hits, clock, logged, found }: RowParts,
  rule: Rule,
  index: number,
): Omit<Row, 'head'> => ({
  id: rule.id,
  number: index + 1,
  mark: ruleMark(rule),
  enabled: rule.enabled,
  expired: isExpired(rule, clock.now),
  log: rule.log,
  action: rule.action,
  remark: rule.remark,
  who: withPorts(side(sourceTerm(policy, rule.source), rule.source), rule),
  what: side(serviceTerm(policy, rule.service), rule.service),
  where: side(destinationTerm(policy, rule.destination), rule.destination),
  advanced: advancedWords(rule).join(', '),
  inverted: [rule.source, rule.destination, rule.service].some(isInverted) || rule.sourcePorts !== '',
  second: remarksOf(rule, clock),
  counter: counters[rule.id] ?? { packets: 0, bytes: 0 },
  last: lastOf(logged[rule.id] ?? 0, hits[rule.id] ?? 0),
  logged: logged[rule.id] !== undefined,
  found: found.get(rule.id) ?? [],
});

/** The log is exact, but a rule is not always logged; the counter is looked at once a minute. */
const lastOf = (logged: number, counted: number): number => (counted - logged > 60 ? counted : logged);

const side = (term: Term, ref: { kind: string; invert?: boolean }): Side => ({ ...term, not: ref.invert === true });

const withPorts = (term: Side, { sourcePorts, invertSourcePorts }: Rule): Side => {
  if (sourcePorts === '') return term;
  const ports = `${invertSourcePorts ? 'from every port but' : 'from port'} ${sourcePorts}`;
  return { ...term, detail: term.detail === '' ? ports : `${term.detail}, ${ports}` };
};

const advancedWords = (rule: Rule): string[] => [
  ...(isInverted(rule.source) ? ['inverted source'] : []),
  ...(isInverted(rule.destination) ? ['inverted destination'] : []),
  ...(isInverted(rule.service) ? ['inverted service'] : []),
  ...(rule.sourcePorts === '' ? [] : ['source ports']),
  ...(rule.limit === null ? [] : ['match limit']),
  ...(rule.frame === null ? [] : ['time frame']),
];

const isInverted = (ref: { kind: string; invert?: boolean }): boolean => ref.invert === true;
