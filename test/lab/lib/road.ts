import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeNamespace, type Namespace, removeNamespace } from '../../appliance/lib/namespace.ts';
import { run, runFolder, TOP } from '../../appliance/lib/process.ts';
import { type Numbered, writePcap } from './packets.ts';

/** GREEN: wide enough for the hosts of an office. */
export const GREEN = { address: '10.51.3.254', netmask: '255.255.252.0', bits: 22 } as const;
/** RED: the router's address there, and the server that is its gateway. */
export const RED = { address: '10.9.0.50', server: '10.9.0.2', bits: 24 } as const;
/** The router's cards, and the server's. */
export const ROUTER_MAC = { green: '52:54:00:51:00:01', red: '52:54:00:09:00:01' } as const;
export const SERVER_MAC = '02:00:00:00:09:02';

/** Packets in the order in which they are sent, as a pcap file. */
export type Train = { file: string; packets: Numbered[] };

/** Writes a train into this run's folder, for the router's card on GREEN or another one. */
export function makeTrain(word: string, packets: Numbered[], router: string = ROUTER_MAC.green): Train {
  const file = join(runFolder(), `${word}.pcap`);
  writePcap(file, packets, router);
  return { file, packets };
}

/** Words before a program that shall run on one processor, before everything else that runs there. */
export function firstOn(processor: number): string[] {
  return ['taskset', '-c', String(processor), ...(canBeFirst() ? ['chrt', '-f', '50'] : ['nice', '-n', '-20'])];
}

function canBeFirst(): boolean {
  try {
    run(['chrt', '-f', '50', 'true']);
    return true;
  } catch {
    return false;
  }
}

/**
 * Client – router – server, three namespaces. The router's cards are `green` and `red`, it forwards, tracks connections and masquerades; all
 * neighbours are known and nobody else sends. What arrives at the server is counted at its card and dropped there.
 */
export class Road {
  readonly client: Namespace;
  readonly router: Namespace;
  readonly server: Namespace;

  constructor(word: string) {
    this.client = makeNamespace(`${word}-client`);
    this.router = makeNamespace(`${word}-router`);
    this.server = makeNamespace(`${word}-server`);
    this.router.ip('link', 'add', 'green', 'type', 'veth', 'peer', 'name', 'card', 'netns', this.client.name);
    this.router.ip('link', 'add', 'red', 'type', 'veth', 'peer', 'name', 'card', 'netns', this.server.name);
    this.router.ip('link', 'set', 'green', 'address', ROUTER_MAC.green);
    this.router.ip('link', 'set', 'red', 'address', ROUTER_MAC.red);
    this.server.ip('link', 'set', 'card', 'address', SERVER_MAC);
    for (const space of [this.client, this.router, this.server])
      space.sysctl({ 'net.ipv6.conf.all.disable_ipv6': 1, 'net.ipv6.conf.default.disable_ipv6': 1 });
    this.client.ip('link', 'set', 'card', 'up');
    this.server.ip('link', 'set', 'card', 'up');
    this.router.sysctl({ ...boxSettings(), 'net.ipv4.ip_forward': 1 });
    this.router.ip('link', 'set', 'green', 'up');
    this.router.ip('link', 'set', 'red', 'up');
    this.router.ip('addr', 'add', `${GREEN.address}/${GREEN.bits}`, 'dev', 'green');
    this.router.ip('addr', 'add', `${RED.address}/${RED.bits}`, 'dev', 'red');
    this.router.ip('neigh', 'replace', RED.server, 'lladdr', SERVER_MAC, 'dev', 'red', 'nud', 'permanent');
    this.router.ip('route', 'add', 'default', 'via', RED.server, 'dev', 'red');
    this.remember(false);
  }

  /** Runs a program in the router. */
  sh(argv: string[], input = '', seconds = 600): string {
    return run([...this.router.enter, ...argv], { input, seconds });
  }

  /** Forgets all connections: the next packets' are new, and the kernel's one table of them is empty for the other roads, too. */
  forget(): void {
    this.sh(['conntrack', '-F']);
  }

  /** How many packets arrived at the server since it was last asked. */
  arrived(): number {
    const text = run([...this.server.enter, 'nft', 'reset', 'counter', 'netdev', 'bench', 'arrived']);
    return Number(/packets (\d+)/.exec(text)?.[1]);
  }

  /** From now on the server also remembers the numbers of the packets that arrive, or no more. */
  remember(yes: boolean): void {
    this.#counting(yes ? 'add @seen { ip id } ' : '');
  }

  /** The numbers of the packets that arrived since it was told to remember them. */
  numbers(): Set<number> {
    const { nftables } = JSON.parse(run([...this.server.enter, 'nft', '-j', 'list', 'set', 'netdev', 'bench', 'seen']));
    return new Set(nftables.flatMap(({ set }: { set?: { elem?: number[] } }) => set?.elem ?? []));
  }

  /** Removes it, with everything that was loaded in it. */
  close(): void {
    for (const { name } of [this.client, this.router, this.server]) removeNamespace(name);
  }

  #counting(first: string): void {
    const text = [
      'table netdev bench',
      'delete table netdev bench',
      'table netdev bench {',
      '  set seen { typeof ip id; size 65536; flags dynamic; }',
      '  counter arrived { }',
      '  chain ingress {',
      '    type filter hook ingress device "card" priority 0; policy drop;',
      `    ${first}counter name arrived`,
      '  }',
      '}',
      '',
    ].join('\n');
    run([...this.server.enter, 'nft', '-f', '-'], { input: text });
  }
}

/** What the box sets of IPv4, for all cards. */
function boxSettings(): Record<string, number> {
  const lines = readFileSync(join(TOP, 'rootfs/usr/lib/greengate/sysctl.conf'), 'utf8').split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, key, value] = /^(net\/ipv4\/(?!conf\/(?:green|red)\/)\S+) (\d+)$/.exec(line) ?? [];
      return key === undefined ? [] : [[key.replaceAll('/', '.'), Number(value)]];
    }),
  );
}
