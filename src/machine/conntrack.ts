import { rm, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { Flow } from '../agent/ports.ts';
import { contains, parseNetwork } from '../policy/address.ts';
import { run } from './run.ts';

/** The flows that hosts on GREEN have opened to the box or through it, from the kernel's connection tracking. */
export const flows = async (families: Family[]): Promise<Flow[]> => {
  // In this order: what begins between the two lists is an expected flow, or in neither.
  const all = await listed(families, []);
  const green = (networkInterfaces().green ?? []).flatMap(({ cidr }) => parseNetwork(cidr ?? '') ?? []);
  const own = new Set(Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)));
  const isGreen = (address: string) => !own.has(address) && green.some((network) => contains(network, address));
  // Only FTP has expected flows: they stand beside a control connection, or were opened from outside.
  const ftp = all.some(({ src, dport, reply }) => dport === FTP || (!isGreen(src) && isGreen(reply.src)));
  const awaited = ftp ? await listed(families, ['-u', 'EXPECTED']) : [];
  const expected = new Set(awaited.map(({ handle }) => handle));
  return [...all.filter(({ handle }) => !expected.has(handle)), ...awaited].flatMap(({ reply, ...entry }) => {
    const flow = { ...entry, expected: expected.has(entry.handle) };
    if (isGreen(entry.src)) return [{ ...flow, direction: own.has(entry.dst) ? 'input' : 'forward' } as const];
    // FTP's active mode: the server opens the data connection, and is the host's peer all the same.
    if (flow.expected && isGreen(reply.src)) return [{ ...flow, ...reply, direction: 'forward' } as const];
    return [];
  });
};

export type Family = 'ipv4' | 'ipv6';

const FTP = 21;

/**
 * Deletes flows, all in one process; those that ended meanwhile are passed over. Returns how many were asked for.
 * `scratch` is a path for the list: conntrack cannot read it from Node's stdin, which is a socket.
 */
export const cut = async (list: Flow[], scratch: string): Promise<number> => {
  if (list.length === 0) return 0;
  await writeFile(scratch, list.map(({ handle }) => `${handle}\n`).join(''), { mode: 0o600 });
  try {
    await run('conntrack', ['-R', scratch]);
  } finally {
    await rm(scratch, { force: true });
  }
  return list.length;
};

/** An entry in its original direction; `reply` is the other one, as its answers are seen before masquerading is undone. */
export type Entry = Omit<Flow, 'direction' | 'expected' | 'handle'> & {
  reply: Pick<Flow, 'src' | 'dst' | 'sport' | 'dport'>;
  handle: string;
};

/** One line of `conntrack -L -o extended`; null for anything else. The original direction comes first in it. */
export const parseEntry = (line: string): Entry | null => {
  const found = /^(ipv4|ipv6)\s+\d+\s+(\S+)\s+(\d+)\s/.exec(line);
  if (found === null) return null;
  const [, family = '', , number = ''] = found;
  const field = (name: string, text = line) => new RegExp(`\\b${name}=(\\S+)`).exec(text)?.[1];
  const back = line.slice(line.lastIndexOf(' src='));
  const src = field('src');
  const dst = field('dst');
  if (src === undefined || dst === undefined) return null;
  const [sport, dport, type] = [field('sport'), field('dport'), field('type')];
  const ports = sport === undefined || dport === undefined ? '' : ` --sport ${sport} --dport ${dport}`;
  const icmp =
    type === undefined
      ? ''
      : ` ${family === 'ipv4' ? '--icmp-type' : '--icmpv6-type'} ${type} ${family === 'ipv4' ? '--icmp-id' : '--icmpv6-id'} ${field('id')}`;
  return {
    protocol: Number(number),
    src,
    dst,
    sport: Number(sport ?? 0),
    dport: Number(dport ?? 0),
    mark: Number(field('mark') ?? 0),
    ...(type === undefined ? {} : { type: Number(type), code: Number(field('code') ?? 0) }),
    reply: {
      src: field('src', back) ?? '',
      dst: field('dst', back) ?? '',
      sport: Number(field('sport', back) ?? 0),
      dport: Number(field('dport', back) ?? 0),
    },
    handle: `-D -f ${family} -p ${number} -s ${src} -d ${dst}${ports}${icmp}`,
  };
};

/** Every entry, or those of a status: `-u EXPECTED`, say, which the list itself does not show. */
const listed = async (families: Family[], which: string[]): Promise<Entry[]> => {
  const texts = await Promise.all(
    families.map((one) => run('conntrack', ['-L', '-f', one, ...which, '-o', 'extended'])),
  );
  return texts.flatMap((text) => text.split('\n')).flatMap((line) => parseEntry(line) ?? []);
};
