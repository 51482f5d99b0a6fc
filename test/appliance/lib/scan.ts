import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

/** TCP ports of `ports` (`1-65535` or `22,80,440-450`) that accept a connection within `wait` milliseconds. */
export async function scanTcp(host: string, ports: string, wait: number): Promise<number[]> {
  const open: number[] = [];
  const queue = listPorts(ports);
  const worker = async () => {
    for (let port = queue.pop(); port !== undefined; port = queue.pop()) {
      if (await accepts(host, port, wait)) open.push(port);
    }
  };
  await Promise.all(Array.from({ length: ABREAST }, worker));
  return open.sort((a, b) => a - b);
}

/** UDP ports that answer something to what their clients would say. A refusal (ICMP) counts as an answer of the box too, as `-port`. */
export async function scanUdp(host: string, ports: string, wait: number): Promise<number[]> {
  const asked = await Promise.all(listPorts(ports).map((port) => ask(host, port, wait)));
  return asked.filter((port) => port !== 0);
}

/** Every port of a list such as `22,80,440-450`. */
export function listPorts(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** So many tries run at once that all ports take half a minute when none is answered. */
const ABREAST = 4000;

function accepts(host: string, port: number, wait: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host, port });
    const finish = (open: boolean) => {
      clearTimeout(limit);
      socket.destroy();
      done(open);
    };
    const limit = setTimeout(() => finish(false), wait);
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}

function ask(host: string, port: number, wait: number): Promise<number> {
  return new Promise((done) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const finish = (found: number) => {
      clearTimeout(limit);
      try {
        socket.close();
      } catch {
        // Never connected.
      }
      done(found);
    };
    const limit = setTimeout(() => finish(0), wait);
    socket.once('message', () => finish(port));
    socket.once('error', (error) => finish('code' in error && error.code === 'ECONNREFUSED' ? -port : 0));
    socket.connect(port, host, () => socket.send(greeting(port)));
  });
}

/** A valid question where we know one: servers do not answer nonsense. */
function greeting(port: number): Buffer {
  // A question for the address of www.red.test.
  if (port === 53 || port === 5353)
    return Buffer.from('123401000001000000000000037777770372656404746573740000010001', 'hex');
  if (port === 123) return Buffer.concat([Buffer.from([0x23]), Buffer.alloc(47)]);
  return Buffer.from('hello\r\n');
}
