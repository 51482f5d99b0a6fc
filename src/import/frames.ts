import type { Frame } from '../policy/schema.ts';
import { isOn } from './names.ts';

/** A TIME line: the chain and number of its rule (counted from 0 in that chain), and when it holds. */
export type OldFrame = { chain: string; index: number; days: Frame['days']; start: string; end: string };

/**
 * `TIME,<chain>,<index>,dayOfMonth|weekDays,<from>,<to>,<seven flags, Sunday first>,<hour>,<minute>,<hour>,<minute>`. A text says what
 * is wrong with it.
 */
export const readFrame = (text: string): OldFrame | string => {
  const fields = text.split(',').map((one) => one.trim());
  if (fields.length !== 17) return `A time frame has 17 fields; this line has ${fields.length}.`;
  const [, chain = '', index = '', type = ''] = fields;
  if (!/^\d{1,6}$/.test(index)) return 'The line does not say which rule it belongs to.';
  const days =
    type === 'weekDays' ? weekOf(fields.slice(6, 13)) : type === 'dayOfMonth' ? monthOf(fields[4], fields[5]) : null;
  if (days === null) return 'The days of this time frame are not understood.';
  const start = clockOf(fields[13], fields[14]);
  const end = clockOf(fields[15], fields[16]);
  if (start === null || end === null) return 'The times of this time frame are not understood.';
  return { chain, index: Number(index), days, start, end };
};

/**
 * The frames that are together in force when the old one was. The old box looked at the day of the moment, also behind midnight: a
 * frame over midnight is two of ours, one up to midnight and one from midnight, both on the days named.
 * Equal times are the whole day, whatever they are.
 */
export const framesOf = ({ days, start, end }: OldFrame): Frame[] => {
  const midnight = '00:00';
  if (start === end) return [{ days, start: midnight, end: midnight }];
  const over = end < start && end !== midnight;
  if (!over || isEveryDay(days)) return [{ days, start, end }];
  return [
    { days, start: midnight, end },
    { days, start, end: midnight },
  ];
};

const isEveryDay = (days: Frame['days']): boolean =>
  days.kind === 'week' ? days.days.length === 7 : days.from === 1 && days.to === 31;

const weekOf = (flags: string[]): Frame['days'] | null => {
  const days = flags.flatMap((flag, day) => (isOn(flag) ? [day] : []));
  return days.length === 0 ? null : { kind: 'week', days };
};

const monthOf = (from = '', to = ''): Frame['days'] | null => {
  const fits = (day: string) => /^\d{1,2}$/.test(day) && Number(day) >= 1 && Number(day) <= 31;
  return fits(from) && fits(to) ? { kind: 'month', from: Number(from), to: Number(to) } : null;
};

const clockOf = (hour = '', minute = ''): string | null => {
  if (!/^\d{1,2}$/.test(hour) || !/^\d{1,2}$/.test(minute) || Number(hour) > 24 || Number(minute) > 59) return null;
  if (Number(hour) === 24) return Number(minute) === 0 ? '00:00' : null;
  return `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
};
