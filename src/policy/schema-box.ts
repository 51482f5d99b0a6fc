import { z } from 'zod';
import { isHostName, isIp, isNetmask } from './address.ts';
import { isPortList } from './ports.ts';
import { ipv4, mac, network, port, remark, text, whole } from './schema-fields.ts';

const LABEL = 'at most 63 characters';
const notName = (what: string): string =>
  `Not ${what}. A name has parts of letters, digits and hyphens between dots, of ${LABEL} each.`;

/** A port list that fits into squid's line. */
const ports = z
  .string()
  .trim()
  .max(2000, 'At most 2000 characters.')
  .refine(isPortList, 'Not a list of ports. Ports are 1 to 65535. Write one, a range or a list: 80, 443, 8000-8080.');

/** BOT's settings page. `adminMac` may be empty only while BOT is disabled. */
export const settingsSchema = z.strictObject({
  enabled: z.boolean().default(false),
  adminMac: z.union([z.literal(''), mac]).default(''),
  /** Further administrators, by MAC, address, network or range: they reach the UI (and SSH) like the Admin MAC. */
  moreAdmins: z.array(network).max(100, 'At most 100.').default([]),
  uiPort: port.default(445),
  connectionState: z.boolean().default(true),
  logging: z.boolean().default(true),
  defaultDeny: z.enum(['drop', 'reject']).default('drop'),
  /** The form offers inversion, source ports, limits and time frames. Rules that have them are in force either way. */
  advancedMode: z.boolean().default(false),
  /** How long a change is on trial before it is undone, in seconds. */
  trialSeconds: whole.min(30, 'At least 30 seconds.').max(3600, 'At most 3600 seconds, an hour.').default(90),
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
    .refine(
      (value) => isHostName(value) && !value.includes('.'),
      `A host name has letters and digits, and hyphens between them: ${LABEL}.`,
    )
    .default('greengate'),
  domain: z
    .string()
    .trim()
    // Together with a dot and the longest host name these are the 253 characters that DNS has.
    .max(189, 'At most 189 characters.')
    .refine(isHostName, notName('a domain name'))
    .default('lan'),
  /** Further names under which the UI may be called (Host header). */
  names: z
    .array(z.string().trim().refine(isHostName, notName('a host name')))
    .max(50, 'At most 50.')
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
  leaseMinutes: whole.min(2, 'At least 2 minutes.').max(43200, 'At most 30 days.').default(720),
  fixed: z
    .array(
      z.strictObject({
        mac,
        address: ipv4,
        name: text(63)
          .refine(
            (value) => value === '' || (isHostName(value) && !value.includes('.')),
            `Letters and digits only, and hyphens between them: ${LABEL}.`,
          )
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
  servers: z.array(z.string().trim().refine(isIp, 'Not an IP address.')).max(20, 'At most 20.').default([]),
});

export const proxySchema = z.strictObject({
  enabled: z.boolean().default(true),
  port: port.default(800),
  cache: z.boolean().default(false),
  cacheMegabytes: whole.min(10, 'At least 10 MB.').max(100_000, 'At most 100 GB.').default(100),
  /** Ports that the proxy may fetch from, and those that CONNECT may reach: port lists. */
  safePorts: ports.default('80, 443'),
  connectPorts: ports.default('443'),
});

/** chrony: `servers` are names or addresses to take the time from; `serveGreen`: be the time server of GREEN. */
export const timeSchema = z.strictObject({
  servers: z
    .array(
      z
        .string()
        .trim()
        .toLowerCase()
        .refine((value) => isIp(value) || isHostName(value), notName('a host name or address')),
    )
    .min(1, 'At least one time server is needed.')
    .max(10, 'At most 10.')
    .default(['0.pool.ntp.org', '1.pool.ntp.org', '2.pool.ntp.org']),
  serveGreen: z.boolean().default(true),
});

/** sshd for administrators on GREEN, by key only. */
export const sshSchema = z.strictObject({
  enabled: z.boolean().default(false),
  port: port.default(222),
  keys: z
    .array(
      text(2000).regex(
        /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) [A-Za-z0-9+/]+=* ?[^"\\]*$/,
        'Not a public key. Paste one line such as “ssh-ed25519 AAAA… name”.',
      ),
    )
    .max(100, 'At most 100.')
    .default([]),
});
