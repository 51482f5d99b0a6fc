import { z } from 'zod';
import type { Certificates, GenerationInfo, Lease, Status } from '../../agent/api.ts';
import type { FirewallLine, LogPage, ProxyLine } from '../ports.ts';

const count = z.number().int().min(0);
const card = { address: z.string(), mac: z.string(), carrier: z.boolean(), rxBytes: count, txBytes: count };
const room = z.object({ total: count, available: count });

/** What the box is doing: the agent's own `Status`. Times are seconds since the epoch, sizes bytes. */
export const statusSchema = z.object({
  version: z.string(),
  base: z.string(),
  time: count,
  uptime: z.number(),
  timezone: z.string(),
  hostname: z.string(),
  bot: z.enum(['disabled', 'enabled', 'released']),
  firstEnable: z.boolean(),
  trial: z
    .strictObject({
      revision: z.number().int(),
      what: z.string(),
      user: z.string(),
      left: z.number().int(),
      mine: z.boolean(),
    })
    .nullable(),
  notices: z.array(z.string()),
  green: z.object(card),
  red: z.object({
    ...card,
    mode: z.enum(['dhcp', 'static']),
    gateway: z.string(),
    dns: z.array(z.string()),
  }),
  services: z.array(z.object({ name: z.string(), running: z.boolean() })),
  memory: room,
  storage: room,
  counters: z.record(z.string(), z.object({ packets: count, bytes: count })),
  hits: z.record(z.string(), count).meta({ description: 'When a counter was last seen to grow, to the minute.' }),
  visitorMac: z.string(),
});

/** A DHCP lease. */
export const leaseSchema = z.object({
  mac: z.string(),
  address: z.string(),
  name: z.string(),
  expires: count,
  fixed: z.boolean(),
});

/** A policy that was in force. */
export const generationSchema = z.strictObject({
  number: z.number().int().min(1),
  user: z.string(),
  time: z.number(),
  what: z.string(),
  damaged: z.boolean(),
  inForce: z.boolean(),
});

const port = z.nullable(z.number().int().min(0).max(65535));
const page = { older: z.boolean(), newer: z.boolean() };

/** A page of the firewall log, newest first. `service` is the name behind protocol and port, our own services first. */
export const firewallLogSchema = z.object({
  lines: z.array(
    z.object({
      id: count,
      time: z.number(),
      chain: z.string(),
      iface: z.string(),
      protocol: z.string(),
      source: z.string(),
      sourcePort: port,
      mac: z.string(),
      destination: z.string(),
      destinationPort: port,
      origin: z.string(),
      service: z.string(),
    }),
  ),
  ...page,
});

/** A page of the proxy's log, newest first. */
export const proxyLogSchema = z.object({
  lines: z.array(
    z.object({
      id: count,
      time: z.number(),
      client: z.string(),
      method: z.string(),
      url: z.string(),
      host: z.string(),
      status: count,
      result: z.string(),
      bytes: count,
      duration: count,
    }),
  ),
  ...page,
});

// The types say whether these still are the box's: a field that is added, lost or changed there does not compile here.
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
type Wide<T> = { [K in keyof T]: K extends 'services' ? { name: string; running: boolean }[] : T[K] };
true satisfies Same<z.output<typeof statusSchema>, Wide<Status>>;
true satisfies Same<z.output<typeof leaseSchema>, Lease>;
true satisfies Same<z.output<typeof generationSchema>, GenerationInfo>;
true satisfies Same<z.output<typeof firewallLogSchema>, LogPage<FirewallLine & { service: string }>>;
true satisfies Same<z.output<typeof proxyLogSchema>, LogPage<ProxyLine>>;

const certificate = z.strictObject({
  fingerprint: z.string(),
  subject: z.string(),
  issuer: z.string(),
  names: z.array(z.string()),
  from: z.number().int(),
  to: z.number().int(),
});

/** The box's own certificate, and the uploaded one: `usable` false when it has expired or cannot be read. */
export const certificatesSchema = z.strictObject({
  own: certificate.nullable(),
  uploaded: z.strictObject({ info: certificate.nullable(), usable: z.boolean() }).nullable(),
}) satisfies z.ZodType<Certificates>;
