import type { Frame } from '../../../src/policy/schema.ts';

/** Is a frame in force at a moment (seconds since the epoch), by the wall clock of a zone? A frame over midnight is the day's it began. */
export const inFrame = (frame: Frame, zone: string, at: number): boolean => {
  const today = Math.floor((at + offset(zone, at)) / DAY) * DAY;
  return [today - DAY, today].some((day) => {
    const [start, end] = [seconds(frame.start), seconds(frame.end)];
    const begins = moment(zone, day + start, 'first');
    const ends = moment(zone, day + end + (end > start ? 0 : DAY), 'last');
    return isDay(frame, new Date(day * 1000)) && begins <= at && at < ends;
  });
};

const DAY = 86_400;

const isDay = ({ days }: Frame, date: Date): boolean => {
  if (days.kind === 'week') return days.days.includes(date.getUTCDay());
  const day = date.getUTCDate();
  return days.from <= days.to ? days.from <= day && day <= days.to : days.from <= day || day <= days.to;
};

/**
 * When a zone's clocks show a time (`wall`: seconds since the epoch, had it been UTC): the first or the last of such moments. A time that
 * is left out in spring counts from the hour before.
 */
const moment = (zone: string, wall: number, pick: 'first' | 'last'): number => {
  const key = `${zone} ${wall} ${pick}`;
  const kept = moments.get(key);
  if (kept !== undefined) return kept;
  const found = quarters.map((ahead) => wall - ahead).filter((at) => at + offset(zone, at) === wall);
  const moment = (pick === 'first' ? found[0] : found.at(-1)) ?? wall - offset(zone, wall - DAY);
  moments.set(key, moment);
  return moment;
};

const moments = new Map<string, number>();

/** All that clocks may be ahead of UTC: 14 hours to minus 12, in quarters of an hour. */
const quarters = Array.from({ length: 26 * 4 + 1 }, (_, index) => 14 * 3600 - index * 900);

/** What the zone's clocks are ahead of UTC at a moment, in seconds. */
const offset = (zone: string, at: number): number => {
  // They change on quarters of an hour only.
  const quarter = Math.floor(at / 900) * 900;
  const key = `${zone} ${quarter}`;
  const kept = offsets.get(key);
  if (kept !== undefined) return kept;
  const shown = new Date(quarter * 1000).toLocaleString('sv-SE', { timeZone: zone });
  const ahead = Date.parse(`${shown.replace(' ', 'T')}Z`) / 1000 - quarter;
  offsets.set(key, ahead);
  return ahead;
};

const offsets = new Map<string, number>();

const seconds = (clock: string): number => {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return (hours * 60 + minutes) * 60;
};
