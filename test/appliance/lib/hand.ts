import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { scanTcp, scanUdp } from './scan.ts';

/**
 * The program that runs in a host's namespace: one order a line in, one answer a line out. `args` are words; an answer's
 * `ok` is whether the peer answered as it should, `text` what it said or why not.
 */
export type Order = { do: string; args?: string[] };
export type Answer = { ok: boolean; text: string; broken?: boolean };

const LIMIT = 3000;
const flows = new Map<string, Flow>();
let nextFlow = 1;

const orders: Record<string, (args: string[]) => Promise<Answer>> = {
  tcp: ([host = '', port = '0']) => tcp(host, Number(port)),
  udp: ([host = '', port = '0']) => udp(host, Number(port)),
  ping: ([host = '']) => execute('ping', ['-n', '-c', '1', '-W', '2', host]),
  dns: ([server = '', name = '']) => dns(server, name),
  http: ([url = '']) => web(url),
  https: ([url = '']) => web(url),
  proxy: ([proxy = '', url = '']) => throughProxy(proxy, url),
  dhcp: ([script = '']) =>
    execute('busybox', ['udhcpc', '-i', 'eth0', '-n', '-q', '-f', '-t', '4', '-T', '3', '-s', script], 20_000),
  hold: ([host = '', port = '0']) => hold(host, Number(port)),
  download: ([proxy = '', url = '']) => download(proxy, url),
  flow: ([id = '']) => Promise.resolve(describe(id)),
  echo: ([id = '', text = '']) => echo(id, text),
  scan: async ([host = '', ports = '', wait = '1500']) =>
    answer(true, JSON.stringify(await scanTcp(host, ports, Number(wait)))),
  scanUdp: async ([host = '', ports = '']) => answer(true, JSON.stringify(await scanUdp(host, ports, 2000))),
  run: ([program = '', ...rest]) => execute(program, rest, 15_000),
  patient: ([program = '', ...rest]) => execute(program, rest, 150_000),
};

createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const { id, do: word, args = [] } = JSON.parse(line) as Order & { id: number };
    const order = orders[word];
    const said =
      order === undefined
        ? answer(false, `no such order: ${word}`, true)
        : await order(args).catch((error) => answer(false, String(error)));
    process.stdout.write(`${JSON.stringify({ id, ...said })}\n`);
  })
  .on('close', () => process.exit(0));

function answer(ok: boolean, text: string, broken = false): Answer {
  return { ok, text, ...(broken ? { broken } : {}) };
}

/** Connects and waits for the server's first words: a connection that is accepted but cut counts as not reached. */
function tcp(host: string, port: number): Promise<Answer> {
  return new Promise((done) => {
    const socket = connect({ host, port });
    const finish = (ok: boolean, text: string) => {
      clearTimeout(limit);
      socket.destroy();
      done(answer(ok, text));
    };
    let open = false;
    const limit = setTimeout(() => finish(open, open ? 'open, says nothing' : 'no answer'), LIMIT);
    socket.once('connect', () => {
      open = true;
      // Servers that wait for the client's words say nothing by themselves.
      setTimeout(() => finish(true, 'open, says nothing'), 1000).unref();
    });
    socket.once('data', (data) => finish(true, data.toString('latin1').trim()));
    socket.once('error', (error) => finish(false, error.message));
    socket.once('end', () => finish(false, 'closed by the other end'));
  });
}

function udp(host: string, port: number): Promise<Answer> {
  return new Promise((done) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const finish = (ok: boolean, text: string) => {
      clearTimeout(limit);
      socket.close();
      done(answer(ok, text));
    };
    const limit = setTimeout(() => finish(false, 'no answer'), LIMIT);
    socket.once('message', (message) => finish(true, message.toString('latin1')));
    socket.once('error', (error) => finish(false, error.message));
    socket.connect(port, host, () => socket.send('hello'));
  });
}

async function dns(server: string, name: string): Promise<Answer> {
  const resolver = new Resolver({ timeout: 1500, tries: 2 });
  resolver.setServers([server]);
  return answer(true, (await resolver.resolve4(name)).join(' '));
}

function web(url: string): Promise<Answer> {
  const { host } = new URL(url);
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  return answered(request(url, { rejectUnauthorized: false, headers: { host }, agent: false }));
}

function throughProxy(proxy: string, url: string): Promise<Answer> {
  const { hostname, port } = new URL(`http://${proxy}`);
  return answered(
    httpRequest({
      host: hostname,
      port: Number(port || 80),
      path: url,
      headers: { host: new URL(url).host },
      agent: false,
    }),
  );
}

/** 2xx and 3xx are reached; what a proxy says in place of the server (403, 503) is not. */
function answered(request: ReturnType<typeof httpRequest>): Promise<Answer> {
  return new Promise((done) => {
    const limit = setTimeout(() => request.destroy(new Error('no answer')), 2 * LIMIT);
    request.once('error', (error) => {
      clearTimeout(limit);
      done(answer(false, error.message));
    });
    request.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        if (body.length < 100_000) body += part;
      });
      response.once('error', () => {});
      response.once('close', () => {
        clearTimeout(limit);
        const status = response.statusCode ?? 0;
        done(answer(status >= 200 && status < 400, `${status} ${body}`));
      });
    });
    request.end();
  });
}

type Flow = { socket: Socket; bytes: number; last: number; state: 'open' | string };

function keep(socket: Socket): string {
  const id = `f${nextFlow++}`;
  const flow: Flow = { socket, bytes: 0, last: Date.now(), state: 'open' };
  flows.set(id, flow);
  socket.on('data', (data) => {
    flow.bytes += data.length;
    flow.last = Date.now();
  });
  socket.on('error', (error) => {
    flow.state = error.message;
  });
  socket.on('end', () => {
    flow.state = 'closed by the other end';
  });
  return id;
}

/** Opens a connection and keeps it; answers its name. */
function hold(host: string, port: number): Promise<Answer> {
  return new Promise((done) => {
    const socket = connect({ host, port });
    const id = keep(socket);
    const limit = setTimeout(() => socket.destroy(new Error('no answer')), LIMIT);
    socket.once('connect', () => {
      clearTimeout(limit);
      done(answer(true, id));
    });
    socket.once('error', (error) => done(answer(false, error.message)));
  });
}

/** Starts a download through the proxy that is not waited for; answers its name. */
async function download(proxy: string, url: string): Promise<Answer> {
  const [host = '', port = '800'] = proxy.split(':');
  const opened = await hold(host, Number(port));
  if (opened.ok) flows.get(opened.text)?.socket.write(`GET ${url} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n\r\n`);
  return opened;
}

/** `bytes so far, milliseconds since the last of them, state` of a kept connection. */
function describe(id: string): Answer {
  const flow = flows.get(id);
  if (flow === undefined) return answer(false, `no flow ${id}`, true);
  return answer(
    flow.state === 'open',
    JSON.stringify({ bytes: flow.bytes, silent: Date.now() - flow.last, state: flow.state }),
  );
}

/** Sends a line over a kept connection to a server that echoes, and waits for more bytes. */
async function echo(id: string, text: string): Promise<Answer> {
  const flow = flows.get(id);
  if (flow === undefined) return answer(false, `no flow ${id}`, true);
  const before = flow.bytes;
  flow.socket.write(`${text}\r\n`);
  for (const end = Date.now() + LIMIT; Date.now() < end; await new Promise((done) => setTimeout(done, 50))) {
    if (flow.bytes > before) return answer(true, 'echoed');
    if (flow.state !== 'open') return answer(false, flow.state);
  }
  return answer(false, 'no answer');
}

function execute(program: string, args: string[], timeout = 2 * LIMIT): Promise<Answer> {
  return new Promise((done) => {
    execFile(program, args, { timeout, maxBuffer: 1 << 20 }, (error, stdout, stderr) => {
      done(answer(error === null, `${stdout}${stderr}`.trim()));
    }).stdin?.end();
  });
}

// Keeps the import of spawn for long-running helpers out of the hot path: `serve` starts the RED servers in this namespace.
orders.serve = ([program = '', ...rest]) => {
  const child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'ignore'] });
  return new Promise((done) => {
    child.once('error', (error) => done(answer(false, error.message)));
    child.once('spawn', () => done(answer(true, String(child.pid))));
  });
};
