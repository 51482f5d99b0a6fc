import { rm, writeFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { Flow } from '../agent/ports.ts';
import { contains, parseNetwork } from '../policy/address.ts';
import { run } from './run.ts';

/** The flows that hosts on GREEN have opened to the box or through it, from the kernel's connection tracking. */
export const flows = async (): Promise<Flow[]> => {
  const text = await run('conntrack', ['-L', '-o', 'extended']);
  const text6 = await run('conntrack', ['-L', '-f', 'ipv6', '-o', 'extended']).catch(() => '');
  const green = (networkInterfaces().green ?? []).flatMap(({ cidr }) => parseNetwork(cidr ?? '') ?? []);
  const own = new Set(Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address)));
  return `${text}\n${text6}`.split('\n').flatMap((line) => {
    const entry = parseEntry(line);
    if (entry === null || own.has(entry.src) || !green.some((network) => contains(network, entry.src))) return [];
    return [{ ...entry, direction: own.has(entry.dst) ? ('input' as const) : ('forward' as const) }];
  });
};

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

/** One line of `conntrack -L -o extended`; null for anything else. The original direction comes first in it. */
export const parseEntry = (line: string): Omit<Flow, 'direction'> | null => {
  const found = /^(ipv4|ipv6)\s+\d+\s+(\S+)\s+(\d+)\s/.exec(line);
  if (found === null) return null;
  const [, family = '', , number = ''] = found;
  const field = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(line)?.[1];
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
    ...(type === undefined ? {} : { type: Number(type) }),
    mark: Number(field('mark') ?? 0),
    handle: `-D -f ${family} -p ${number} -s ${src} -d ${dst}${ports}${icmp}`,
  };
};
