import { z } from 'zod';

const whole = z.number().int();
const verdict = z.enum(['accept', 'drop', 'reject']);
const decided = { verdict, rule: z.nullable(z.string()), number: z.nullable(whole), origin: z.string() };

const packet = z.object({
  from: z.string(),
  mac: z.nullable(z.string()),
  to: z.string(),
  protocol: whole,
  port: whole.optional(),
  sport: whole.optional(),
  type: whole.optional(),
  code: whole.optional(),
});

/** What is asked: fields as a person writes them. */
export const questionSchema = z.strictObject({
  from: z.string(),
  to: z.string(),
  service: z.string(),
  mac: z.string().optional(),
  sourcePort: z.string().optional(),
  at: z.string().optional(),
});

/** The agent's `Answer`. */
export const explainedSchema = z.object({
  ...decided,
  sentence: z.string(),
  needsMac: z.boolean(),
  outcomes: z.array(z.object({ ...decided, when: z.string() })),
  others: z.array(z.object({ ...decided, packet, sentence: z.string() })),
  notes: z.array(z.string()),
  packet,
  at: z.number(),
  steps: z.array(
    z.object({
      rule: z.nullable(z.string()),
      id: z.string(),
      number: z.nullable(whole),
      field: z.nullable(
        z.enum(['enabled', 'source', 'destination', 'service', 'source port', 'time', 'expiry', 'limit', 'action']),
      ),
      sentence: z.string(),
    }),
  ),
});

/** The agent's `Finding`. */
export const findingSchema = z.object({
  kind: z.enum(['never', 'duplicate', 'redundant', 'partly', 'wide', 'ui', 'proxy', 'expired', 'unused']),
  rule: z.nullable(z.string()),
  id: z.nullable(z.string()),
  number: z.nullable(whole),
  group: z.nullable(z.object({ collection: z.enum(['addressGroups', 'serviceGroups']), name: z.string() })),
  by: z.array(z.object({ rule: z.string(), id: z.string(), number: whole })),
  sentence: z.string(),
  packet: z.nullable(packet),
  fix: z.nullable(z.object({ do: z.string() })),
});

/** The agent's `Affected`. */
export const affectedSchema = z.object({
  revision: whole,
  bot: z.boolean(),
  rules: z.array(
    z.object({
      id: z.string(),
      number: z.nullable(whole),
      rule: z.string(),
      change: z.enum(['new', 'changed', 'gone']),
      sentence: z.string(),
    }),
  ),
  cut: z.array(
    z.object({
      count: whole,
      from: z.string(),
      mac: z.nullable(z.string()),
      to: z.string(),
      service: z.string(),
      was: z.object({ verdict, rule: z.nullable(z.string()), id: z.string() }),
      becomes: z.object({ verdict, rule: z.nullable(z.string()), id: z.string(), needsMac: z.boolean() }),
      sentence: z.string(),
    }),
  ),
  connections: whole,
});
