import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Host } from '../appliance/lib/host.ts';
import { endAll, NODE, run, runFolder, sleep } from '../appliance/lib/process.ts';
import { startRedServers } from '../appliance/lib/red-servers.ts';
import { BOX_GREEN, BOX_MAC, BOX_RED, makeTopology, RED_SERVER } from '../appliance/lib/topology.ts';
import { ADMIN_MAC, handbookEdits } from '../lib/handbook.ts';
import { LabBox } from './lib/box.ts';
import { type Crooked, crookedFrame, datagram, redirect, sourceRoute } from './lib/crooked-frames.ts';
import { pcapOf } from './lib/raw-frames.ts';

/** A host on GREEN does not get around its rules by the box's own daemons, nor by packets that are not what they seem. One box. */
const PROXY = `${BOX_GREEN}:800`;
const INSIDE = '192.168.51.25';
const METADATA = '169.254.169.254';
const RESOLVER = '10.9.0.3';
let box: LabBox;
let red: Host;
let mail: Host;
let web: Host;

test.before(async () => {
  const topology = makeTopology();
  red = await startRedServers(topology);
  red.space.ip('addr', 'add', `${METADATA}/32`, 'dev', 'lo');
  const resolver = topology.red({ address: RESOLVER });
  const script = join(import.meta.dirname, 'lib/turning-dns.ts');
  await resolver.tell({ do: 'serve', args: [NODE, '--no-warnings', script, RED_SERVER, INSIDE, BOX_GREEN, METADATA] });
  topology.green({ address: '192.168.51.10', mac: ADMIN_MAC });
  mail = topology.green({ address: INSIDE });
  web = topology.green({ address: '192.168.51.35' });
  box = new LabBox(topology);
  await box.boot();
  const code = readFileSync(join(box.folder, 'run/setup-code'), 'utf8').trim();
  await box.call('setup.finish', {
    ...{ password: 'correct horse battery', code, timezone: 'UTC', block: false, visitor: '192.168.51.10' },
  });
  const network = { red: { mode: 'static', address: BOX_RED, netmask: '255.255.255.0', gateway: RED_SERVER } };
  await box.call('policy.edit', {
    edit: {
      do: 'batch',
      edits: [
        { do: 'section', section: 'network', value: network },
        { do: 'section', section: 'dns', value: { servers: [RESOLVER] } },
        ...handbookEdits,
        { do: 'section', section: 'settings', value: { adminMac: ADMIN_MAC } },
      ],
    },
  });
  await box.call('bot.enable', {});
  for (const host of [mail, box.host])
    await host.tell({
      do: 'serve',
      args: [NODE, '-e', 'for (const p of [80, 445]) http.createServer((q, a) => a.end("inside")).listen(p, "::")'],
    });
  await web.eventually(['proxy', PROXY, `http://${RED_SERVER}/`], 30);
});

test.after.always(() => endAll());

/** By address, and by a name that leads there. */
const urlsOf = (address: string, port = 80): string[] =>
  [address, `${address.replaceAll('.', '-')}.addr.test`].map((host) => `http://${host}:${port}/`);

test.serial('the proxy fetches what is outside, by address and by name, and the way inside is there', async (t) => {
  for (const url of urlsOf(RED_SERVER)) t.regex(await web.eventually(['proxy', PROXY, url], 20), /web\.red\.test/);
  t.regex(await web.succeeds('http', `http://${INSIDE}/`), /inside/);
  t.regex(await box.host.succeeds('http', `http://${BOX_GREEN}:445/`), /inside/);
  t.regex(await red.succeeds('http', `http://${METADATA}/`), /web\.red\.test/);
});

test.serial('through the proxy nobody reaches the box, GREEN, or link-local addresses', async (t) => {
  for (const [address, ...ports] of [
    [BOX_GREEN, 80, 445, 800, 53],
    [BOX_RED, 80, 445],
    ['127.0.0.1', 80, 445],
    ['127.9.9.9', 80],
    ['0.0.0.0', 80],
    [INSIDE, 80, 445],
    [METADATA, 80],
  ] as const)
    for (const url of ports.flatMap((port) => urlsOf(address, port))) await web.fails('proxy', PROXY, url);
  for (const host of ['localhost', '[::1]', '[fd51::25]', `[::ffff:${INSIDE}]`, '0xc0a83319', 'greengate'])
    await web.fails('proxy', PROXY, `http://${host}/`);
  t.pass();
});

test.serial('a name that leads outside when it is looked at and inside when it is used opens nothing', async (t) => {
  const answers: string[] = [];
  for (let tries = 0; tries < 24; tries += 1) {
    answers.push((await web.tell({ do: 'proxy', args: [PROXY, `http://${tries}.turns.test/`] })).text);
    await sleep(250);
  }
  t.true(answers.some((text) => text.includes('web.red.test')));
  t.true(answers.some((text) => !text.startsWith('200')));
  t.deepEqual(
    answers.filter((text) => text.includes('inside') || (text.startsWith('200') && !text.includes('web.red.test'))),
    [],
  );
});

/** What the mail host sends; its card is named as the topology names it. */
const way = {
  macs: ['02:00:00:00:05:19', BOX_MAC.green] as [string, string],
  from: INSIDE,
  to: RED_SERVER,
  protocol: 17,
};

test.serial('packets in parts are judged as the whole that they are', async (t) => {
  await box.call('policy.edit', {
    edit: {
      do: 'saveRule',
      id: 'parts',
      restore: true,
      value: {
        source: { kind: 'typed', value: INSIDE },
        destination: { kind: 'any' },
        service: { kind: 'service', name: 'DNS' },
        action: 'accept',
      },
    },
  });
  const parts = (port: number, id: number, cut = 8): Crooked[] => {
    const whole = datagram(5000 + id, port, 48);
    return [
      { ...way, body: whole.subarray(0, cut), part: { id, offset: 0, more: true } },
      { ...way, body: whole.subarray(cut), part: { id, offset: cut, more: false } },
    ];
  };
  t.is(await arriving(53, () => send(parts(53, 1))), 1);
  t.is(await arriving(9999, () => send(parts(9999, 2))), 0);
  t.is(await arriving(9999, () => send(parts(9999, 3).reverse())), 0);
  // The second part writes over the port of the first: neither reading is let through.
  const [first, second] = [datagram(5004, 53, 48), datagram(5004, 9999, 48)];
  const over: Crooked[] = [
    { ...way, body: first.subarray(0, 24), part: { id: 4, offset: 0, more: true } },
    { ...way, body: second.subarray(0, 24), part: { id: 4, offset: 0, more: true } },
    { ...way, body: second.subarray(24), part: { id: 4, offset: 24, more: false } },
  ];
  t.is(await arriving(9999, () => send(over)), 0);
});

test.serial('a way that the sender prescribes is not gone', async (t) => {
  for (const to of [BOX_GREEN, RED_SERVER, INSIDE])
    for (const port of [9999, 53]) {
      const packet = { ...way, to, body: datagram(5100, port, 8), options: sourceRoute(RED_SERVER) };
      t.is(await arriving(port, () => send([packet])), 0, `${to} ${port}`);
    }
});

test.serial('nobody tells the box another way, and a source that cannot be there gets nowhere', async (t) => {
  const far = '10.77.0.1';
  const before = box.sh(['ip', 'route', 'get', far]);
  for (const gateway of ['192.168.51.35', INSIDE])
    for (const from of [RED_SERVER, BOX_GREEN, gateway])
      send([{ ...way, from, to: BOX_GREEN, protocol: 1, body: redirect(far, gateway, BOX_RED) }]);
  await sleep(300);
  t.is(box.sh(['ip', 'route', 'get', far]), before);
  for (const from of [
    '127.0.0.1',
    BOX_GREEN,
    BOX_RED,
    RED_SERVER,
    '0.0.0.0',
    '192.168.51.255',
    '224.0.0.1',
    '10.5.5.5',
  ])
    t.is(await arriving(53, () => send([{ ...way, from, body: datagram(5200, 53, 8) }])), 0, from);
  t.is(await arriving(53, () => send([{ ...way, body: datagram(5201, 53, 8) }])), 1);
});

function send(packets: Crooked[]): void {
  const file = join(runFolder(), 'crooked.pcap');
  writeFileSync(file, pcapOf(packets.map(crookedFrame)));
  run([...mail.space.enter, 'tcpreplay', '-q', '-i', 'eth0', file]);
}

/** How many datagrams to this port arrive on RED meanwhile. */
async function arriving(port: number, work: () => void): Promise<number> {
  const nft = (...lines: string[]) => run([...red.space.enter, 'nft', '-f', '-'], { input: `${lines.join('\n')}\n` });
  nft(
    'add table ip ways',
    'add chain ip ways in { type filter hook prerouting priority 0; }',
    `add rule ip ways in udp dport ${port} ip saddr != ${RESOLVER} counter`,
  );
  work();
  await sleep(400);
  const listed = run([...red.space.enter, 'nft', 'list', 'table', 'ip', 'ways']);
  nft('delete table ip ways');
  return Number(/counter packets (\d+)/.exec(listed)?.[1]);
}
