import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseFirewallLine } from '../logs/firewall-line.ts';
import { parseProxyLine } from '../logs/proxy-line.ts';
import { DONE, type Io, localTime, plain, Refused, read, UsageError, type Verb } from './verb.ts';

/**
 * The newest lines of a log, oldest first, as `tail` does. The files are read and not the index of the web process: a second
 * writer would leave files there that it cannot open.
 */
export const log: Verb = {
  usage: 'log [firewall|proxy] [--lines N] [--follow]',
  text: 'the newest lines of a log; --json prints one object a line',
  run: async (args, io) => {
    const options = { follow: { type: 'boolean', short: 'f' }, lines: { type: 'string', short: 'n' } } as const;
    const { flags, words } = read(args, options, [0, 1]);
    const name = words[0] ?? 'firewall';
    if (name !== 'firewall' && name !== 'proxy') throw new UsageError(`There is no log called “${name}”.`);
    const count = flags.lines ?? '20';
    if (!/^\d{1,6}$/.test(count)) throw new UsageError('--lines takes a number.');
    const { file, parse, words: spell } = logs[name];
    const show = (lines: string[]): void => {
      for (const line of lines) {
        const entry = parse(line);
        if (entry !== null) io.out(flags.json ? `${JSON.stringify(entry)}\n` : `${plain(spell(entry as never))}\n`);
      }
    };
    await tail(io, join(io.logs, file), Number(count), flags.follow === true, show);
    return DONE;
  },
};

type Firewall = NonNullable<ReturnType<typeof parseFirewallLine>>;
type Proxy = NonNullable<ReturnType<typeof parseProxyLine>>;

const logs = {
  firewall: {
    file: 'firewall.json',
    parse: parseFirewallLine,
    words: (line: Firewall): string =>
      [
        localTime(line.time),
        line.chain,
        line.iface,
        line.protocol,
        `${end(line.source, line.sourcePort)}${line.mac === '' ? '' : ` (${line.mac})`}`,
        '->',
        end(line.destination, line.destinationPort),
        line.origin,
      ].join(' '),
  },
  proxy: {
    file: 'proxy.log',
    parse: parseProxyLine,
    words: (line: Proxy): string =>
      [localTime(line.time), line.client, line.status, line.result, line.bytes, line.method, line.url].join(' '),
  },
};

const end = (address: string, port: number | null): string =>
  port === null ? address : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** Bytes read from the end for each line that is wanted: long ones show fewer. */
const PER_LINE = 2000;
const SLICE = 1_000_000;
const LOOK_EVERY = 500;

const tail = async (
  io: Io,
  path: string,
  count: number,
  follow: boolean,
  show: (lines: string[]) => void,
): Promise<void> => {
  let place = await lookUp(path);
  if (place === null && !follow)
    throw new Refused(`${path} is not there: nothing has been logged, or this is not the box.`);
  let from = Math.max(0, (place?.size ?? 0) - Math.max(count, 1) * PER_LINE);
  let whole = from === 0;
  let rest = '';
  let first = true;
  let decoder = new StringDecoder('utf8');
  for (;;) {
    const now = await lookUp(path);
    // Another file under this name, or a shorter one: it was put aside, and a new one begun.
    if (now !== null && place !== null && (now.id !== place.id || now.size < from)) {
      [from, rest, whole, decoder] = [0, '', true, new StringDecoder('utf8')];
    }
    place = now ?? place;
    const lines: string[] = [];
    while (now !== null && from < now.size) {
      const piece = await slice(path, from, Math.min(SLICE, now.size - from));
      if (piece.length === 0) break;
      from += piece.length;
      const parts = (rest + decoder.write(piece)).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
    }
    if (!whole && lines.length > 0) {
      lines.shift();
      whole = true;
    }
    show(first ? (count === 0 ? [] : lines.slice(-count)) : lines);
    first = false;
    if (!follow || io.signal.aborted) return;
    await sleep(LOOK_EVERY, undefined, { signal: io.signal }).catch(() => {});
    if (io.signal.aborted) return;
  }
};

const lookUp = async (path: string): Promise<{ id: number; size: number } | null> => {
  try {
    const { ino, size } = await stat(path);
    return { id: ino, size };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Refused(`${path}: ${(error as Error).message}`);
  }
};

const slice = async (path: string, from: number, length: number): Promise<Buffer> => {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};
