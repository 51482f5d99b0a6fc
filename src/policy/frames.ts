import type { Frame, Rule } from './schema.ts';
import { type Day, dayAt, momentOf } from './zones.ts';

/** From and to in seconds since the epoch; `to` itself is no longer in it. */
export type Interval = [from: number, to: number];

/** How far ahead the kernel is told when a frame holds, in days, and how far back. */
export const HORIZON_DAYS = 400;
const BACK_DAYS = 2;

/** The times at which a frame holds, from two days before `now` to the horizon, in order and apart from each other. */
export const frameIntervals = (frame: Frame, zone: string, now: number): Interval[] => {
  const [start, end] = [minutesOf(frame.start), minutesOf(frame.end)];
  const noon = noonOf(zone, now);
  const found: Interval[] = [];
  // The day before may have a frame that ends after its midnight.
  for (let move = -BACK_DAYS - 1; move <= HORIZON_DAYS; move += 1) {
    const day = dayAt(zone, noon, move);
    if (!holdsOn(frame, day)) continue;
    const last = end > start ? day : dayAt(zone, noon, move + 1);
    const interval: Interval = [momentOf(zone, day, start, 'first'), momentOf(zone, last, end, 'last')];
    const before = found.at(-1);
    if (before !== undefined && interval[0] <= before[1]) before[1] = Math.max(before[1], interval[1]);
    else if (interval[1] > interval[0]) found.push(interval);
  }
  return found;
};

/**
 * When a rule with a frame or an expiry does something; null: always. What cannot be known closes: before `now` less two days, and past the
 * horizon, an accept never holds and a drop or reject always does, until it expires.
 */
export const ruleIntervals = (
  rule: Pick<Rule, 'action' | 'frame' | 'expires'>,
  zone: string,
  now: number,
): Interval[] | null => {
  const { frame, expires } = rule;
  if (frame === null && expires === null) return null;
  const [first, last] = [now - BACK_DAYS * DAY, now + HORIZON_DAYS * DAY];
  const known =
    frame === null ? [[first, FOREVER] as Interval] : clipped(frameIntervals(frame, zone, now), first, last);
  const denies = rule.action === 'drop' || rule.action === 'reject';
  const unknown: Interval[] = !denies
    ? []
    : frame === null
      ? [[0, first]]
      : [
          [0, first],
          [last, FOREVER],
        ];
  return clipped(joined([...known, ...unknown]), 0, expires ?? FOREVER);
};

/** `ruleIntervals` for many rules: each frame is laid out once, however many share it. */
export const intervalsOfRules = (
  zone: string,
  now: number,
): ((rule: Pick<Rule, 'action' | 'frame' | 'expires'>) => Interval[] | null) => {
  const kept = new Map<string, Interval[] | null>();
  return (rule) => {
    const { action, frame, expires } = rule;
    if (frame === null && expires === null) return null;
    const key = JSON.stringify([action === 'drop' || action === 'reject', frame, expires]);
    const found = kept.get(key);
    if (found !== undefined) return found;
    const intervals = ruleIntervals(rule, zone, now);
    kept.set(key, intervals);
    return intervals;
  };
};

/** Does a rule with these intervals do something at a moment? */
export const holdsAt = (intervals: Interval[] | null, at: number): boolean =>
  intervals === null || intervals.some(([from, to]) => from <= at && at < to);

/** Is the frame in force at a moment? */
export const inForce = (frame: Frame, zone: string, at: number): boolean =>
  holdsAt(frameIntervals(frame, zone, at), at);

/** The next moment after `at` at which the frame begins or ends; null: not within the horizon. */
export const nextSwitch = (frame: Frame, zone: string, at: number): number | null =>
  frameIntervals(frame, zone, at)
    .flat()
    .find((edge) => edge > at) ?? null;

/** The end of time, as far as a box is concerned: the year 2500. */
export const FOREVER = 16_725_225_600;

const DAY = 86_400;

const minutesOf = (clock: string): number => {
  const [hours, minutes] = clock.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
};

/** Days are counted from a noon: no change of clocks moves it to another day. */
const noonOf = (zone: string, now: number): number => momentOf(zone, dayAt(zone, now), 720, 'first');

const holdsOn = ({ days }: Frame, { day, weekday }: Day): boolean => {
  if (days.kind === 'week') return days.days.includes(weekday);
  return days.from <= days.to ? days.from <= day && day <= days.to : day >= days.from || day <= days.to;
};

const clipped = (intervals: Interval[], from: number, to: number): Interval[] =>
  intervals.flatMap(([start, end]): Interval[] => {
    const cut: Interval = [Math.max(start, from), Math.min(end, to)];
    return cut[0] < cut[1] ? [cut] : [];
  });

const joined = (intervals: Interval[]): Interval[] => {
  const found: Interval[] = [];
  for (const [from, to] of [...intervals].sort((a, b) => a[0] - b[0])) {
    const last = found.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else found.push([from, to]);
  }
  return found;
};
