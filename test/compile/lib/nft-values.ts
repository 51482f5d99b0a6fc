import ipaddr from 'ipaddr.js';

/** What a field of a packet may hold: IPv6 addresses are too wide for a number, names of interfaces are text. */
export type Value = number | bigint | string;

/** First and last value, both included. */
export type Span = [first: Value, last: Value];

/** The data types of nft that the product uses. */
export type Type = keyof typeof readers;

export const isType = (word: string): word is Type => Object.hasOwn(readers, word);

/** A value, network or range of a type as nft writes it; null when it is none. */
export const readSpan = (type: Type, text: string): Span | null => {
  const read = readers[type];
  const one = read(text);
  if (one !== null) return typeof one === 'object' ? one : [one, one];
  const [first = '', last = '', ...rest] = text.split('-');
  const [from, to] = [read(first), read(last)];
  if (rest.length > 0 || from === null || to === null || typeof from === 'object' || typeof to === 'object')
    return null;
  return from <= to ? [from, to] : null;
};

/** An IP address as a number of its family. */
export const addressValue = (text: string): number | bigint => {
  const bytes = ipaddr.parse(text).toByteArray();
  return bytes.length === 4
    ? bytes.reduce((sum, byte) => sum * 256 + byte, 0)
    : bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
};

export const macValue = (text: string): number => Number.parseInt(text.replaceAll(':', ''), 16);

/** The bits of a connection's states. */
export const ctStates: Record<string, number> = { invalid: 1, established: 2, related: 4, new: 8 };

export const tcpFlags: Record<string, number> = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 };

type Reader = (text: string) => Value | Span | null;

const number =
  (most: number, names: Record<string, number> = {}): Reader =>
  (text) => {
    if (Object.hasOwn(names, text)) return names[text] ?? null;
    return /^(\d+|0x[0-9a-f]+)$/.test(text) && Number(text) <= most ? Number(text) : null;
  };

const ipv4: Reader = (text) => {
  const [host = '', bits = '32'] = text.split('/');
  if (!ipaddr.IPv4.isValidFourPartDecimal(host) || !/^\d+$/.test(bits) || Number(bits) > 32) return null;
  const size = 2 ** (32 - Number(bits));
  const first = addressValue(host) as number;
  return first % size !== 0 ? null : size === 1 ? first : [first, first + size - 1];
};

const ipv6: Reader = (text) => {
  const [host = '', bits = '128'] = text.split('/');
  if (!host.includes(':') || !ipaddr.IPv6.isValid(host) || !/^\d+$/.test(bits) || Number(bits) > 128) return null;
  const size = 1n << BigInt(128 - Number(bits));
  const first = addressValue(host) as bigint;
  return first % size !== 0n ? null : size === 1n ? first : [first, first + size - 1n];
};

const word =
  (pattern: RegExp): Reader =>
  (text) =>
    pattern.test(text) ? text.replaceAll('"', '') : null;

const readers = {
  ipv4_addr: ipv4,
  ipv6_addr: ipv6,
  ether_addr: ((text) => (/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(text) ? macValue(text) : null)) as Reader,
  inet_proto: number(255, { icmp: 1, tcp: 6, udp: 17, 'ipv6-icmp': 58 }),
  inet_service: number(65535),
  icmp_type: number(255, { 'echo-request': 8 }),
  icmp_code: number(255),
  icmpv6_type: number(255, {
    ...{ 'echo-request': 128, 'nd-router-solicit': 133, 'nd-router-advert': 134 },
    ...{ 'nd-neighbor-solicit': 135, 'nd-neighbor-advert': 136 },
  }),
  icmpv6_code: number(255),
  mark: number(0xffffffff),
  // Seconds since the epoch; nft stores nanoseconds.
  time: number(99_999_999_999),
  uid: number(0xffffffff),
  integer: number(255),
  ct_dir: word(/^(original|reply)$/),
  ct_state: number(0, ctStates),
  tcp_flag: number(0, tcpFlags),
  fib_addrtype: word(/^(local|unicast|broadcast|multicast|anycast)$/),
  fib_oif: word(/^missing$/),
  ifname: word(/^"[a-z0-9]+"$/),
  helper: word(/^"[a-z]+"$/),
} satisfies Record<string, Reader>;
