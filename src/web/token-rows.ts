import type { Role, TokenInfo } from '../agent/api.ts';
import { momentOf } from '../policy/zones.ts';
import { lesser, roleLabels } from './roles.ts';
import { readDay } from './rule-expiry.ts';
import { momentWords } from './rule-when.ts';

/** An API token as a table shows it. Times are in the zone of the box, with the year when it is another one. */
export type TokenRow = {
  id: string;
  user: string;
  name: string;
  role: string;
  created: string;
  used: string;
  expires: string;
  over: boolean;
};

/** A user's tokens for a table. What a token may do is never more than what its user may. */
export const tokenRows = (
  { name: user, role }: { name: string; role: Role },
  tokens: TokenInfo[],
  clock: { zone: string; now: number },
): TokenRow[] =>
  tokens.map((token) => ({
    id: token.id,
    user,
    name: token.name,
    role: roleLabels[lesser(token.role, role)],
    created: momentWords(token.created, clock),
    used: token.used === null ? 'never' : momentWords(token.used, clock),
    expires: token.expires === null ? 'no end' : momentWords(token.expires, clock),
    over: token.expires !== null && token.expires <= clock.now,
  }));

/** How long a new token may work. */
export const tokenSpans = [
  { value: 'month', label: '30 days' },
  { value: 'year', label: 'a year' },
  { value: 'date', label: 'until a date' },
  { value: 'never', label: 'no end' },
];

/** The moment that a new token ends (seconds since the epoch, null: never): a date is counted to its end in the zone of the box. */
export const tokenEnd = (
  { tokenSpan, tokenDate }: { tokenSpan: string; tokenDate: string },
  { zone, now }: { zone: string; now: number },
): { expires: number | null } | { field: 'tokenSpan' | 'tokenDate'; message: string } => {
  if (tokenSpan === 'never') return { expires: null };
  if (tokenSpan === 'month' || tokenSpan === 'year') return { expires: now + (tokenSpan === 'month' ? 30 : 365) * DAY };
  if (tokenSpan !== 'date') return { field: 'tokenSpan', message: 'Choose how long it works.' };
  const day = readDay(tokenDate);
  if (day === null) return { field: 'tokenDate', message: 'Not a date. Write it like 2027-12-31.' };
  const expires = momentOf(zone, day, 24 * 60, 'first');
  return expires > now ? { expires } : { field: 'tokenDate', message: 'This day is over already.' };
};

const DAY = 86_400;
