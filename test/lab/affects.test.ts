import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Edit } from '../../src/policy/edit.ts';
import type { Host } from '../appliance/lib/host.ts';
import { endAll } from '../appliance/lib/process.ts';
import { startRedServers } from '../appliance/lib/red-servers.ts';
import { aimAtBox, BOX_RED, makeTopology, RED_SERVER } from '../appliance/lib/topology.ts';
import { ADMIN_MAC } from '../lib/handbook.ts';
import { LabBox } from './lib/box.ts';

/** What is announced before a change is what conntrack loses by it, with connections that are really open. */
let box: LabBox;
const hosts: Record<string, Host> = {};

test.before(async () => {
  const topology = makeTopology();
  aimAtBox((await startRedServers(topology)).space);
  for (const last of ['7', '8']) hosts[last] = topology.green({ address: `192.168.51.${last}` });
  box = new LabBox(topology);
  await box.boot(['agent']);
  const code = readFileSync(join(box.folder, 'run/setup-code'), 'utf8').trim();
  await box.call('setup.finish', { code, password: 'correct horse battery', block: false, visitor: '192.168.51.10' });
  const red = { mode: 'static', address: BOX_RED, netmask: '255.255.255.0', gateway: RED_SERVER };
  await edit({ do: 'section', section: 'network', value: { red } });
  await edit({ do: 'section', section: 'settings', value: { adminMac: ADMIN_MAC } });
  await box.call('bot.enable', {});
  for (const [name, last] of [['Anna', 7] as const, ['Bert', 8] as const])
    await edit({ do: 'save', collection: 'addresses', value: { name, value: `192.168.51.${last}` } });
  await edit({ do: 'save', collection: 'addressGroups', value: group('Anna', 'Bert') });
  for (const [remark, service] of [['Mail out', 'SMTP'] as const, ['Mail in', 'POP3'] as const])
    await edit({
      do: 'saveRule',
      value: {
        source: { kind: 'group', name: 'MailAccess' },
        destination: { kind: 'any' },
        service: { kind: 'service', name: service },
        action: 'accept',
        remark,
      },
    });
});

test.after.always(() => endAll());

const edit = (one: Edit) => box.call('policy.edit', { edit: one });

const group = (...names: string[]) => ({
  name: 'MailAccess',
  members: names.map((name) => ({ kind: 'object', name, enabled: true })),
});

/** The TCP connections from GREEN to RED that the kernel knows, as `address port`. */
const open = (): string[] =>
  box
    .sh(['conntrack', '-L', '-p', 'tcp', '-o', 'extended'])
    .split('\n')
    .flatMap((line) => {
      const [, from = '', port = ''] =
        /ESTABLISHED src=(192\.168\.51\.\d+) dst=\S+ sport=\d+ dport=(\d+)/.exec(line) ?? [];
      return from === '' ? [] : [`${from} ${port}`];
    })
    .sort();

const hold = async (last: string, port: number): Promise<string> => {
  const held = await hosts[last]?.tell({ do: 'hold', args: [RED_SERVER, String(port)] });
  if (held?.ok !== true) throw new Error(`${last} has no connection to port ${port}: ${held?.text}`);
  return held.text;
};

const steps: [string, Edit][] = [
  ['a member leaves its group', { do: 'save', collection: 'addressGroups', was: 'MailAccess', value: group('Bert') }],
  ['nobody is touched', { do: 'save', collection: 'addresses', value: { name: 'Carl', value: '192.168.51.9' } }],
  [
    'a service loses its port',
    {
      do: 'saveRule',
      position: 0,
      value: {
        source: { kind: 'any' },
        destination: { kind: 'any' },
        service: { kind: 'service', name: 'POP3' },
        action: 'drop',
      },
    },
  ],
];

test.serial('what is announced equals what conntrack loses', async (t) => {
  for (const last of ['7', '8']) for (const port of [25, 110]) await hold(last, port);
  await hold('7', 25);
  const losses: number[] = [];
  for (const [what, one] of steps) {
    const before = open();
    const told = await box.call('policy.affects', { edit: one });
    t.deepEqual(open(), before, `${what}: looking cuts nothing`);
    const { cut } = await edit(one);
    const left = [...before];
    for (const { count, from, service } of told.cut)
      for (let number = 0; number < count; number += 1) {
        const place = left.indexOf(`${from} ${service.replace('tcp/', '')}`);
        t.true(place >= 0, `${what}: ${from} ${service} was open`);
        left.splice(place, 1);
      }
    t.deepEqual(open(), left, what);
    t.is(cut, told.connections, what);
    losses.push(cut);
  }
  t.deepEqual(losses, [3, 0, 1], 'two by SMTP and one by POP3 of .7; then the other one by POP3');
});
