import { z } from 'zod';
import { isAddress, isIpv4, isMac, normalAddress, normalMac } from './address.ts';

/** Longest name of an object, in characters. BOT allowed 20; the rest is for people who describe. */
export const NAME_MAX = 200;

/** One line of text, trimmed. */
export const text = (max: number) =>
  z
    .string({ error: 'This must be text.' })
    .trim()
    .max(max, `At most ${max} characters.`)
    .refine((value) => !/[\p{Cc}\u2028\u2029]/u.test(value), 'Line breaks and control characters are not allowed.');

/** The name of an object. */
export const name = text(NAME_MAX).min(1, 'A name is needed.');
export const remark = text(200).default('');
export const mac = z
  .string()
  .trim()
  .refine(isMac, 'Not a MAC address. Write it like 00:16:3e:12:34:56.')
  .transform(normalMac);
/** A whole number, also as a form sends it. */
export const whole = z.coerce.number({ error: 'Not a number. Write a whole number.' }).int('Not a whole number.');
export const ipv4 = z.string().trim().refine(isIpv4, 'Not an IPv4 address. Write it like 192.168.51.254.');
export const port = z.coerce
  .number({ error: 'Not a port. Ports are 1 to 65535.' })
  .int('Not a port. Ports are 1 to 65535.')
  .min(1, 'Not a port. Ports are 1 to 65535.')
  .max(65535, 'Not a port. Ports are 1 to 65535.');
/** One address: an IP host, network or range, a MAC, or a DNS name; in its normal spelling. */
export const network = z
  .string()
  .trim()
  .refine(
    isAddress,
    'Not an address. Write an IP address, a network like 192.168.51.0/27, a range like 192.168.51.10-192.168.51.20, a MAC address or a DNS name.',
  )
  .transform(normalAddress);
