import { z } from 'zod';
import { isPortList } from './ports.ts';
import { name, network, remark, text, whole } from './schema-fields.ts';

/** Everything but this. */
const invert = z.boolean().default(false);
const named = {
  address: z.strictObject({ kind: z.literal('address'), name, invert }),
  group: z.strictObject({ kind: z.literal('group'), name, invert }),
};
const typed = z.strictObject({ kind: z.literal('typed'), value: network, invert });

/** Who sends: any host on GREEN, one address object, one group, or a typed IP, network, range or MAC. */
export const sourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('any') }),
  named.address,
  named.group,
  typed,
]);

/** Where to: the box itself ("Greengate access"), or outside: anywhere, an address object, a group, a typed address. */
export const destinationSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('greengate') }),
  z.strictObject({ kind: z.literal('any') }),
  named.address,
  named.group,
  typed,
]);

export const serviceRefSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('any') }),
  z.strictObject({ kind: z.literal('service'), name, invert }),
  z.strictObject({ kind: z.literal('group'), name, invert }),
]);

const dayOfMonth = whole.min(1, 'Days are 1 to 31.').max(31, 'Days are 1 to 31.');
const clock = z
  .string()
  .trim()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Not a time. Write it like 08:00 or 17:30.');

/**
 * When a rule is in force, in the box's time zone. Weekdays count from 0 for Sunday; days of the month may wrap (25 to 5). An `end`
 * before `start` is over midnight and belongs to the day it started; equal ones mean the whole day.
 */
export const frameSchema = z.strictObject({
  days: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('week'),
      days: z
        .array(whole.min(0, 'Weekdays are 0 (Sunday) to 6.').max(6, 'Weekdays are 0 (Sunday) to 6.'))
        .min(1, 'Choose at least one day.')
        .transform((days) => [...new Set(days)].sort()),
    }),
    z.strictObject({ kind: z.literal('month'), from: dayOfMonth, to: dayOfMonth }),
  ]),
  start: clock,
  end: clock,
});

/** BOT's match limit: `rate` new connections per unit and a burst. Beyond it the log is silent, or the action passes to the next rule. */
export const limitSchema = z.strictObject({
  for: z.enum(['log', 'action', 'both'], { error: 'Choose what the limit is for.' }),
  rate: whole.min(1, 'At least 1.').max(1_000_000, 'At most 1000000.'),
  per: z.enum(['second', 'minute', 'hour', 'day'], { error: 'Choose a unit of time.' }),
  burst: whole.min(1, 'At least 1.').max(10_000, 'At most 10000.').default(5),
});

/** Seconds since the epoch. */
export const moment = whole
  .min(0, 'Not a moment: seconds since 1970.')
  .max(99_999_999_999, 'Not a moment: seconds since 1970.');

export const ruleSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]{1,16}$/, 'Not a rule id.'),
  enabled: z.boolean().default(true),
  source: sourceSchema,
  /** Ports of the sender (TCP and UDP): a port list, or empty for any. */
  sourcePorts: z
    .string()
    .trim()
    .max(2000, 'At most 2000 characters.')
    .refine((value) => value === '' || isPortList(value), 'Not a port. Write one port, a range or a list.')
    .default(''),
  invertSourcePorts: invert,
  destination: destinationSchema,
  service: serviceRefSchema,
  /** `log`: log only, the next rules decide. */
  action: z.enum(['accept', 'drop', 'reject', 'log'], { error: 'Choose an action.' }),
  log: z.boolean().default(false),
  limit: z.nullable(limitSchema).default(null),
  frame: z.nullable(frameSchema).default(null),
  /** The rule does nothing from this moment on; null: for good. */
  expires: z.nullable(moment).default(null),
  /** Rules that follow each other under the same heading are shown as one group. */
  heading: text(80).default(''),
  remark,
});

/** A host that is blocked or let through for a time, before all rules: its Internet and proxy. `until` null: until somebody ends it. */
export const blockSchema = z.strictObject({
  id: z.string().regex(/^b[0-9]{1,9}$/, 'Not the id of a block.'),
  host: network,
  action: z.enum(['drop', 'accept'], { error: 'Choose block or allow.' }),
  until: z.nullable(moment).default(null),
  /** Who did it. */
  by: text(64).default(''),
  remark,
});
