import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { makeNamespace, type Namespace } from '../../appliance/lib/namespace.ts';
import { atEnd, NODE, run, runFolder, sleep } from '../../appliance/lib/process.ts';
import { frameBytes, type Numbered, pcapOf, type Receiver } from './raw-frames.ts';

/** The box of the road. GREEN is wide, so that senders beyond 192.168.51.0/24 have a way back, too. */
export const ROUTER: Receiver & { red: string } = {
  ...{ mac: '52:54:00:51:00:01', address: '192.168.51.254', address6: 'fd51::254', red: '198.51.100.50' },
};
const SERVER_MAC = '02:00:00:00:09:02';

/**
 * Sender – box – server, three namespaces, both families. The sender replays frames; what the box lets through to the server, and what it
 * takes in itself, is remembered by number. Nobody answers.
 */
export class PacketRoad {
  readonly sender: Namespace;
  readonly box: Namespace;
  readonly server: Namespace;
  #load: ((policy: unknown, facts: object) => Promise<void>) | null = null;

  constructor() {
    this.sender = makeNamespace('sender');
    this.box = makeNamespace('box');
    this.server = makeNamespace('server');
    this.box.ip('link', 'add', 'green', 'type', 'veth', 'peer', 'name', 'lan', 'netns', this.sender.name);
    this.box.ip('link', 'add', 'red', 'type', 'veth', 'peer', 'name', 'wan', 'netns', this.server.name);
    this.box.ip('link', 'set', 'green', 'address', ROUTER.mac);
    this.server.ip('link', 'set', 'wan', 'address', SERVER_MAC);
    for (const space of [this.sender, this.server])
      space.sysctl({ 'net.ipv6.conf.all.disable_ipv6': 1, 'net.ipv6.conf.default.disable_ipv6': 1 });
    this.box.sysctl({
      ...{ 'net.ipv4.ip_forward': 1, 'net.ipv6.conf.all.forwarding': 1, 'net.ipv6.conf.all.accept_dad': 0 },
      ...{ 'net.ipv6.conf.green.accept_dad': 0, 'net.ipv6.conf.red.accept_dad': 0, 'net.ipv4.conf.all.rp_filter': 0 },
    });
    this.sender.ip('link', 'set', 'lan', 'up');
    this.server.ip('link', 'set', 'wan', 'up');
    for (const card of ['green', 'red']) this.box.ip('link', 'set', card, 'up');
    this.#route();
    this.#watch();
  }

  /** Loads a policy by the product's own three transactions, one generation after the other. */
  async load(policy: unknown, facts: object): Promise<void> {
    this.#load ??= this.#loader();
    await this.#load(policy, facts);
    // Behind one address there is room for one flow of a protocol without ports to each host.
    this.sh(['nft', 'flush', 'chain', 'ip', 'nat', 'POSTROUTING']);
  }

  /** Runs a program in the box. */
  sh(argv: string[], input = ''): string {
    return run([...this.box.enter, ...argv], { input, seconds: 120 });
  }

  /** Sends the packets, and gives the numbers of those that came through or were taken in. All connections are forgotten before. */
  async send(packets: Numbered[]): Promise<Set<number>> {
    this.sh(['conntrack', '-F']);
    this.#watch();
    const file = join(runFolder(), 'packets.pcap');
    writeFileSync(file, pcapOf(packets.map((one) => frameBytes(one, ROUTER))));
    run([...this.sender.enter, 'tcpreplay', '-q', '--pps=20000', '-i', 'lan', file]);
    let seen = this.#seen();
    for (let before = -1; before !== seen.size; seen = this.#seen()) {
      before = seen.size;
      await sleep(100);
    }
    return seen;
  }

  /** The box's counters by name, both families together. */
  counters(): Map<string, number> {
    const { nftables } = JSON.parse(this.sh(['nft', '-j', 'list', 'counters'])) as {
      nftables: { counter?: { name: string; packets: number } }[];
    };
    const found = new Map<string, number>();
    for (const { counter } of nftables)
      if (counter !== undefined) found.set(counter.name, (found.get(counter.name) ?? 0) + counter.packets);
    return found;
  }

  #route(): void {
    const { box } = this;
    box.ip('addr', 'add', `${ROUTER.address}/24`, 'dev', 'green');
    box.ip('-6', 'addr', 'add', `${ROUTER.address6}/64`, 'dev', 'green', 'nodad');
    box.ip('route', 'add', '192.168.0.0/16', 'dev', 'green');
    box.ip('-6', 'route', 'add', 'fd51::/16', 'dev', 'green');
    box.ip('addr', 'add', `${ROUTER.red}/32`, 'dev', 'red');
    box.ip('route', 'add', 'default', 'via', '198.51.100.1', 'dev', 'red', 'onlink');
    box.ip('-6', 'route', 'add', 'default', 'via', 'fe80::1', 'dev', 'red', 'onlink');
    for (const server of ['198.51.100.1', 'fe80::1'])
      box.ip('neigh', 'replace', server, 'lladdr', SERVER_MAC, 'dev', 'red', 'nud', 'permanent');
  }

  /** Remembers the numbers of what comes through, and of what passes INPUT's rules; answers of the box go nowhere. */
  #watch(): void {
    const sets = [
      '  set seen { typeof ip id; size 65536; flags dynamic; }',
      '  set seen6 { typeof ip6 flowlabel; size 65536; flags dynamic; }',
    ];
    const rules = ['    add @seen { ip id }', '    add @seen6 { ip6 flowlabel }'];
    const fresh = (family: string, lines: string[]): string =>
      [
        `table ${family} watch`,
        `delete table ${family} watch`,
        `table ${family} watch {`,
        ...sets,
        ...lines,
        '}',
        '',
      ].join('\n');
    run([...this.server.enter, 'nft', '-f', '-'], {
      input: fresh('netdev', [
        '  chain arrived {',
        '    type filter hook ingress device "wan" priority 0; policy drop;',
        ...rules,
        '  }',
      ]),
    });
    this.sh(
      ['nft', '-f', '-'],
      fresh('inet', [
        ...[
          '  chain taken {',
          '    type filter hook input priority 10; policy accept;',
          '    iifname "green" jump note',
          '  }',
        ],
        ...['  chain note {', ...rules, '  }'],
        ...[
          '  chain quiet {',
          '    type filter hook output priority -300; policy accept;',
          '    oifname { "green", "red" } drop',
          '  }',
        ],
      ]),
    );
  }

  #seen(): Set<number> {
    const texts = [
      run([...this.server.enter, 'nft', '-j', 'list', 'sets']),
      this.sh(['nft', '-j', 'list', 'sets', 'inet']),
    ];
    return new Set(
      texts.flatMap((text) =>
        (JSON.parse(text) as { nftables: { set?: { table: string; elem?: number[] } }[] }).nftables.flatMap(
          ({ set }) => (set?.table === 'watch' ? (set.elem ?? []) : []),
        ),
      ),
    );
  }

  /** One process in the box that loads what it is told, as the agent does. */
  #loader(): (policy: unknown, facts: object) => Promise<void> {
    const child = spawn(
      this.box.enter[0] ?? '',
      [...this.box.enter.slice(1), NODE, '--no-warnings', join(import.meta.dirname, 'load-policies.ts')],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    atEnd(() => child.kill('SIGKILL'));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return async (policy, facts) => {
      child.stdin.write(`${JSON.stringify({ policy, facts })}\n`);
      const { value } = await lines.next();
      if (value !== 'loaded') throw new Error(`The policy was not loaded: ${value ?? 'the process ended'}`);
    };
  }
}
