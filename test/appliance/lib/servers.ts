import { createSocket } from 'node:dgram';
import { createServer as createHttp, type ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';

/**
 * The servers on RED, run in a namespace there: mail (25, 110), web (80, 443) and one port (7777) that no list of services
 * names. All but web echo what they are told after a greeting that names the peer's address, so that masquerading shows.
 */
for (const [port, greeting] of [
  [25, '220 mail.red.test ESMTP for'],
  [110, '+OK mail.red.test POP3 for'],
  [443, 'web.red.test 443 for'],
  [7777, 'other.red.test for'],
] as const) {
  createServer((socket) => greet(socket, greeting)).listen(port, '::');
}

createHttp((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://red');
  if (pathname === '/drip') drip(response);
  else response.end(`<!doctype html><title>RED</title><p>web.red.test for ${request.socket.remoteAddress}</p>`);
}).listen(80, '::');

const echo = createSocket('udp6');
echo.on('message', (message, peer) => echo.send(message, peer.port, peer.address));
echo.bind(9999, '::');

function greet(socket: Socket, greeting: string): void {
  socket.on('error', () => socket.destroy());
  socket.write(`${greeting} ${socket.remoteAddress?.replace('::ffff:', '')}\r\n`);
  socket.on('data', (data) => socket.write(data));
}

/** A download without end: 8 KB ten times a second. */
function drip(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  const timer = setInterval(() => response.write(Buffer.alloc(8192, 'x')), 100);
  response.on('close', () => clearInterval(timer));
}
