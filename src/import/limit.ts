import type { Limit } from '../policy/schema.ts';
import { lookUp } from './names.ts';
import type { RuleFields } from './rule-fields.ts';

/**
 * The match limit of an old rule: null when it has none that does anything, `bad` when it is not understood. iptables fills in what
 * the other kind leaves open: a burst of 5 behind an average, 3 an hour behind a burst.
 */
export const readLimit = ({ limitFor, limitType, limit, log, action }: RuleFields): Limit | null | 'bad' => {
  const what = lookUp(purposes, limitFor.toLowerCase());
  if (what === undefined) return 'bad';
  if (what === null || limit === '' || limit === '-') return null;
  const only = action.toLowerCase() === 'logonly';
  if (only && what === 'action') return null;
  // The standard form stored a limit for logging with every rule, whether it logs or not.
  if (what === 'log' && !only && log.toLowerCase() !== 'on') return null;
  const amount = amountOf(limitType, limit);
  return amount === null ? 'bad' : { for: only ? 'log' : what, ...amount };
};

const purposes: Record<string, Limit['for'] | null | undefined> = {
  none: null,
  '-': null,
  '': null,
  log: 'log',
  acceptordeny: 'action',
  both: 'both',
};

const amountOf = (type: string, text: string): Pick<Limit, 'rate' | 'per' | 'burst'> | null => {
  const found = /^(\d{1,7})(?:\s*\/\s*([a-z]+))?$/i.exec(text);
  if (found === null || Number(found[1]) < 1) return null;
  if (type.toLowerCase() === 'burst')
    return found[2] === undefined ? { rate: 3, per: 'hour', burst: Number(found[1]) } : null;
  const word = (found[2] ?? 'second').toLowerCase();
  const per = units.find((unit) => unit.startsWith(word));
  return per === undefined ? null : { rate: Number(found[1]), per, burst: 5 };
};

const units = ['second', 'minute', 'hour', 'day'] as const;
