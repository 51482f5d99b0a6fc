import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Crooked, crookedFrame, datagram } from '../../lab/lib/crooked-frames.ts';
import { frameBytes, pcapOf } from '../../lab/lib/raw-frames.ts';
import type { Host } from './host.ts';
import { run, runFolder, start, stop, TOP } from './process.ts';
import { type Scene, scanFromRed, TELLING_PORTS } from './scene.ts';
import { BOX_GREEN, BOX_MAC, RED_SERVER } from './topology.ts';

/**
 * What was sent at the box from both sides, and what came out of it: `passed` of it to the other side, `answered` to RED. Packets. `found` are
 * open ports that a scanner on RED saw in `rounds` of all addresses.
 */
export type Watched = { sent: number; passed: number; answered: number; rounds: number; found: string[] };

/**
 * Sends at the box without a pause, from a host on GREEN that no rule names and from a stranger on RED, and counts at the box's own cards what
 * comes out on the other side. It goes on while the box is off, starts, breaks or ends.
 */
export class Watch {
  readonly #scene: Scene;
  readonly #senders: { host: Host; child: ChildProcess }[];
  readonly #scan: Promise<{ rounds: number; found: string[] }>;
  readonly #before: number;
  #on = true;

  /** `nobody`: a host on GREEN that may do nothing. */
  constructor(scene: Scene, nobody: Host) {
    this.#scene = scene;
    this.#count();
    const from = lastByte(nobody);
    const there = [
      ...train(`192.168.51.${from}`, RED_SERVER, nobody.mac, BOX_MAC.green),
      ...train6(`fd51::${from}`, 'fd09::2', nobody.mac, BOX_MAC.green),
    ];
    const inside = [lastByte(nobody), '25', '35', '10'];
    const back = inside.flatMap((last) => [
      ...train(STRANGER, `192.168.51.${last}`, scene.stranger.mac, BOX_MAC.red),
      ...train6(`fd09::${lastByte(scene.stranger)}`, `fd51::${last}`, scene.stranger.mac, BOX_MAC.red),
    ]);
    this.#senders = [
      { host: nobody, child: send(nobody, 'watch-green', there) },
      { host: scene.stranger, child: send(scene.stranger, 'watch-red', back) },
    ];
    this.#before = this.#sent();
    this.#scan = this.#scanning();
  }

  /** What was seen so far; the watch goes on. */
  passed(): { passed: number; answered: number } {
    const said = run([...this.#scene.topology.middle.enter, 'nft', '-j', 'list', 'counters', 'netdev']);
    const { nftables } = JSON.parse(said) as { nftables: { counter?: { name: string; packets: number } }[] };
    const of = (name: string) => nftables.find(({ counter }) => counter?.name === name)?.counter?.packets ?? Number.NaN;
    return { passed: of('passed'), answered: of('answered') };
  }

  /** Ends it. */
  async stop(): Promise<Watched> {
    this.#on = false;
    const scan = await this.#scan;
    const sent = this.#sent() - this.#before;
    const ended = this.#senders.find(({ child }) => child.exitCode !== null);
    for (const { child } of this.#senders) await stop(child);
    if (ended !== undefined) throw new Error(`${ended.host}: the sender has ended`);
    const seen = this.passed();
    run([...this.#scene.topology.middle.enter, 'nft', 'delete', 'table', 'netdev', 'watch']);
    return { sent, ...seen, ...scan };
  }

  async #scanning(): Promise<{ rounds: number; found: string[] }> {
    const found = new Set<string>();
    let rounds = 0;
    for (; this.#on; rounds += 1) for (const port of await scanFromRed(this.#scene, TELLING_PORTS)) found.add(port);
    return { rounds, found: [...found] };
  }

  #sent(): number {
    return this.#senders.reduce((sum, { host }) => {
      const [link] = JSON.parse(run([...host.space.enter, 'ip', '-j', '-s', 'link', 'show', 'eth0']));
      return sum + link.stats64.tx.packets;
    }, 0);
  }

  /** What comes in at a tap has left the box. */
  #count(): void {
    const text = `table netdev watch {
  counter passed { }
  counter answered { }
  chain red {
    type filter hook ingress device "tap-red" priority 0; policy accept;
    ip daddr ${STRANGER} counter name answered
    ip6 daddr fd09::${lastByte(this.#scene.stranger)} counter name answered
    meta protocol ip meta l4proto { tcp, udp } th dport { ${PORTS.join(', ')} } counter name passed
    ip daddr ${RED_SERVER} icmp type echo-request counter name passed
    ip6 saddr fd51::/16 counter name passed
  }
  chain green {
    type filter hook ingress device "tap-green" priority 0; policy accept;
    ip saddr ${STRANGER} counter name passed
    ip6 saddr fd09::/16 counter name passed
  }
}
`;
    run([...this.#scene.topology.middle.enter, 'nft', '-f', '-'], { input: text });
  }
}

/** How the scene names them. */
const STRANGER = '10.9.0.66';
/** Ports that no rule of the handbook's example names. */
const PORTS = [443, 7777, 9999];

const lastByte = ({ mac }: Host): string => String(Number.parseInt(mac.slice(-2), 16));

/** A SYN, a datagram and an echo request. */
function* train(from: string, to: string, mac: string, box: string): Generator<Buffer> {
  const way = { macs: [mac, box] as Crooked['macs'], from, to };
  for (const port of PORTS) {
    yield crookedFrame({ ...way, protocol: 17, body: datagram(4000, port, 8) });
    yield packet({ from, to, mac, port }, box);
  }
  yield packet({ from, to, mac, type: 8 }, box);
}

function* train6(from: string, to: string, mac: string, box: string): Generator<Buffer> {
  for (const port of PORTS) {
    yield packet({ from, to, mac, port }, box);
    yield packet({ from, to, mac, port, protocol: 17 }, box);
  }
}

type Words = { from: string; to: string; mac: string; port?: number; type?: number; protocol?: number };

/** TCP unless told, or ICMP. */
const packet = ({ protocol, ...words }: Words, box: string): Buffer =>
  frameBytes(
    {
      packet: {
        ...words,
        ...(words.port === undefined ? {} : { sport: 4000 }),
        protocol: protocol ?? (words.type === undefined ? 6 : 1),
      } as Parameters<typeof frameBytes>[0]['packet'],
      words: null,
      number: 1,
    },
    { mac: box, address: BOX_GREEN, address6: 'fd51::254' },
  );

/** So many packets a second as an emulated box bears beside its own work. */
const RATE = 100;

function send(host: Host, word: string, frames: Buffer[]): ChildProcess {
  const file = join(runFolder(), `${word}.pcap`);
  writeFileSync(file, pcapOf(frames));
  const words = ['tcpreplay', '-q', '--loop=0', `--pps=${RATE}`, '-i', 'eth0', file];
  return start([...host.space.enter, ...words], join(TOP, `build/logs/${word}.log`));
}
