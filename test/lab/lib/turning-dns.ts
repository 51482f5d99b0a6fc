import { createSocket } from 'node:dgram';

/**
 * A resolver of somebody who wants in: `1-2-3-4.addr.test` is 1.2.3.4, and `1.turns.test`, `2.turns.test` and so on are each of the addresses in its arguments by turns, at each question. No
 * answer may be kept.
 */
const turns = process.argv.slice(2);
let turn = 0;

const socket = createSocket('udp4');
socket.on('message', (question, peer) => {
  const name = nameOf(question);
  const [, named] = /^(\d+-\d+-\d+-\d+)\.addr\.test$/.exec(name) ?? [];
  const address =
    named?.replaceAll('-', '.') ?? (name.endsWith('.turns.test') ? turns[turn++ % turns.length] : undefined);
  // Type A only: to all else there is nothing.
  const known = address !== undefined && question.readUInt16BE(endOfName(question)) === 1;
  const head = Buffer.from(question.subarray(0, 12));
  head.writeUInt16BE(0x8580, 2);
  head.writeUInt16BE(known ? 1 : 0, 6);
  head.writeUInt32BE(0, 8);
  const asked = question.subarray(12, endOfName(question) + 4);
  const answer = known
    ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)])
    : Buffer.alloc(0);
  socket.send(Buffer.concat([head, asked, answer]), peer.port, peer.address);
});
socket.bind(53);

function nameOf(question: Buffer): string {
  const labels: string[] = [];
  for (let at = 12; question[at] !== 0; at += 1 + (question[at] ?? 0))
    labels.push(question.toString('latin1', at + 1, at + 1 + (question[at] ?? 0)));
  return labels.join('.').toLowerCase();
}

function endOfName(question: Buffer): number {
  return question.indexOf(0, 12) + 1;
}
