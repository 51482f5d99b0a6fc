import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { AgentRefusal } from '../../src/agent/client.ts';
import type { Edit } from '../../src/policy/edit.ts';
import type { Host } from '../appliance/lib/host.ts';
import { endAll, sleep } from '../appliance/lib/process.ts';
import { startRedServers } from '../appliance/lib/red-servers.ts';
import { BOX_GREEN, BOX_RED, makeTopology, RED_SERVER } from '../appliance/lib/topology.ts';
import { ADMIN_MAC, handbookEdits } from '../lib/handbook.ts';
import { LabBox } from './lib/box.ts';

/** The published example by packets, through the agent's verbs, with the real daemons. One box, one story, in order. */
const PROXY = `${BOX_GREEN}:800`;
const SITE = `http://${RED_SERVER}/`;
let box: LabBox;
let red: Host;
let mail: Host;
let web: Host;
let other: Host;

test.before(async () => {
  const topology = makeTopology();
  red = await startRedServers(topology);
  topology.green({ address: '192.168.51.10', mac: ADMIN_MAC });
  mail = topology.green({ address: '192.168.51.25' });
  web = topology.green({ address: '192.168.51.35' });
  other = topology.green({ address: '192.168.51.70' });
  box = new LabBox(topology);
  await box.boot();
});

test.after.always(() => endAll());

const edit = (one: Edit) => box.call('policy.edit', { edit: one });

test.serial('before set-up the box answers ping and the UI port, and forwards nothing', async (t) => {
  await mail.succeeds('ping', BOX_GREEN);
  await mail.fails('tcp', RED_SERVER, 110);
  await mail.fails('dns', BOX_GREEN, 'www.red.test');
  t.is((await box.call('setup.status', {})).reason, 'first');
});

test.serial('verbs that need a session refuse without one', async (t) => {
  await t.throwsAsync(box.call('policy.get', {}), { instanceOf: AgentRefusal, message: /logged in/ });
});

test.serial('set-up asks for the code that the console shows', async (t) => {
  const input = {
    password: 'correct horse battery',
    timezone: 'Europe/Berlin',
    block: false,
    visitor: '192.168.51.10',
  };
  await t.throwsAsync(box.call('setup.finish', { ...input, code: 'AAAAA-AAAAA' }), {
    instanceOf: AgentRefusal,
    message: /code/,
  });
  const code = readFileSync(join(box.folder, 'run/setup-code'), 'utf8').trim();
  const { token } = await box.call('setup.finish', { ...input, code });
  t.truthy(token);
  t.is((await box.call('setup.status', {})).needed, false);
});

test.serial('RED gets a fixed address, and GREEN reaches RED freely while BOT is disabled', async (t) => {
  await edit({
    do: 'section',
    section: 'network',
    value: { red: { mode: 'static', address: BOX_RED, netmask: '255.255.255.0', gateway: RED_SERVER } },
  });
  await edit({ do: 'section', section: 'dns', value: { servers: [RED_SERVER] } });
  t.true((await mail.succeeds('tcp', RED_SERVER, 110)).endsWith(BOX_RED), 'GREEN is hidden behind the address of RED');
  await web.succeeds('http', SITE);
  await web.eventually(['proxy', PROXY, SITE], 20);
  await other.eventually(['dns', BOX_GREEN, 'www.red.test'], 20);
});

test.serial('RED can open nothing on the box or behind it', async (t) => {
  const found = JSON.parse((await red.tell({ do: 'scan', args: [BOX_RED, '1-1024,3128,8080'] }, 120)).text) as {
    open?: number[];
  };
  t.deepEqual(found.open ?? found, []);
  await red.fails('ping', BOX_RED);
  // Not even a refusal: 445 and 53 are what the box answers on GREEN.
  for (const port of [445, 53, 22]) t.is(await red.fails('tcp', BOX_RED, port), 'no answer');
  t.deepEqual(JSON.parse((await red.tell({ do: 'scanUdp', args: [BOX_RED, '53,67,123,161,514'] })).text), []);
});

test.serial('with the rules of the handbook BOT is enabled', async (t) => {
  for (const one of handbookEdits) await edit(one);
  await edit({ do: 'section', section: 'settings', value: { adminMac: ADMIN_MAC } });
  await box.call('bot.enable', {});
  const { policy } = await box.call('policy.get', {});
  t.is(policy.rules[0]?.remark, 'GREEN may use DNS on Greengate');
  t.is((await box.call('status', {})).bot, 'enabled');
});

test.serial('192.168.51.35 browses through the proxy, and reaches neither mail nor the web directly', async (t) => {
  await web.succeeds('proxy', PROXY, SITE);
  await web.fails('tcp', RED_SERVER, 110);
  await web.fails('tcp', RED_SERVER, 25);
  await web.fails('http', SITE);
  const line = readFileSync(join(box.folder, 'log/proxy.log'), 'utf8').trim().split('\n').at(-1) ?? '';
  const { client, url, status } = JSON.parse(line) as { client: string; url: string; status: string };
  t.deepEqual([client, url, status], ['192.168.51.35', SITE, '200']);
});

test.serial('192.168.51.25 reaches mail; its try at the proxy fails and is logged under GREEN DROP', async (t) => {
  await mail.succeeds('tcp', RED_SERVER, 110);
  await mail.succeeds('tcp', RED_SERVER, 25);
  await mail.fails('proxy', PROXY, SITE);
  await mail.fails('http', SITE);
  await sleep(300);
  const lines = readFileSync(join(box.folder, 'log/firewall.json'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const denied = lines.find((one) => one.dest_port === 800 && one.src_ip === '192.168.51.25');
  t.like(denied, { 'oob.prefix': 'GREEN DROP default', 'oob.in': 'green', 'ip.protocol': 6, dest_ip: BOX_GREEN });
  t.regex(String(denied?.['mac.saddr.str']), /^02:00:00:00:05:19/);
});

test.serial('an address outside both groups gets DNS and ping of the box, and nothing else', async (t) => {
  await other.succeeds('dns', BOX_GREEN, 'www.red.test');
  await other.succeeds('ping', BOX_GREEN);
  for (const port of [25, 80, 110, 443]) await other.fails('tcp', RED_SERVER, port);
  await other.fails('proxy', PROXY, SITE);
  await other.fails('ping', RED_SERVER);
  await other.fails('udp', RED_SERVER, 9999);
  t.pass();
});

test.serial('of the box itself only root reaches the proxy and the resolver on loopback', (t) => {
  const reach = (uid: number, address: string, port: number) =>
    box.sh([
      'setpriv',
      '--reuid',
      `${uid}`,
      '--regid',
      `${uid}`,
      '--clear-groups',
      'timeout',
      '3',
      'bash',
      '-c',
      `exec 3<>/dev/tcp/${address}/${port}`,
    ]);
  t.notThrows(() => reach(0, BOX_GREEN, 800));
  t.notThrows(() => reach(901, '127.0.0.1', 53));
  for (const uid of [900, 903]) {
    t.throws(() => reach(uid, BOX_GREEN, 800));
    t.throws(() => reach(uid, '127.0.0.1', 53));
    t.throws(() => reach(uid, RED_SERVER, 80));
  }
});

test.serial('a spoofed source from the other side of the box gets nowhere', async (t) => {
  other.space.ip('addr', 'add', '10.9.0.77/32', 'dev', 'lo');
  other.space.ip('route', 'add', `${RED_SERVER}/32`, 'via', BOX_GREEN, 'src', '10.9.0.77');
  await other.fails('tcp', RED_SERVER, 80);
  other.space.ip('route', 'del', `${RED_SERVER}/32`);
  t.pass();
});

test.serial('flows that a change no longer allows stop, also a download through the proxy; others go on', async (t) => {
  const download = await web.tell({ do: 'download', args: [PROXY, `${SITE}drip`] });
  const kept = await mail.tell({ do: 'hold', args: [RED_SERVER, '110'] });
  await sleep(1000);
  const { policy } = await box.call('policy.get', {});
  const rule = policy.rules.find(({ remark }) => remark.startsWith('WebAccess'));
  const { cut } = await box.call('policy.edit', { edit: { do: 'toggleRule', id: rule?.id ?? '', enabled: false } });
  t.true(cut >= 1);
  await sleep(2500);
  const { silent, bytes } = JSON.parse((await web.tell({ do: 'flow', args: [download.text] })).text) as {
    silent: number;
    bytes: number;
  };
  t.true(bytes > 0);
  t.true(silent > 1500, `the download went on: silent for ${silent} ms only`);
  t.true((await mail.tell({ do: 'echo', args: [kept.text, 'still there'] })).ok, 'an allowed flow was cut');
  await edit({ do: 'toggleRule', id: rule?.id ?? '', enabled: true });
  await web.succeeds('proxy', PROXY, SITE);
});

test.serial('Disable opens, Enable restricts again and cuts what ran meanwhile', async (t) => {
  await box.call('bot.disable', { password: 'correct horse battery' });
  await web.succeeds('tcp', RED_SERVER, 110);
  const running = await web.tell({ do: 'hold', args: [RED_SERVER, '110'] });
  await box.call('bot.enable', {});
  await web.fails('tcp', RED_SERVER, 110);
  t.false((await web.tell({ do: 'echo', args: [running.text, 'hello'] })).ok, 'the flow from before went on');
  await mail.succeeds('tcp', RED_SERVER, 110);
});

test.serial('Disable asks for the password', async (t) => {
  await t.throwsAsync(box.call('bot.disable', { password: 'wrong password' }), {
    instanceOf: AgentRefusal,
    message: /password/,
  });
  t.is((await box.call('status', {})).bot, 'enabled');
});

test.serial('the two rescue commands open the box, and the agent does not undo them', async (t) => {
  await edit({ do: 'section', section: 'settings', value: { adminMac: '02:00:00:00:00:99' } });
  box.sh(['iptables', '-F', 'BOT_INPUT']);
  box.sh(['iptables', '-F', 'CUSTOMFORWARD']);
  await other.succeeds('tcp', RED_SERVER, 25);
  t.is((await box.call('status', {})).bot, 'released');
  box.rc('agent', 'restart');
  await box.answering();
  t.is((await box.call('status', {})).bot, 'released');
  await other.succeeds('tcp', RED_SERVER, 25);
  await edit({ do: 'section', section: 'settings', value: { adminMac: ADMIN_MAC } });
  t.is((await box.call('status', {})).bot, 'enabled');
  await other.fails('tcp', RED_SERVER, 25);
  await mail.succeeds('tcp', RED_SERVER, 25);
});

test.serial('a boot enforces without the agent', async (t) => {
  for (const name of ['agent', 'squid', 'dnsmasq', 'ulogd']) box.rc(name, 'stop');
  box.sh(['nft', 'flush', 'ruleset']);
  box.sh(['sh', '-c', 'rm -rf "$GREENGATE_RUN"/*']);
  await box.boot(['squid', 'dnsmasq', 'ulogd']);
  await mail.succeeds('tcp', RED_SERVER, 110);
  await web.fails('tcp', RED_SERVER, 110);
  await web.eventually(['proxy', PROXY, SITE], 20);
  await mail.fails('proxy', PROXY, SITE);
  t.pass();
});
