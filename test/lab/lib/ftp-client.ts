import { renameSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';

/**
 * An FTP client: `ftp-client SERVER PASV|EPSV|PORT|EPRT FILE STATE`. It keeps what it knows in the file STATE as JSON (`Transfer`),
 * and ends when the transfer has ended or was refused. A transfer without end goes on until somebody ends this process.
 */
export type Transfer = {
  /** Every answer of the server. */
  said: string[];
  bytes: number;
  /** Milliseconds since 1970 of the last byte of data. */
  last: number;
  /** The first line of the file: who the server thinks is at the other end. */
  seen: string;
  done: boolean;
  error: string;
};

const [server = '', mode = '', file = '', state = ''] = process.argv.slice(2);
const transfer: Transfer = { said: [], bytes: 0, last: 0, seen: '', done: false, error: '' };
const control = connect({ host: server, port: 21 });
const own = () => (control.localAddress ?? '').replace('::ffff:', '');

setInterval(write, 100).unref();
process.on('exit', write);
// A control connection that is cut says nothing more, and must not end the data connection: that would hide a missing cut.
control.on('error', (error) => {
  transfer.error ||= `control: ${error.message}`;
});
setTimeout(() => transfer.bytes === 0 && end('no data'), 6000).unref();

await answer('220');
await tell('USER anonymous', '331');
await tell('PASS guest', '230');
take(await (mode === 'PORT' || mode === 'EPRT' ? active() : passive()));

async function passive(): Promise<Socket> {
  const line = await tell(mode, mode === 'PASV' ? '227' : '229');
  const numbers = /\((\d+),(\d+),(\d+),(\d+),(\d+),(\d+)\)/.exec(line)?.slice(1).map(Number);
  const port =
    numbers === undefined ? Number(/\|(\d+)\|/.exec(line)?.[1]) : (numbers[4] ?? 0) * 256 + (numbers[5] ?? 0);
  const host = numbers === undefined ? server : numbers.slice(0, 4).join('.');
  control.write(`RETR ${file}\r\n`);
  return connect({ host, port });
}

async function active(): Promise<Socket> {
  const listener = createServer();
  await new Promise<void>((done) => listener.listen(0, own(), done));
  const address = listener.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const called = new Promise<Socket>((done) => listener.once('connection', done));
  const family = own().includes(':') ? 2 : 1;
  await tell(
    mode === 'PORT'
      ? `PORT ${[...own().split('.'), port >> 8, port & 255].join(',')}`
      : `EPRT |${family}|${own()}|${port}|`,
    '200',
  );
  control.write(`RETR ${file}\r\n`);
  return called;
}

function take(socket: Socket): void {
  socket.on('error', (error) => end(`data: ${error.message}`));
  socket.on('data', (part) => {
    if (transfer.bytes === 0) transfer.seen = part.toString('latin1').split('\r\n')[0] ?? '';
    transfer.bytes += part.length;
    transfer.last = Date.now();
  });
  socket.on('end', () => {
    transfer.done = true;
    end('');
  });
}

/** The next answer of the server; anything but `code` ends the transfer. */
async function answer(code: string): Promise<string> {
  const line = await new Promise<string>((done) =>
    control.once('data', (part) => done(part.toString('latin1').trim())),
  );
  transfer.said.push(line);
  if (!line.startsWith(code)) end(line);
  return line;
}

function tell(line: string, code: string): Promise<string> {
  control.write(`${line}\r\n`);
  return answer(code);
}

function end(error: string): void {
  transfer.error ||= error;
  process.exit(0);
}

function write(): void {
  // A reader never meets half a file.
  writeFileSync(`${state}.new`, JSON.stringify(transfer));
  renameSync(`${state}.new`, state);
}
