import { z } from 'zod';
import { isAddress, isIp, isIpv4, isMac, isNetmask, normalAddress, normalMac } from './address.ts';
import { isPortList } from './ports.ts';

/** Longest name of an object, in characters. BOT allowed 20; the rest is for people who describe. */
export const NAME_MAX = 200;

const text = (max: number) =>
  z
    .string({ error: 'This must be text.' })
    .trim()
    .max(max, `At most ${max} characters.`)
    .refine((value) => !/[\p{Cc}\u2028\u2029]/u.test(value), 'Line breaks and control characters are not allowed.');

const name = text(NAME_MAX).min(1, 'A name is needed.');
const remark = text(200).default('');
const mac = z.string().trim().refine(isMac, 'Not a MAC address. Write it like 00:16:3e:12:34:56.').transform(normalMac);
const ipv4 = z.string().trim().refine(isIpv4, 'Not an IPv4 address. Write it like 192.168.51.254.');
const port = z.coerce
  .number({ error: 'Not a port. Ports are 1 to 65535.' })
  .int('Not a port. Ports are 1 to 65535.')
  .min(1, 'Not a port. Ports are 1 to 65535.')
  .max(65535, 'Not a port. Ports are 1 to 65535.');
const network = z
  .string()
  .trim()
  .refine(isAddress, 'Not an address. Write an IP address, a network like 192.168.51.0/27, or a MAC address.')
  .transform(normalAddress);

/** One address: a host or network in either family (`192.168.51.0/27`, `fd00::5`), or a MAC. */
export const addressSchema = z.strictObject({ name, value: network, remark });

const member = z.strictObject({ name, enabled: z.boolean().default(true) });
const group = z.strictObject({
  name,
  remark,
  members: z
    .array(member)
    .refine((members) => members.some((one) => one.enabled), 'A group needs at least one enabled member.'),
});
export const addressGroupSchema = group;
export const serviceGroupSchema = group;

/** One service. `ports` is a list such as `80, 443, 8000-8080`; `icmpType` is a number or empty for all. */
export const serviceSchema = z
  .strictObject({
    name,
    protocol: z.enum(['tcp', 'udp', 'tcp&udp', 'icmp', 'gre', 'esp', 'ah'], { error: 'Choose a protocol.' }),
    ports: z.string().trim().default(''),
    icmpType: z.union([z.literal(''), z.coerce.number().int().min(0).max(255)]).default(''),
    remark,
  })
  .superRefine((service, context) => {
    const hasPorts = ['tcp', 'udp', 'tcp&udp'].includes(service.protocol);
    if (hasPorts && !isPortList(service.ports)) {
      context.addIssue({
        code: 'custom',
        path: ['ports'],
        message: 'Not a port. Write one port, a range or a list: 25 or 8000-8080 or 80, 443.',
      });
    }
    if (!hasPorts && service.ports !== '') {
      context.addIssue({ code: 'custom', path: ['ports'], message: 'Only TCP and UDP have ports.' });
    }
  });

/** Who sends: any host on GREEN, one address object, one group, or a typed IP, network or MAC. */
export const sourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('any') }),
  z.strictObject({ kind: z.literal('address'), name }),
  z.strictObject({ kind: z.literal('group'), name }),
  z.strictObject({ kind: z.literal('typed'), value: network }),
]);

/** Where to: the box itself ("Greengate access"), or outside: anywhere, an address object, a group, a typed address. */
export const destinationSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('greengate') }),
  z.strictObject({ kind: z.literal('any') }),
  z.strictObject({ kind: z.literal('address'), name }),
  z.strictObject({ kind: z.literal('group'), name }),
  z.strictObject({ kind: z.literal('typed'), value: network }),
]);

export const serviceRefSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('any') }),
  z.strictObject({ kind: z.literal('service'), name }),
  z.strictObject({ kind: z.literal('group'), name }),
]);

export const ruleSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]{1,16}$/, 'Not a rule id.'),
  enabled: z.boolean().default(true),
  source: sourceSchema,
  destination: destinationSchema,
  service: serviceRefSchema,
  action: z.enum(['accept', 'drop', 'reject'], { error: 'Choose an action.' }),
  log: z.boolean().default(false),
  remark,
});

/** BOT's settings page. `adminMac` may be empty only while BOT is disabled. */
export const settingsSchema = z.strictObject({
  enabled: z.boolean().default(false),
  adminMac: z.union([z.literal(''), mac]).default(''),
  uiPort: port.default(445),
  connectionState: z.boolean().default(true),
  logging: z.boolean().default(true),
  defaultDeny: z.enum(['drop', 'reject']).default('drop'),
});

export const networkSchema = z.strictObject({
  green: z
    .strictObject({
      address: ipv4.default('192.168.51.254'),
      netmask: z
        .string()
        .trim()
        .refine(isNetmask, 'Not a netmask. Write it like 255.255.255.0 or 24.')
        .default('255.255.255.0'),
    })
    .prefault({}),
  red: z
    .strictObject({
      mode: z.enum(['dhcp', 'static']).default('dhcp'),
      address: z.union([z.literal(''), ipv4]).default(''),
      netmask: z.union([z.literal(''), z.string().trim().refine(isNetmask, 'Not a netmask.')]).default(''),
      gateway: z.union([z.literal(''), ipv4]).default(''),
    })
    .default({ mode: 'dhcp', address: '', netmask: '', gateway: '' }),
  hostname: z
    .string()
    .trim()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i, 'A host name has letters, digits and hyphens.')
    .default('greengate'),
  domain: z
    .string()
    .trim()
    .regex(/^([a-z0-9-]+\.)*[a-z0-9-]+$/i, 'Not a domain name.')
    .default('lan'),
  /** Further names under which the UI may be called (Host header). */
  names: z
    .array(
      z
        .string()
        .trim()
        .regex(/^[a-z0-9.-]{1,253}$/i, 'Not a host name.'),
    )
    .default([]),
  timezone: z
    .string()
    .regex(/^[A-Za-z0-9_+\-/]{1,64}$/, 'Not a time zone.')
    .default('UTC'),
});

export const dhcpSchema = z.strictObject({
  enabled: z.boolean().default(true),
  start: z.union([z.literal(''), ipv4]).default('192.168.51.100'),
  end: z.union([z.literal(''), ipv4]).default('192.168.51.199'),
  leaseMinutes: z.coerce.number().int().min(2, 'At least 2 minutes.').max(43200, 'At most 30 days.').default(720),
  fixed: z
    .array(
      z.strictObject({
        mac,
        address: ipv4,
        name: text(63)
          .regex(/^[A-Za-z0-9-]*$/, 'Letters, digits and hyphens only.')
          // dnsmasq reads these in the place of a name as its own words: "serve nothing", or a lease time.
          .refine(
            (value) => !/^(ignore|infinite|id|set|tag|\d+[smhdw]?)$/i.test(value),
            'DHCP has another meaning for this word. Choose another name.',
          )
          .default(''),
        remark,
      }),
    )
    .default([]),
});

/** `servers`: upstream DNS servers; empty means those of RED's lease. */
export const dnsSchema = z.strictObject({
  servers: z.array(z.string().trim().refine(isIp, 'Not an IP address.')).default([]),
});

export const proxySchema = z.strictObject({
  enabled: z.boolean().default(true),
  port: port.default(800),
  cache: z.boolean().default(false),
  cacheMegabytes: z.coerce.number().int().min(10, 'At least 10 MB.').max(100_000, 'At most 100 GB.').default(100),
  /** Ports that the proxy may fetch from, and those that CONNECT may reach: port lists. */
  safePorts: z.string().trim().refine(isPortList, 'Not a list of ports.').default('80, 443'),
  connectPorts: z.string().trim().refine(isPortList, 'Not a list of ports.').default('443'),
});

/** The whole policy: what the owner wants. `schema` is the version of this shape. */
export const policySchema = z.strictObject({
  schema: z.literal(1, { error: 'This policy was written by another version: schema 1 is expected.' }),
  settings: settingsSchema.prefault({}),
  network: networkSchema.prefault({}),
  addresses: z.array(addressSchema).default([]),
  addressGroups: z.array(addressGroupSchema).default([]),
  services: z.array(serviceSchema).default([]),
  serviceGroups: z.array(serviceGroupSchema).default([]),
  rules: z.array(ruleSchema).default([]),
  dhcp: dhcpSchema.prefault({}),
  dns: dnsSchema.prefault({}),
  proxy: proxySchema.prefault({}),
});

export type Policy = z.output<typeof policySchema>;
export type Address = z.output<typeof addressSchema>;
export type Group = z.output<typeof addressGroupSchema>;
export type Service = z.output<typeof serviceSchema>;
export type Rule = z.output<typeof ruleSchema>;
export type Source = z.output<typeof sourceSchema>;
export type Destination = z.output<typeof destinationSchema>;
export type ServiceRef = z.output<typeof serviceRefSchema>;
