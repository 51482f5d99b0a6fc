import { type Day, dayAt, momentOf, offsetAt } from '../policy/zones.ts';

/** The fields that say how long a rule is for. `expiresWas` is the moment that the rule had, so that seconds survive a form. */
export type ExpiryValues = { expiry: string; expiryDate: string; expiryTime: string; expiresWas: string };

/** Where and when a form is filled in: the box's zone, and seconds since the epoch. */
export type Clock = { zone: string; now: number };

/** What the form offers. */
export const expiryOptions = [
  { value: '', label: 'no end' },
  { value: '30', label: 'for 30 minutes' },
  { value: '120', label: 'for 2 hours' },
  { value: 'today', label: 'today' },
  { value: 'until', label: 'until date and time' },
];

/** The moment that the fields mean, or what is wrong with them and at which field. A span counts from `now`, and ends with a minute. */
export const expiresOf = (
  values: ExpiryValues,
  { zone, now }: Clock,
): { expires: number | null } | { field: keyof ExpiryValues; message: string } => {
  const { expiry } = values;
  if (expiry === '') return { expires: null };
  if (expiry === '30' || expiry === '120') return { expires: Math.ceil((now + Number(expiry) * 60) / 60) * 60 };
  if (expiry === 'today') return { expires: momentOf(zone, dayAt(zone, now, 1), 0, 'first') };
  if (expiry !== 'until') return { field: 'expiry', message: 'Choose how long the rule is for.' };
  const day = readDay(values.expiryDate);
  if (day === null) return { field: 'expiryDate', message: 'Not a date. Write it like 2026-12-31.' };
  const minutes = readMinutes(values.expiryTime);
  if (minutes === null) return { field: 'expiryTime', message: 'Not a time. Write it like 08:00 or 17:30.' };
  const was = momentValue(values.expiresWas);
  if (was !== null) {
    const shown = expiryValues(was, zone);
    if (shown.expiryDate === values.expiryDate && shown.expiryTime === values.expiryTime) return { expires: was };
  }
  const expires = momentOf(zone, day, minutes, 'last');
  return expires > now
    ? { expires }
    : { field: 'expiryDate', message: 'This moment has passed: the rule would do nothing.' };
};

/** The fields of a rule that ends at `expires`. */
export const expiryValues = (expires: number | null, zone: string): ExpiryValues => {
  if (expires === null) return { expiry: '', expiryDate: '', expiryTime: '', expiresWas: '' };
  const wall = new Date((expires + offsetAt(zone, expires)) * 1000).toISOString();
  return {
    expiry: 'until',
    expiryDate: wall.slice(0, 10),
    expiryTime: wall.slice(11, 16),
    expiresWas: String(expires),
  };
};

const momentValue = (text: string): number | null => (/^\d{1,11}$/.test(text) ? Number(text) : null);

/** A date as browsers send it, `2026-12-31`; null: not a day. */
export const readDay = (text: string): Day | null => {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text.trim());
  if (found === null) return null;
  const [year, month, day] = found.slice(1).map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year >= 1970
    ? { year, month, day, weekday: date.getUTCDay() }
    : null;
};

const readMinutes = (text: string): number | null => {
  const found = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim());
  return found === null ? null : Number(found[1]) * 60 + Number(found[2]);
};
