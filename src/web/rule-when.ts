import { inForce, nextSwitch } from '../policy/frames.ts';
import type { Frame, Limit, Rule } from '../policy/schema.ts';
import { dayAt } from '../policy/zones.ts';

/** What is said of a rule beside who, what and where. `state` colours it: in force, waiting, or over for good. */
export type Remark = { icon: 'clock' | 'gauge'; text: string; state: 'now' | 'later' | 'over' | '' };

/** Answers for the frames of one page: many rules share a frame, and its switches take some counting of days. */
export type Clock = { zone: string; now: number; frame: (frame: Frame) => { inForce: boolean; next: number | null } };

/** A clock that stands at `now` (seconds since the epoch) in the zone of the box. */
export const clockAt = (zone: string, now: number): Clock => {
  const known = new Map<string, { inForce: boolean; next: number | null }>();
  return {
    zone,
    now,
    frame: (frame) => {
      const key = JSON.stringify(frame);
      const found = known.get(key) ?? { inForce: inForce(frame, zone, now), next: nextSwitch(frame, zone, now) };
      known.set(key, found);
      return found;
    },
  };
};

/** Is the rule over for good? */
export const isExpired = ({ expires }: Pick<Rule, 'expires'>, now: number): boolean =>
  expires !== null && expires <= now;

/** The second line of a rule: limit, time frame and whether it is in force, expiry. */
export const remarksOf = (rule: Rule, clock: Clock): Remark[] => [
  ...(rule.frame === null ? [] : [frameRemark(rule.frame, clock)]),
  ...(rule.expires === null ? [] : [expiryRemark(rule.expires, clock)]),
  ...(rule.limit === null ? [] : [{ icon: 'gauge', text: limitWords(rule.limit), state: '' } as const]),
];

/** `Mon–Fri, 08:00–17:00`, `25th to 5th of the month, all day`. */
export const frameWords = ({ days, start, end }: Frame): string => {
  const hours = start === end ? 'all day' : `${start}–${end}${end < start ? ' of the next day' : ''}`;
  return `${days.kind === 'week' ? weekWords(days.days) : monthWords(days)}, ${hours}`;
};

/** `Fri 27 Nov, 18:00` in the zone of the box; with the year when it is another one than now's. */
export const momentWords = (at: number, { zone, now }: Pick<Clock, 'zone' | 'now'>): string => {
  const { year, month, day, weekday } = dayAt(zone, at);
  const ofYear = year === dayAt(zone, now).year ? '' : ` ${year}`;
  return `${WEEKDAYS[weekday]} ${day} ${MONTHS[month - 1]}${ofYear}, ${clockWords(at, zone)}`;
};

/** BOT's match limit in words. */
export const limitWords = ({ for: what, rate, per, burst }: Limit): string => {
  const often = `at most ${rate} per ${per}, ${burst} at once`;
  if (what === 'log') return `logs ${often}`;
  return `${what === 'both' ? 'acts and logs' : 'acts'} ${often}; then the next rules decide`;
};

const frameRemark = (frame: Frame, clock: Clock): Remark => {
  const { inForce: holds, next } = clock.frame(frame);
  const edge = next === null ? '' : soonWords(next, clock);
  const now = holds ? `in force now${edge && `, until ${edge}`}` : `not in force now${edge && `, from ${edge}`}`;
  return { icon: 'clock', text: `${frameWords(frame)} · ${now}`, state: holds ? 'now' : 'later' };
};

const expiryRemark = (expires: number, clock: Clock): Remark =>
  expires <= clock.now
    ? { icon: 'clock', text: `expired ${momentWords(expires, clock)}`, state: 'over' }
    : { icon: 'clock', text: `until ${momentWords(expires, clock)}`, state: 'now' };

/** `17:00` today, `Tue 08:00` within a week, else the date. */
const soonWords = (at: number, clock: Clock): string => {
  const [day, today] = [dayAt(clock.zone, at), dayAt(clock.zone, clock.now)];
  const same = day.day === today.day && day.month === today.month && day.year === today.year;
  if (same) return clockWords(at, clock.zone);
  return at - clock.now < 6 * 86_400
    ? `${WEEKDAYS[day.weekday]} ${clockWords(at, clock.zone)}`
    : momentWords(at, clock);
};

const clockWords = (at: number, zone: string): string =>
  new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone }).format(
    at * 1000,
  );

const weekWords = (days: readonly number[]): string => {
  if (days.length === 7) return 'every day';
  const ordered = [1, 2, 3, 4, 5, 6, 0].filter((day) => days.includes(day));
  const runs: number[][] = [];
  for (const day of ordered) {
    const run = runs.at(-1);
    if (run !== undefined && (run.at(-1) ?? -9) + 1 === (day === 0 ? 7 : day)) run.push(day);
    else runs.push([day]);
  }
  const name = (day: number | undefined) => WEEKDAYS[day ?? 0];
  return runs
    .map((run) => (run.length > 2 ? `${name(run[0])}–${name(run.at(-1))}` : run.map(name).join(', ')))
    .join(', ');
};

const monthWords = ({ from, to }: { from: number; to: number }): string =>
  from === to ? `${ordinal(from)} of the month` : `${ordinal(from)} to ${ordinal(to)} of the month`;

const ordinal = (day: number): string => {
  const ending = day > 3 && day < 21 ? 'th' : ['th', 'st', 'nd', 'rd'][day % 10];
  return `${day}${ending ?? 'th'}`;
};

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
