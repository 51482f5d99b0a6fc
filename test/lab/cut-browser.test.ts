import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Host } from '../appliance/lib/host.ts';
import { endAll, NODE, run } from '../appliance/lib/process.ts';
import { startRedServers } from '../appliance/lib/red-servers.ts';
import { aimAtBox, BOX_GREEN, BOX_RED, makeTopology, RED_SERVER } from '../appliance/lib/topology.ts';
import { ADMIN_MAC } from '../lib/handbook.ts';
import { LabBox } from './lib/box.ts';

/** A browser that was cut off from the pages is told so; nobody else is answered. */
let box: LabBox;
let admin: Host;
let stranger: Host;
let red: Host;

test.before(async () => {
  const topology = makeTopology();
  red = await startRedServers(topology);
  aimAtBox(red.space);
  admin = topology.green({ address: '192.168.51.10', mac: ADMIN_MAC });
  stranger = topology.green({ address: '192.168.51.70' });
  box = new LabBox(topology);
  await box.boot(['agent']);
  const code = readFileSync(join(box.folder, 'run/setup-code'), 'utf8').trim();
  await box.call('setup.finish', { code, password: 'correct horse battery', block: false, visitor: '192.168.51.10' });
  await box.call('policy.edit', {
    edit: {
      do: 'section',
      section: 'network',
      value: { red: { mode: 'static', address: BOX_RED, netmask: '255.255.255.0', gateway: RED_SERVER } },
    },
  });
  await saveAdmin(ADMIN_MAC);
  await box.call('bot.enable', {});
  await box.host.tell({ do: 'serve', args: [NODE, '-e', 'net.createServer((s) => s.pipe(s)).listen(445)'] });
  await admin.eventually(['tcp', BOX_GREEN, 445]);
});

test.after.always(() => endAll());

const saveAdmin = (adminMac: string) =>
  box.call('policy.edit', { edit: { do: 'section', section: 'settings', value: { adminMac } } });

test.serial('after a rescue the open connection of a browser ends at once, and a new one works', async (t) => {
  const { text: flow } = await admin.tell({ do: 'hold', args: [BOX_GREEN, '445'] });
  t.true((await admin.tell({ do: 'echo', args: [flow, 'hello'] })).ok);
  await saveAdmin('02:00:00:00:00:99');
  await admin.fails('tcp', BOX_GREEN, 445);
  for (const chain of ['BOT_INPUT', 'CUSTOMFORWARD']) box.sh(['iptables', '-F', chain]);
  t.regex((await admin.tell({ do: 'echo', args: [flow, 'hello'] })).text, /ECONNRESET/);
  await admin.succeeds('tcp', BOX_GREEN, 445);
  await saveAdmin(ADMIN_MAC);
});

test.serial('a lock-out that nobody has kept is undone when the agent ends', async (t) => {
  box.keeps = false;
  const { onTrial } = await saveAdmin('02:00:00:00:00:99');
  t.true(onTrial);
  await admin.fails('tcp', BOX_GREEN, 445);
  box.rc('agent', 'restart');
  await box.answering();
  await admin.eventually(['tcp', BOX_GREEN, 445]);
  t.is((await box.call('status', {})).trial, null);
  t.is((await box.call('policy.get', {})).policy.settings.adminMac, ADMIN_MAC);
  box.keeps = true;
});

test.serial('a packet of no connection: GREEN is told by a reset at the UI port only, RED never', async (t) => {
  t.true((await resets({ from: stranger, address: BOX_GREEN, port: 445 })) > 0);
  t.is(await resets({ from: stranger, address: BOX_GREEN, port: 800 }), 0);
  t.is(await resets({ from: red, address: BOX_RED, port: 445 }), 0);
  t.is(await resets({ from: red, address: BOX_GREEN, port: 445 }), 0);
  // Sent from GREEN in the name of a host on RED: the reset would go there.
  t.is(await resets({ from: stranger, address: BOX_GREEN, port: 445, source: RED_SERVER, seenBy: red }), 0);
});

type Stray = { from: Host; address: string; port: number; source?: string; seenBy?: Host };

/** Tries to connect with ACK in place of SYN, and counts the resets that come back. */
async function resets({ from, address, port, source, seenBy = from }: Stray): Promise<number> {
  const nft = (host: Host, ...lines: string[]) =>
    run([...host.space.enter, 'nft', '-f', '-'], { input: `${lines.join('\n')}\n` });
  const spoof = source === undefined ? '' : `ip saddr set ${source}`;
  nft(
    from,
    'add table ip stray',
    'add chain ip stray out { type filter hook output priority 0; }',
    // The upper half is the length of the header; its checksum is made after this, by the card that veth pretends to be.
    `add rule ip stray out tcp dport ${port} @th,96,16 set 0xa010 ${spoof} counter`,
  );
  nft(
    seenBy,
    'add table ip seen',
    'add chain ip seen in { type filter hook prerouting priority 0; }',
    `add rule ip seen in tcp sport ${port} tcp flags & rst == rst counter`,
  );
  await from.fails('tcp', address, port);
  const count = (host: Host, table: string) =>
    Number(/counter packets (\d+)/.exec(run([...host.space.enter, 'nft', 'list', 'table', 'ip', table]))?.[1]);
  const [sent, back] = [count(from, 'stray'), count(seenBy, 'seen')];
  nft(from, 'delete table ip stray');
  nft(seenBy, 'delete table ip seen');
  if (!(sent > 0)) throw new Error(`nothing was sent to ${address} port ${port}`);
  return back;
}
