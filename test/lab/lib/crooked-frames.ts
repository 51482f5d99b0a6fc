import ipaddr from 'ipaddr.js';

/** An IPv4 packet as nobody should send it: with options in its header, or as one part of several. */
export type Crooked = {
  /** Sender's card, and the card it is sent to. */
  macs: [from: string, to: string];
  from: string;
  to: string;
  protocol: number;
  body: Buffer;
  /** Options of the header; their length is made a multiple of four. */
  options?: Buffer;
  /** Where this part begins, in bytes, and whether more come. */
  part?: { id: number; offset: number; more: boolean };
};

/** The packet as an Ethernet frame. */
export const crookedFrame = ({ macs, from, to, protocol, body, options, part }: Crooked): Buffer => {
  const extra = options === undefined ? Buffer.alloc(0) : Buffer.alloc(Math.ceil(options.length / 4) * 4);
  options?.copy(extra);
  const head = Buffer.concat([Buffer.alloc(12), addressBytes(from), addressBytes(to), extra]);
  head[0] = 0x40 + head.length / 4;
  head.writeUInt16BE(head.length + body.length, 2);
  head.writeUInt16BE(part?.id ?? 7, 4);
  if (part !== undefined) head.writeUInt16BE((part.more ? 0x2000 : 0) + part.offset / 8, 6);
  head[8] = 64;
  head[9] = protocol;
  head.writeUInt16BE(checksum(head), 10);
  const ether = Buffer.from(`${macs[1]}${macs[0]}0800`.replaceAll(':', ''), 'hex');
  const frame = Buffer.concat([ether, head, body]);
  return frame.length >= 60 ? frame : Buffer.concat([frame, Buffer.alloc(60 - frame.length)]);
};

/** A UDP datagram without a check sum, which IPv4 allows. */
export const datagram = (sport: number, port: number, bytes: number): Buffer => {
  const body = Buffer.alloc(8 + bytes, 'x');
  body.writeUInt16BE(sport, 0);
  body.writeUInt16BE(port, 2);
  body.writeUInt16BE(body.length, 4);
  body.writeUInt16BE(0, 6);
  return body;
};

/** “Loose source and record route” (RFC 791): go on to this address. */
export const sourceRoute = (next: string): Buffer =>
  Buffer.concat([Buffer.from([0x83, 7, 4]), addressBytes(next), Buffer.from([0])]);

/** “There is a shorter way to `target`, by `gateway`” (ICMP type 5, code 1), about a datagram that `by` is said to have sent. */
export const redirect = (target: string, gateway: string, by: string): Buffer => {
  const about = Buffer.concat([
    Buffer.from([0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0]),
    addressBytes(by),
    addressBytes(target),
  ]);
  about.writeUInt16BE(checksum(about), 10);
  const message = Buffer.concat([Buffer.from([5, 1, 0, 0]), addressBytes(gateway), about, datagram(5000, 53, 0)]);
  message.writeUInt16BE(checksum(message), 2);
  return message;
};

/** RFC 1071, of an even number of bytes. */
const checksum = (bytes: Buffer): number => {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
};

const addressBytes = (address: string): Buffer => Buffer.from(ipaddr.parse(address).toByteArray());
