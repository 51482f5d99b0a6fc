import { connect, createServer, type Socket } from 'node:net';

/**
 * A small FTP server (RFC 959, and EPSV and EPRT of RFC 2428) on port 21 of the namespace it runs in. Any file is this: the
 * address of the data connection's other end on the first line, then 8 KB ten times a second without end; `short` ends at once.
 */
createServer((control) => {
  control.on('error', () => control.destroy());
  const say = (line: string) => control.write(`${line}\r\n`);
  let data: () => Promise<Socket> = () => Promise.reject(new Error('no PASV and no PORT'));
  let rest = '';

  const orders: Record<string, (words: string) => unknown> = {
    USER: () => say('331 Any password'),
    PASS: () => say('230 Logged in'),
    TYPE: () => say('200 Fine'),
    NOOP: () => say('200 Still here'),
    QUIT: () => control.end('221 Goodbye\r\n'),
    PASV: async () => {
      const { port, socket } = await listen(control.localAddress ?? '');
      data = () => socket;
      say(`227 Entering Passive Mode (${numbers(control.localAddress ?? '', port)})`);
    },
    EPSV: async () => {
      const { port, socket } = await listen(control.localAddress ?? '');
      data = () => socket;
      say(`229 Entering Extended Passive Mode (|||${port}|)`);
    },
    PORT: (words) => {
      const [a, b, c, d, high, low] = words.split(',').map(Number);
      data = () => call(`${a}.${b}.${c}.${d}`, Number(high) * 256 + Number(low));
      say(`200 PORT ${a}.${b}.${c}.${d}`);
    },
    EPRT: (words) => {
      const [, , host = '', port = ''] = words.split('|');
      data = () => call(host, Number(port));
      say(`200 EPRT ${host}`);
    },
    RETR: async (name) => {
      say('150 Opening data connection');
      const socket = await data().catch(() => null);
      if (socket === null) return say("425 Can't open data connection");
      socket.on('error', () => socket.destroy());
      socket.write(`${plain(socket.remoteAddress)}\r\n`);
      if (name === 'short') {
        socket.end();
        return say('226 Done');
      }
      const timer = setInterval(() => socket.write(Buffer.alloc(8192, 'x')), 100);
      socket.on('close', () => clearInterval(timer));
    },
  };

  say('220 files.red.test');
  control.setEncoding('latin1').on('data', (part: string) => {
    const lines = (rest + part).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, word = '', words = ''] = /^(\w+) ?(.*)$/.exec(line) ?? [];
      const order = orders[word];
      if (order === undefined) say('502 Not here');
      else order(words);
    }
  });
}).listen(21, '::');

/** Waits on a free port for one connection. */
function listen(host: string): Promise<{ port: number; socket: Promise<Socket> }> {
  return new Promise((done) => {
    const server = createServer({ pauseOnConnect: false });
    const socket = new Promise<Socket>((got, fail) => {
      server.once('connection', (one) => {
        server.close();
        got(one);
      });
      setTimeout(() => {
        server.close();
        fail(new Error('nobody came'));
      }, 5000);
    });
    socket.catch(() => {});
    server.listen(0, host, () => {
      const address = server.address();
      done({ port: typeof address === 'object' ? (address?.port ?? 0) : 0, socket });
    });
  });
}

/** Opens the data connection from port 20, as servers do. */
function call(host: string, port: number): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = connect({ host, port, localPort: 20, timeout: 2500 });
    socket.once('connect', () => done(socket));
    socket.once('error', fail);
    socket.once('timeout', () => socket.destroy(new Error('no answer')));
  });
}

function numbers(address: string, port: number): string {
  return [...plain(address).split('.'), port >> 8, port & 255].join(',');
}

function plain(address = ''): string {
  return address.replace('::ffff:', '');
}
