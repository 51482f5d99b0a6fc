import ipaddr from 'ipaddr.js';

const MAC = /^[0-9a-f]{2}([:-])[0-9a-f]{2}(\1[0-9a-f]{2}){4}$/i;

/** Is this a unicast MAC address, written with colons or hyphens? */
export const isMac = (text: string): boolean =>
  MAC.test(text) && (Number.parseInt(text.slice(0, 2), 16) & 1) === 0 && !/^0{2}([:-]0{2}){5}$/.test(text);

/** The MAC in lower case with colons: `00:16:3e:12:34:56`. */
export const normalMac = (text: string): string => text.toLowerCase().replaceAll('-', ':');

// The pattern first: ipaddr throws and catches for whatever it does not take, and most texts that are asked about are no IPv4.
const IPV4 = /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/;

export const isIpv4 = (text: string): boolean => IPV4.test(text) && ipaddr.IPv4.isValid(text);

export const isIpv6 = (text: string): boolean =>
  !text.includes('%') && !text.includes('.') && ipaddr.IPv6.isValid(text);

/** An IP address of either family, without a mask. */
export const isIp = (text: string): boolean => isIpv4(text) || isIpv6(text);

/** Is this a netmask: dotted without holes (`255.255.255.0`), or a prefix length 0 to 32? */
export const isNetmask = (text: string): boolean => netmaskBits(text) !== null;

/** Prefix length of an IPv4 netmask written either way, null if it is none (a mask with holes, say). */
export const netmaskBits = (text: string): number | null => {
  if (/^\d{1,2}$/.test(text)) return Number(text) <= 32 ? Number(text) : null;
  return isIpv4(text) ? ipaddr.IPv4.parse(text).prefixLengthFromSubnetMask() : null;
};

/** `192.168.51.0/27`, `192.168.51.0/255.255.255.224`, `192.168.51.5`, `fd00::/64`, `fd00::5`: an IP host or network. */
export const isNetwork = (text: string): boolean => parseNetwork(text) !== null;

/** What an address may be: an IP host, network or range, a MAC, or a DNS name. */
export const isAddress = (text: string): boolean =>
  isMac(text) || isNetwork(text) || parseRange(text) !== null || isDnsName(text);

/** A host name with at least one dot, whose last part is no number: `www.example.org`. */
export const isDnsName = (text: string): boolean => text.length <= 253 && DNS_NAME.test(text) && !/\.\d+$/.test(text);

/** The name of a host or domain: parts of letters, digits and hyphens between dots, of 1 to 63 characters each (RFC 1123). */
export const isHostName = (text: string): boolean => text.length <= 253 && HOST_NAME.test(text);

const HOST_NAME = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
const DNS_NAME = /^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

/** The networks behind an address: one for a host or network, several for a range, none for a MAC, a name or anything else. */
export const networksOf = (text: string): Network[] => {
  const network = parseNetwork(text);
  return network !== null ? [network] : (parseRange(text) ?? []);
};

/** An IP host or network as address and prefix length, host bits cleared; null if it is none. */
export const parseNetwork = (text: string): Network | null => {
  const [host = '', mask, ...rest] = text.split('/');
  if (rest.length > 0 || !isIp(host)) return null;
  const family = isIpv4(host) ? 4 : 6;
  const bits = mask === undefined ? familyBits(family) : family === 4 ? netmaskBits(mask) : ipv6Bits(mask);
  if (bits === null) return null;
  const base =
    family === 4
      ? ipaddr.IPv4.networkAddressFromCIDR(`${host}/${bits}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${host}/${bits}`);
  return { family, address: base.toString(), bits };
};

export type Network = { family: 4 | 6; address: string; bits: number };

/** The shortest standard spelling of a network: a host has no prefix. */
export const printNetwork = ({ family, address, bits }: Network): string =>
  bits === familyBits(family) ? address : `${address}/${bits}`;

/** One spelling for each address: MACs with colons, masks as prefix lengths, host bits cleared, names in lower case. */
export const normalAddress = (text: string): string => {
  if (isMac(text)) return normalMac(text);
  if (isDnsName(text)) return text.toLowerCase();
  if (parseRange(text) !== null) return text.replace(/\s/g, '').toLowerCase();
  const network = parseNetwork(text);
  return network === null ? text : printNetwork(network);
};

/** The fewest networks that cover the range `first-last` (both included, one family, first not after last); null if it is none. */
export const parseRange = (text: string): Network[] | null => {
  const [first = '', last = '', ...rest] = text.split('-').map((part) => part.trim());
  if (rest.length > 0 || !isIp(first) || !isIp(last) || isIpv4(first) !== isIpv4(last)) return null;
  const family = isIpv4(first) ? 4 : 6;
  const end = ipNumber(last);
  const found: Network[] = [];
  for (let at = ipNumber(first); at <= end; ) {
    let size = 1n;
    let bits = familyBits(family);
    while (bits > 0 && at % (size * 2n) === 0n && at + size * 2n - 1n <= end) {
      size *= 2n;
      bits -= 1;
    }
    found.push({ family, address: ipText(family, at), bits });
    at += size;
  }
  return found.length === 0 ? null : found;
};

/** An address of either family as a number, for comparing inside its family. */
export const ipNumber = (text: string): bigint =>
  ipaddr
    .parse(text)
    .toByteArray()
    .reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);

/** The address of a number that `ipNumber` gave. */
export const ipText = (family: 4 | 6, number: bigint): string => {
  if (family === 4) return ipv4Text(Number(number));
  const bytes = Array.from({ length: 16 }, (_, index) => Number((number >> BigInt(8 * (15 - index))) & 255n));
  return ipaddr.fromByteArray(bytes).toString();
};

/** Does the network hold the address? False across families and for anything that is no IP address. */
export const contains = (network: Network, ip: string): boolean => {
  if (!isIp(ip)) return false;
  const parsed = ipaddr.parse(ip);
  if ((parsed.kind() === 'ipv4' ? 4 : 6) !== network.family) return false;
  return parsed.match(ipaddr.parse(network.address), network.bits);
};

/** First and last address of an IPv4 network, as numbers. */
export const ipv4Range = ({ address, bits }: Network): [number, number] => {
  const first = ipv4Number(address);
  return [first, first + 2 ** (32 - bits) - 1];
};

/** An IPv4 address as a number, for comparing. */
export const ipv4Number = (text: string): number =>
  ipaddr.IPv4.parse(text).octets.reduce((sum: number, octet: number) => sum * 256 + octet, 0);

/** The address of a number that `ipv4Number` gave. */
export const ipv4Text = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');

const familyBits = (family: 4 | 6): number => (family === 4 ? 32 : 128);

const ipv6Bits = (mask: string): number | null => (/^\d{1,3}$/.test(mask) && Number(mask) <= 128 ? Number(mask) : null);
