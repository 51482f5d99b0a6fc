import { connect, createServer } from 'node:net';

/**
 * Runs in a host's namespace. `probe.ts listen ADDRESS PORT` prints the monotonic milliseconds of each connection that arrives; `probe.ts knock
 * ADDRESS PORT` tries a new one every few milliseconds.
 */
const [what, address = '', port = ''] = process.argv.slice(2);
if (what === 'listen')
  createServer((socket) => {
    process.stdout.write(`${Number(process.hrtime.bigint()) / 1e6}\n`);
    socket.on('error', () => {});
    socket.destroy();
  }).listen(Number(port), address);
else
  setInterval(() => {
    const socket = connect(Number(port), address);
    socket.on('error', () => {});
    // Before the kernel tries a second time: each knock is one packet.
    setTimeout(() => socket.destroy(), 500);
  }, 4);
