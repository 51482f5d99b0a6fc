import { z } from 'zod';
import {
  dhcpSchema,
  dnsSchema,
  networkSchema,
  proxySchema,
  settingsSchema,
  sshSchema,
  timeSchema,
} from './schema-box.ts';
import { addressGroupSchema, addressSchema, serviceGroupSchema, serviceSchema } from './schema-objects.ts';
import {
  blockSchema,
  type destinationSchema,
  type frameSchema,
  type limitSchema,
  ruleSchema,
  type serviceRefSchema,
  type sourceSchema,
} from './schema-rules.ts';

/** The version of this shape. An older one is brought up to it by `migrate.ts`, a newer one is refused. */
export const SCHEMA = 2;

/** The whole policy: what the owner wants. `schema` is the version of this shape. */
export const policySchema = z.strictObject({
  schema: z.literal(SCHEMA, { error: `This policy was written by another version: schema ${SCHEMA} is expected.` }),
  settings: settingsSchema.prefault({}),
  network: networkSchema.prefault({}),
  addresses: z.array(addressSchema).default([]),
  addressGroups: z.array(addressGroupSchema).default([]),
  services: z.array(serviceSchema).default([]),
  serviceGroups: z.array(serviceGroupSchema).default([]),
  rules: z.array(ruleSchema).default([]),
  /** The highest number that the id of a rule or block ever had: none is given twice, or counters and flows would be taken for another's. */
  lastId: z.number().int().min(0).max(99_999_999).default(0),
  blocks: z.array(blockSchema).max(1000, 'At most 1000 hosts are blocked or allowed at a time.').default([]),
  dhcp: dhcpSchema.prefault({}),
  dns: dnsSchema.prefault({}),
  proxy: proxySchema.prefault({}),
  time: timeSchema.prefault({}),
  ssh: sshSchema.prefault({}),
});

export type Policy = z.output<typeof policySchema>;
export type Address = z.output<typeof addressSchema>;
export type Group = z.output<typeof addressGroupSchema>;
export type Service = z.output<typeof serviceSchema>;
export type Rule = z.output<typeof ruleSchema>;
export type Source = z.output<typeof sourceSchema>;
export type Destination = z.output<typeof destinationSchema>;
export type ServiceRef = z.output<typeof serviceRefSchema>;
export type Frame = z.output<typeof frameSchema>;
export type Limit = z.output<typeof limitSchema>;
export type Block = z.output<typeof blockSchema>;
