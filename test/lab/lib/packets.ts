import { writeFileSync } from 'node:fs';

/** The first packet of a flow. `protocol` 1 (an echo request), 6 (a SYN) or 17; `mac` is the sender's. `reply`: from RED, an answer. */
export type Tuple = { mac: string; from: string; to: string; protocol: number; port: number };

/** A packet to send: its tuple, the sender's port (or ICMP's id), and the number that it carries as its IP identification. */
export type Numbered = Tuple & { sport: number; number: number };

/** More packets than this cannot be told apart by their numbers, and would not find a port of their own. */
export const MOST_PACKETS = 50_000;

/** Each packet a flow of its own: no two have the same sender's port, so that masquerading never has to look for another one. */
export function numbered(tuples: Tuple[]): Numbered[] {
  if (tuples.length > MOST_PACKETS) throw new Error(`More than ${MOST_PACKETS} packets in one train.`);
  return tuples.map((tuple, number) => ({ ...tuple, sport: 10_000 + number, number }));
}

/** Writes packets as Ethernet frames to the router's card `router`, in the format of tcpdump (a pcap file of version 2.4). */
export function writePcap(file: string, packets: Numbered[], router: string): void {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(1, 20);
  const records = packets.flatMap((packet) => {
    const bytes = frame(packet, router);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(bytes.length, 8);
    record.writeUInt32LE(bytes.length, 12);
    return [record, bytes];
  });
  writeFileSync(file, Buffer.concat([head, ...records]));
}

/** The shortest frame that Ethernet allows, without its check sum. */
const FRAME = 60;

function frame(packet: Numbered, router: string): Buffer {
  const bytes = Buffer.alloc(FRAME);
  macBytes(router).copy(bytes, 0);
  macBytes(packet.mac).copy(bytes, 6);
  bytes.writeUInt16BE(0x0800, 12);
  const body = payload(packet);
  const ip = bytes.subarray(14, 34);
  ip[0] = 0x45;
  ip.writeUInt16BE(20 + body.length, 2);
  ip.writeUInt16BE(packet.number, 4);
  ip[8] = 64;
  ip[9] = packet.protocol;
  addressBytes(packet.from).copy(ip, 12);
  addressBytes(packet.to).copy(ip, 16);
  ip.writeUInt16BE(checksum([ip]), 10);
  body.copy(bytes, 34);
  return bytes;
}

function payload(packet: Numbered): Buffer {
  const { protocol, sport, port } = packet;
  const body = Buffer.alloc(protocol === 6 ? 20 : 12);
  if (protocol === 1) {
    body[0] = 8;
    body.writeUInt16BE(sport, 4);
    body.writeUInt16BE(checksum([body]), 2);
    return body;
  }
  body.writeUInt16BE(sport, 0);
  body.writeUInt16BE(port, 2);
  if (protocol === 6) {
    body.writeUInt32BE(packet.number, 4);
    body[12] = 0x50;
    body[13] = 0x02;
    body.writeUInt16BE(65_535, 14);
  } else body.writeUInt16BE(body.length, 4);
  const pseudo = Buffer.from([0, protocol, 0, body.length]);
  const sum = checksum([addressBytes(packet.from), addressBytes(packet.to), pseudo, body]);
  body.writeUInt16BE(sum, protocol === 6 ? 16 : 6);
  return body;
}

/** RFC 1071. Zero is written as all ones, which UDP wants and the others allow. */
function checksum(parts: Buffer[]): number {
  let sum = 0;
  for (const part of parts) for (let at = 0; at < part.length; at += 2) sum += part.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff || 0xffff;
}

const macBytes = (text: string): Buffer => Buffer.from(text.replaceAll(':', ''), 'hex');
const addressBytes = (text: string): Buffer => Buffer.from(text.split('.').map(Number));
