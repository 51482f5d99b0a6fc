/** The number of an IP protocol given by name or number (`gre`, `47`); null when it is none. */
export const protocolNumber = (text: string): number | null => {
  if (/^\d{1,3}$/.test(text)) return Number(text) <= 255 ? Number(text) : null;
  return byName.get(text.toLowerCase()) ?? null;
};

/** The usual name of a protocol's number, in capitals: `GRE`; or `protocol 99`. */
export const protocolName = (number: number): string => {
  for (const [name, value] of byName) if (value === number) return name.toUpperCase();
  return `protocol ${number}`;
};

/** Is this an ICMP type (`8`) or type and code (`3/1`), each 0 to 255? */
export const isIcmpType = (text: string): boolean => {
  const found = /^(\d{1,3})(?:\/(\d{1,3}))?$/.exec(text);
  return found !== null && Number(found[1]) <= 255 && Number(found[2] ?? 0) <= 255;
};

/** `3/1` as type 3 and code 1; the code is null when every one is meant. */
export const parseIcmpType = (text: string): IcmpType => {
  const [type = '', code] = text.split('/');
  return { type: Number(type), code: code === undefined ? null : Number(code) };
};

export type IcmpType = { type: number; code: number | null };

export const TCP = 6;
export const UDP = 17;
export const ICMP = 1;
export const ICMP6 = 58;

/** IANA's protocol numbers, by the keywords people write. The first name of a number is the one that is shown. */
const byName = new Map<string, number>([
  ['icmp', ICMP],
  ['igmp', 2],
  ['ipip', 4],
  ['ipencap', 4],
  ['tcp', TCP],
  ['egp', 8],
  ['igp', 9],
  ['udp', UDP],
  ['dccp', 33],
  ['ipv6', 41],
  ['rsvp', 46],
  ['gre', 47],
  ['esp', 50],
  ['ah', 51],
  ['icmpv6', ICMP6],
  ['ipv6-icmp', ICMP6],
  ['eigrp', 88],
  ['ospf', 89],
  ['ospfigp', 89],
  ['pim', 103],
  ['ipcomp', 108],
  ['vrrp', 112],
  ['l2tp', 115],
  ['isis', 124],
  ['sctp', 132],
  ['udplite', 136],
  ['mpls-in-ip', 137],
]);
