import { isIP } from 'node:net';
import type { FirewallLine } from '../web/ports.ts';
import { clean, epochSeconds, jsonObject, wholeNumber } from './clean.ts';

/**
 * One line of ulogd's JSON output (2.0.8, stack NFLOG, BASE, IFINDEX, IP2STR, HWHDR) as a packet; null when it is not one.
 * The time is taken from `oob.time.sec`: `timestamp` is local time without a zone.
 */
export function parseFirewallLine(line: string): Omit<FirewallLine, 'id'> | null {
  const raw = jsonObject(line);
  if (raw === null) return null;
  const time = packetTime(raw);
  const source = address(raw.src_ip);
  const destination = address(raw.dest_ip);
  if (time === null || source === '' || destination === '') return null;
  return {
    time,
    ...splitPrefix(raw['oob.prefix']),
    iface: interfaceName(raw['oob.in']),
    protocol: protocolName(raw['ip.protocol']),
    source,
    sourcePort: wholeNumber(raw.src_port, 0, 65535),
    mac: macAddress(raw['mac.saddr.str']),
    destination,
    destinationPort: wholeNumber(raw.dest_port, 0, 65535),
  };
}

function packetTime(raw: Record<string, unknown>): number | null {
  const seconds = wholeNumber(raw['oob.time.sec'], 1, 2 ** 33);
  if (seconds !== null) return seconds + (wholeNumber(raw['oob.time.usec'], 0, 999_999) ?? 0) / 1e6;
  if (typeof raw.timestamp !== 'string') return null;
  return epochSeconds(Date.parse(raw.timestamp) / 1000);
}

/** `GREEN DROP r12` is chain `GREEN DROP` of origin `r12`; a prefix of one or two words is all chain. */
function splitPrefix(prefix: unknown): { chain: string; origin: string } {
  const words = clean(prefix, PREFIX_MAX)
    .split(' ')
    .filter((word) => word !== '');
  return { chain: words.slice(0, 2).join(' '), origin: words.slice(2).join(' ') };
}

function address(value: unknown): string {
  return typeof value === 'string' && value.length <= 45 && isIP(value) !== 0 ? value.toLowerCase() : '';
}

function interfaceName(value: unknown): string {
  return typeof value === 'string' && /^[\w.-]{1,15}$/.test(value) ? value : '';
}

function macAddress(value: unknown): string {
  return typeof value === 'string' && /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value) ? value.toLowerCase() : '';
}

function protocolName(value: unknown): string {
  const number = wholeNumber(value, 0, 255);
  return number === null ? '' : (PROTOCOLS[number] ?? String(number));
}

/** Longest prefix that the kernel takes (NF_LOG_PREFIXLEN less its NUL). */
const PREFIX_MAX = 127;

/** IANA's protocol numbers, those that people meet. */
const PROTOCOLS: Record<number, string> = {
  1: 'ICMP',
  2: 'IGMP',
  6: 'TCP',
  17: 'UDP',
  41: 'IPV6',
  47: 'GRE',
  50: 'ESP',
  51: 'AH',
  58: 'ICMPV6',
  89: 'OSPF',
  112: 'VRRP',
  132: 'SCTP',
};
