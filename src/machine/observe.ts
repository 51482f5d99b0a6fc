import { readFile, statfs } from 'node:fs/promises';
import { freemem, networkInterfaces, totalmem, uptime } from 'node:os';
import { join } from 'node:path';
import type { Interface, Observed } from '../agent/ports.ts';

export type Directories = { run: string; data: string; lib: string };

/** What the status page shows of the box, read from /proc, /sys and RUN. */
export const observe = async ({ run, data, lib }: Directories): Promise<Observed> => {
  const about = JSON.parse((await text(join(lib, 'build.json'))) || '{}') as { version?: string; base?: string };
  const lease = parseAssignments(await text(join(run, 'red.lease')));
  const green = await readInterface('green');
  const red = await readInterface('red');
  return {
    version: about.version ?? 'development',
    base: about.base ?? 'host',
    uptime: Math.round(uptime()),
    memory: await memory(),
    storage: await storage(data),
    green,
    red: {
      ...red,
      gateway: (await defaultGateway()) ?? lease.ROUTER ?? '',
      dns: (lease.DNS ?? '').split(/\s+/).filter(Boolean),
    },
    notices: await notices(run),
  };
};

/** The sentences of RUN/status (`word: sentence`) that are worth a warning: all but the news of boot. */
const notices = async (run: string): Promise<string[]> =>
  (await text(join(run, 'status')))
    .split('\n')
    .flatMap((line) => /^[\w-]+: (.+)$/.exec(line)?.[1] ?? [])
    .filter((sentence) => !sentence.endsWith('in force') && !sentence.startsWith('First start:'));

/** `NAME=value` lines as a shell would read them, quotes taken off. */
export const parseAssignments = (content: string): Record<string, string> =>
  Object.fromEntries(
    [...content.matchAll(/^([A-Z_]+)=(?:'([^'\n]*)'|"([^"\n]*)"|(.*))$/gm)].map(([, name, single, double, bare]) => [
      name,
      single ?? double ?? bare ?? '',
    ]),
  );

/** MAC by IPv4 address of the hosts on GREEN, from /proc/net/arp. An entry that is not complete (flag 2) has no MAC. */
export const parseArp = (table: string): Map<string, string> =>
  new Map(
    table.split('\n').flatMap((line) => {
      const [host = '', , flags, mac = '', , device] = line.trim().split(/\s+/);
      return device === 'green' && (Number(flags) & 2) !== 0 ? [[host, mac.toLowerCase()] as const] : [];
    }),
  );

/** The same of `ip -j neigh`, which knows IPv6. */
export const parseNeighbours = (json: string): Map<string, string> => {
  const entries = JSON.parse(json || '[]') as { dst?: string; lladdr?: string }[];
  return new Map(entries.flatMap(({ dst, lladdr }) => (dst && lladdr ? [[dst, lladdr.toLowerCase()] as const] : [])));
};

const readInterface = async (name: string): Promise<Interface> => {
  const at = async (file: string) => (await text(`/sys/class/net/${name}/${file}`)).trim();
  return {
    address: networkInterfaces()[name]?.find(({ family }) => family === 'IPv4')?.cidr ?? '',
    mac: await at('address'),
    carrier: (await at('carrier')) === '1',
    rxBytes: Number(await at('statistics/rx_bytes')),
    txBytes: Number(await at('statistics/tx_bytes')),
  };
};

const memory = async (): Promise<{ total: number; available: number }> => {
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(await text('/proc/meminfo'))?.[1];
  return { total: totalmem(), available: available === undefined ? freemem() : Number(available) * 1024 };
};

const storage = async (path: string): Promise<{ total: number; available: number }> => {
  const { blocks, bavail, bsize } = await statfs(path);
  return { total: blocks * bsize, available: bavail * bsize };
};

/** From /proc/net/route: destination 0 on red; addresses there are little-endian hexadecimal. */
const defaultGateway = async (): Promise<string | null> => {
  const line = (await text('/proc/net/route')).split('\n').find((one) => /^red\t00000000\t/.test(one));
  const hex = line?.split('\t')[2];
  return hex === undefined
    ? null
    : (hex.match(/../g) ?? [])
        .map((byte) => Number.parseInt(byte, 16))
        .reverse()
        .join('.');
};

const text = async (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
