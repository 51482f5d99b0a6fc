import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { originOf } from '../../../src/plan/nft-names.ts';
import type { Namespace } from '../../appliance/lib/namespace.ts';
import { NODE, run, runFolder, sleep, start, stop } from '../../appliance/lib/process.ts';
import { type Numbered, numbered, type Tuple } from './packets.ts';
import { firstOn, GREEN, makeTrain, Road } from './road.ts';

/** Packets of one kind: how many came in, how many the server saw, and how many the rules say they judged so. */
export type Count = { sent: number; arrived: number; counted: number };

/** What happened during some loads. */
export type Seen = { loads: number; seconds: number; allowed: Count; denied: Count };

/**
 * Loads rules `loads` times into a router that has as much to do as one processor can send and route: new flows, one of six allowed. By turns two
 * policies of `size` rules that decide alike, by rules with other ids in another order, so that nothing of the one is left in the other.
 */
export async function underLoad(size: number, loads: number, way: 'agent' | 'onefile'): Promise<Seen> {
  const road = new Road('reload');
  try {
    // Each packet is a new flow, also when its like was sent a moment ago.
    road.router.sysctl({ 'net.netfilter.nf_conntrack_udp_timeout': 0 });
    const policies = [policyOf(size, 'first'), policyOf(size, 'second')].map((policy, index) => {
      const file = join(runFolder(), `reload-${index}.json`);
      writeFileSync(file, JSON.stringify(policy));
      return file;
    });
    await reload(road.router, 1, 'agent', policies);
    for (const [space, card] of [[road.router, 'green'] as const, [road.server, 'card'] as const]) count(space, card);
    const { file } = makeTrain('reload', packetsOf(size));
    const log = join(runFolder(), 'tcpreplay.log');
    const words = ['tcpreplay', '-q', '--topspeed', '--preload-pcap', '--loop=0', '-i', 'card', file];
    const sender = start([...road.client.enter, ...firstOn(availableParallelism() - 1), ...words], log);
    while (counted(road.router, 'netdev').allowed === 0) await sleep(50);
    const began = performance.now();
    const gone = await reload(road.router, loads, way, policies);
    const seconds = (performance.now() - began) / 1000;
    if (sender.exitCode !== null) throw new Error(`tcpreplay ended: see ${log}`);
    await stop(sender);
    await sleep(200);
    const [came, arrived] = [counted(road.router, 'netdev'), counted(road.server, 'netdev')];
    const judged = judgedBy(counted(road.router, 'ip'), gone, size);
    const one = (kind: 'allowed' | 'denied'): Count => ({
      sent: came[kind] ?? 0,
      arrived: arrived[kind] ?? 0,
      counted: judged[kind],
    });
    return { loads, seconds, allowed: one('allowed'), denied: one('denied') };
  } finally {
    road.close();
  }
}

/** In words, for the log of a test. */
export const inWords = ({ loads, seconds, allowed, denied }: Seen): string =>
  `${loads} loads in ${seconds.toFixed(0)} s: ${denied.sent} denied packets (${(denied.sent / seconds).toFixed(0)}/s), ${denied.arrived} leaked; ` +
  `${allowed.sent} allowed, ${allowed.sent - allowed.arrived} lost`;

type Counts = Record<string, number>;

/** Gives what the counters that went had counted, by origin. */
async function reload(router: Namespace, loads: number, way: string, policies: string[]): Promise<Counts> {
  const words = [NODE, '--no-warnings', join(import.meta.dirname, 'reloader.ts'), String(loads), way, ...policies];
  const [program = '', ...rest] = [...router.enter, 'taskset', '-c', '0', ...words];
  const { stdout } = await promisify(execFile)(program, rest, { maxBuffer: 64 << 20 });
  return JSON.parse(stdout);
}

/** Rule `index`: one of ten denies. */
const isDrop = (index: number): boolean => index % 10 === 7;

const tupleOf = (index: number): Tuple => ({
  ...{ mac: '02:51:00:00:00:01', from: `10.51.${index % 3}.${1 + (index % 250)}`, protocol: 17 },
  ...{ to: `198.18.${Math.floor(index / 200)}.${1 + (index % 200)}`, port: 1000 + (index % 50) },
});

function policyOf(size: number, which: 'first' | 'second'): object {
  const rules = Array.from({ length: size }, (_, index) => {
    const { from, to, port } = tupleOf(index);
    return {
      id: `r${index + 1 + (which === 'second' ? size : 0)}`,
      source: { kind: 'typed', value: from },
      destination: { kind: 'typed', value: to },
      service: { kind: 'service', name: `Port ${port}` },
      action: isDrop(index) ? 'drop' : 'accept',
    };
  });
  return {
    schema: 2,
    settings: { enabled: true, adminMac: '02:00:00:00:05:0a' },
    network: { green: { address: GREEN.address, netmask: GREEN.netmask } },
    dhcp: { enabled: false },
    services: Array.from({ length: 50 }, (_, index) => ({
      ...{ name: `Port ${1000 + index}`, protocol: 'udp', ports: String(1000 + index) },
    })),
    rules: which === 'first' ? [...otherDays(size), ...rules] : [...rules.reverse(), ...otherDays(size)],
  };
}

/** Rules of other days, about everything. The longer a packet is on its way through the rules, the more of them are on their way at a switch. */
const otherDays = (size: number): object[] =>
  Array.from({ length: 8 }, (_, index) => ({
    id: `r${2 * size + 1 + index}`,
    ...{ source: { kind: 'any' }, destination: { kind: 'any' }, service: { kind: 'any' }, action: 'drop' },
    frame: { days: { kind: 'week', days: [(new Date().getDay() + 3) % 7] }, start: `08:0${index}`, end: '17:00' },
  }));

const ALLOWED = 8000;
const DENIED = 40_000;

/** The numbers of allowed packets are below `ALLOWED`. Of the denied ones, every second one meets a rule. */
function packetsOf(size: number): Numbered[] {
  const pick = (drops: boolean, at: number): Tuple => {
    for (let index = (at * 7919) % size; ; index = (index + 1) % size)
      if (isDrop(index) === drops) return tupleOf(index);
  };
  const allowed = Array.from({ length: ALLOWED }, (_, index) => pick(false, index));
  const denied = Array.from({ length: DENIED }, (_, index) =>
    index % 2 === 0 ? pick(true, index) : { ...pick(false, index), port: 9 },
  );
  const packets = numbered([...allowed, ...denied]);
  const each = DENIED / ALLOWED;
  return packets
    .slice(0, ALLOWED)
    .flatMap((packet, index) => [packet, ...packets.slice(ALLOWED + index * each, ALLOWED + (index + 1) * each)]);
}

/** Counts both kinds where they come in, before anything else sees them. */
function count(space: Namespace, card: string): void {
  const text = `table netdev reload {
  counter allowed { }
  counter denied { }
  chain ingress {
    type filter hook ingress device "${card}" priority -10; policy accept;
    ip id < ${ALLOWED} counter name allowed accept
    counter name denied
  }
}
`;
  run([...space.enter, 'nft', '-f', '-'], { input: text });
}

function counted(space: Namespace, family: 'netdev' | 'ip'): Counts {
  const { nftables } = JSON.parse(run([...space.enter, 'nft', '-j', 'list', 'counters'])) as {
    nftables: { counter?: { family: string; name: string; packets: number } }[];
  };
  return Object.fromEntries(
    nftables.flatMap(({ counter }) => (counter?.family === family ? [[counter.name, counter.packets]] : [])),
  );
}

/** What all counters of both policies say together, those that are there and those that went. */
function judgedBy(left: Counts, gone: Counts, size: number): { allowed: number; denied: number } {
  const sum = { allowed: 0, denied: 0 };
  const all = [...Object.entries(left), ...Object.entries(gone)];
  for (const [name, packets] of all) {
    const [, number] = /^r(\d+)$/.exec(originOf(name)) ?? [];
    const denies = number === undefined || Number(number) > 2 * size || isDrop((Number(number) - 1) % size);
    sum[denies ? 'denied' : 'allowed'] += packets;
  }
  return sum;
}
