import { isAddress, isDnsName } from '../policy/address.ts';
import type { Edit } from '../policy/edit.ts';
import type { Block } from '../policy/schema.ts';
import { type Clock, type ExpiryValues, expiresOf } from './rule-expiry.ts';

/** The fields of “Block a host now”. `by` chooses between the MAC and the address where both are known. */
export const blockFields = [
  'host',
  'mac',
  'by',
  'action',
  'expiry',
  'expiryDate',
  'expiryTime',
  'remark',
  'back',
] as const;

export type BlockValues = Record<(typeof blockFields)[number], string>;

/** How long, as the form offers it. */
export const blockSpans = [
  { value: '30', label: 'For 30 minutes' },
  { value: '120', label: 'For 2 hours' },
  { value: 'today', label: 'Today, until midnight' },
  { value: '', label: 'Until I end it' },
  { value: 'until', label: 'Until a date and time' },
];

/** The edit that the form describes, or the field at fault. */
export const blockOf = (
  values: BlockValues,
  clock: Clock,
  by: string,
): { edit: Extract<Edit, { do: 'block' }> } | { field: string; message: string } => {
  const expiry: ExpiryValues = { ...values, expiresWas: '' };
  const until = expiresOf(expiry, clock);
  if ('field' in until)
    return {
      ...until,
      message: until.message.replace(/: the rule would do nothing/, '').replace(/ the rule is/, ' this is'),
    };
  const host = (values.by === 'mac' && values.mac !== '' ? values.mac : values.host).trim();
  if (!isAddress(host) || isDnsName(host))
    return {
      field: 'host',
      message: 'Write the address of a computer, like 192.168.51.25, or its MAC, like 00:16:3e:12:34:56.',
    };
  const action = values.action === 'accept' ? 'accept' : 'drop';
  return { edit: { do: 'block', host, action, until: until.expires, by, remark: values.remark } };
};

/** The blocks in force: those whose time is over do nothing more, whether they were taken away yet or not. */
export const activeBlocks = (blocks: readonly Block[], now: number): Block[] =>
  blocks.filter(({ until }) => until === null || until > now);

/** `in 25 minutes`, `in 3 days`: how much is left at least, in one unit. */
export const formatIn = (time: number, now: number): string => {
  const minutes = Math.floor((time - now) / 60);
  if (minutes < 1) return 'in less than a minute';
  const [count, unit] =
    minutes < 120
      ? [minutes, 'minute']
      : minutes < 48 * 60
        ? [Math.floor(minutes / 60), 'hour']
        : [Math.floor(minutes / 1440), 'day'];
  return `in ${count} ${unit}${count === 1 ? '' : 's'}`;
};

/** A page of this UI to go back to; anything else leads to the list of blocked hosts. */
export const safeBack = (text: string): string =>
  /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,2000}$/.test(text) ? text : '/firewall/blocks';
