/** Does the box know this time zone (`Europe/Berlin`)? Its files are found by the very letters; an offset (`+01`) has none. */
export const isTimezone = (zone: string): boolean => {
  if (!zone.split('/').every((part) => /^[A-Z]/.test(part))) return false;
  try {
    const known = new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone;
    return known === zone || known.toLowerCase() !== zone.toLowerCase();
  } catch {
    return false;
  }
};

/** A day of a calendar, without a zone. `weekday` counts from 0 for Sunday. */
export type Day = { year: number; month: number; day: number; weekday: number };

/** The day that `at` (seconds since the epoch) falls on in a zone, moved by so many days. */
export const dayAt = (zone: string, at: number, move = 0): Day => {
  const local = new Date((at + offsetAt(zone, at)) * 1000);
  const date = new Date(Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate() + move));
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
  };
};

/**
 * Seconds since the epoch of a wall clock's time on a day in a zone. A time that the change to daylight saving leaves out is
 * the moment of the change plus what it is past it; one that comes twice is the first, or the last if `pick` says so.
 */
export const momentOf = (zone: string, { year, month, day }: Day, minutes: number, pick: 'first' | 'last'): number => {
  const wall = Date.UTC(year, month - 1, day) / 1000 + minutes * 60;
  const [before, after] = [offsetAt(zone, wall - DAY), offsetAt(zone, wall + DAY)];
  if (before === after) return wall - before;
  const fitting = [wall - before, wall - after].filter((at) => at + offsetAt(zone, at) === wall).sort((a, b) => a - b);
  return (pick === 'first' ? fitting[0] : fitting.at(-1)) ?? wall - before;
};

/** A moment as a clock in a zone shows it: `Fri 2026-11-20 22:30`. Seconds since the epoch in. */
export const clockWords = (zone: string, at: number): string =>
  `${weekdays[dayAt(zone, at).weekday]} ${clockText(zone, at).slice(0, 16).replace('T', ' ')}`;

/** The same as `readClock` reads it: `2026-11-20T22:30:05`. */
export const clockText = (zone: string, at: number): string =>
  new Date((Math.floor(at) + offsetAt(zone, at)) * 1000).toISOString().slice(0, 19);

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** The moment that `2026-11-20T22:30` (or with a space, or seconds) is in a zone, in seconds since the epoch; null: it is none. */
export const readClock = (zone: string, text: string): number | null => {
  const found = /^(\d{4})-(\d\d)-(\d\d)[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text.trim());
  if (found === null) return null;
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = found
    .slice(1)
    .map((part) => Number(part ?? 0));
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || year < 1970) return null;
  return momentOf(zone, { year, month, day, weekday: date.getUTCDay() }, hours * 60 + minutes, 'first') + seconds;
};

const DAY = 86_400;

/** What a zone's clocks are ahead of UTC at a moment, in seconds. */
export const offsetAt = (zone: string, at: number): number => {
  const quarter = Math.floor(at / QUARTER);
  if (at < REGULAR) return shownAhead(zone, at);
  const known = offsets.get(zone) ?? new Map<number, number>();
  offsets.set(zone, known);
  const kept = known.get(quarter);
  if (kept !== undefined) return kept;
  if (known.size >= 50_000) known.clear();
  const ahead = shownAhead(zone, quarter * QUARTER);
  known.set(quarter, ahead);
  return ahead;
};

/** Since 1990 clocks have been changed on quarters of an hour of UTC only (tz database). Asking Intl takes 5 µs, and a year of a frame asks 1500 times. */
const QUARTER = 900;
const REGULAR = 631_152_000;

const offsets = new Map<string, Map<number, number>>();

const shownAhead = (zone: string, at: number): number => {
  const parts = formatterOf(zone).formatToParts(at * 1000);
  const value = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value);
  const wall = Date.UTC(
    value('year'),
    value('month') - 1,
    value('day'),
    value('hour'),
    value('minute'),
    value('second'),
  );
  return wall / 1000 - Math.floor(at);
};

const formatters = new Map<string, Intl.DateTimeFormat>();

const formatterOf = (zone: string): Intl.DateTimeFormat => {
  const kept = formatters.get(zone);
  if (kept !== undefined) return kept;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(zone, made);
  return made;
};
