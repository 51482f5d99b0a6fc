import ipaddr from 'ipaddr.js';
import type { Packet } from '../../compile/lib/reference.ts';

/** A packet of a flow's own as an Ethernet frame. `number` travels in IPv4's identification, or in IPv6's flow label. */
export type Numbered = { packet: Packet; words: [number, number] | null; number: number };

/** The addresses that the frames are made for: the router's card, and the router itself on GREEN. */
export type Receiver = { mac: string; address: string; address6: string };

/** Frames in the format of tcpdump (a pcap file of version 2.4). */
export const pcapOf = (frames: Buffer[]): Buffer => {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(1, 20);
  const records = frames.flatMap((frame) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return [record, frame];
  });
  return Buffer.concat([head, ...records]);
};

export const frameBytes = ({ packet, words, number }: Numbered, receiver: Receiver): Buffer => {
  const v6 = packet.from.includes(':');
  const [from, to] = [
    packet.from,
    packet.to === 'greengate' ? (v6 ? receiver.address6 : receiver.address) : packet.to,
  ].map(bytesOf);
  if (from === undefined || to === undefined) throw new Error('A packet has two addresses.');
  const body = bodyOf(packet, words);
  if (packet.protocol === 6 || packet.protocol === 17 || packet.protocol === 58)
    body.writeUInt16BE(checksum([from, to, pseudo(packet.protocol, body.length), body]), sumAt(packet.protocol));
  const head = v6 ? head6(packet, number, body.length) : head4(packet, number, body.length);
  const ip = Buffer.concat([head, from, to]);
  if (!v6) ip.writeUInt16BE(checksum([ip]), 10);
  const ether = Buffer.from(`${receiver.mac}${packet.mac ?? ''}${v6 ? '86dd' : '0800'}`.replaceAll(':', ''), 'hex');
  const whole = Buffer.concat([ether, ip, body]);
  return whole.length >= 60 ? whole : Buffer.concat([whole, Buffer.alloc(60 - whole.length)]);
};

const head4 = ({ protocol }: Packet, number: number, length: number): Buffer => {
  const head = Buffer.alloc(12);
  head[0] = 0x45;
  head.writeUInt16BE(20 + length, 2);
  head.writeUInt16BE(number, 4);
  head[8] = 64;
  head[9] = protocol;
  return head;
};

const head6 = ({ protocol }: Packet, number: number, length: number): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(0x60000000 + number, 0);
  head.writeUInt16BE(length, 4);
  head[6] = protocol;
  head[7] = 64;
  return head;
};

const bodyOf = ({ protocol, sport, port, type, code }: Packet, words: [number, number] | null): Buffer => {
  const body = Buffer.alloc(
    protocol === 6 ? 20 : type !== undefined || port !== undefined ? 12 : words === null ? 2 : 12,
  );
  if (port !== undefined) {
    body.writeUInt16BE(sport ?? 0, 0);
    body.writeUInt16BE(port, 2);
    if (protocol === 6) body.writeUInt32BE(0x50020400, 12);
    else body.writeUInt16BE(body.length, 4);
  } else if (type !== undefined) {
    body.writeUInt16BE(type * 256 + (code ?? 0), 0);
    // The identifier of an echo request.
    body.writeUInt16BE(words?.[0] ?? 1, 4);
    if (protocol === 1) body.writeUInt16BE(checksum([body]), 2);
  } else if (words !== null) {
    body.writeUInt16BE(words[0], 0);
    body.writeUInt16BE(words[1], 2);
  }
  return body;
};

const sumAt = (protocol: number): number => (protocol === 6 ? 16 : protocol === 17 ? 6 : 2);

const pseudo = (protocol: number, length: number): Buffer => Buffer.from([0, protocol, length >> 8, length & 255]);

/** RFC 1071. Zero is written as all ones, which UDP wants and the others allow. */
const checksum = (parts: Buffer[]): number => {
  let sum = 0;
  for (const part of parts) for (let at = 0; at < part.length; at += 2) sum += part.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff || 0xffff;
};

const bytesOf = (address: string): Buffer => Buffer.from(ipaddr.parse(address).toByteArray());
