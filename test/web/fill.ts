import { gzipSync } from 'node:zlib';
import { PASSWORD } from '../agent/lab.ts';
import { bot } from '../import/lib/bot.ts';
import { tar } from '../import/lib/tar.ts';
import { handbookEdits } from '../lib/handbook.ts';
import type { Ui } from './ui.ts';

/** Names that break careless pages: markup, quotes, right-to-left, 200 characters without a blank, template syntax. */
export const hostile = {
  markup: `<script>alert('x')</script><img src=x onerror="alert(1)">`,
  rtl: 'مكتب المحاسبة والمالية (الطابق الثالث)',
  long: 'Praxisgemeinschaft'.repeat(12).slice(0, 200),
  template: `{{ 7*7 }} {% raw %} " ' & \${7*7}`,
};

/** The handbook's example, with traffic in its logs: what a box of a small office looks like. */
export const fillOffice = async (ui: Ui): Promise<void> => {
  for (const edit of handbookEdits) await ui.edit(edit);
  await ui.edit({
    do: 'save',
    collection: 'addresses',
    value: { name: 'Reception', value: '192.168.51.70', remark: 'Front desk PC' },
  });
  await ui.edit({
    do: 'save',
    collection: 'addresses',
    value: { name: 'Printer', value: '00:16:3e:aa:00:07', remark: '' },
  });
  await ui.edit({
    do: 'save',
    collection: 'addressGroups',
    value: {
      name: 'Office',
      remark: 'Everybody with a desk',
      members: [{ name: 'Reception' }, { name: 'WebAccess', enabled: false }, { name: 'MailAccess' }],
    },
  });
  const rule = { source: { kind: 'any' }, destination: { kind: 'any' }, service: { kind: 'any' }, action: 'accept' };
  await ui.edit({
    do: 'saveRule',
    value: {
      ...rule,
      source: { kind: 'address', name: 'Printer' },
      action: 'reject',
      log: true,
      remark: 'The printer stays inside',
    },
  });
  await ui.edit({
    do: 'saveRule',
    value: {
      ...rule,
      source: { kind: 'group', name: 'Office' },
      service: { kind: 'service', name: 'SSH' },
      destination: { kind: 'typed', value: '203.0.113.0/24' },
      enabled: false,
      remark: '',
    },
  });
  seeTraffic(ui);
  const now = Math.floor(Date.now() / 1000);
  await ui.writeLog(
    'firewall.json',
    Array.from({ length: 130 }, (_, index) => packet(now, 130 - index)),
  );
  await ui.writeLog(
    'proxy.log',
    Array.from({ length: 70 }, (_, index) => request(now, 70 - index)),
  );
};

/** Other users, one with tokens; a host blocked and one let through; fixed leases; a service group and an address that nothing uses. */
export const fillPeople = async (ui: Ui): Promise<void> => {
  const { lab } = ui;
  const save = { create: true, password: PASSWORD, newPassword: 'another long password' };
  await lab.web('users.save', { ...save, name: 'eva', role: 'operator' }, lab.token);
  await lab.web('users.save', { ...save, name: 'receptionist.of.the.branch.office', role: 'viewer' }, lab.token);
  const eva = await lab.web('login', { user: 'eva', password: save.newPassword, visitor: '192.168.51.70' });
  for (const [name, expires] of [
    ['class room 3', null],
    ['nightly backup', lab.box.clock() + 400 * 86_400],
  ] as const)
    await lab.web('tokens.create', { name, role: 'viewer', expires, password: save.newPassword }, eva.token);
  const until = lab.box.clock() + 5400;
  await ui.edit({ do: 'block', host: '192.168.51.170', action: 'drop', until, remark: 'Exam in room 3' });
  await ui.edit({ do: 'block', host: '00:16:3e:00:00:35', action: 'accept', until: null });
  const lease = { mac: '00:16:3e:00:00:35', address: '192.168.51.35', name: 'webroom', remark: 'Beside the window' };
  await ui.edit({ do: 'section', section: 'dhcp', value: { fixed: [lease] } });
  const members = [{ name: 'SSH' }];
  await ui.edit({ do: 'save', collection: 'serviceGroups', value: { name: 'Spare', members } });
  await ui.edit({ do: 'save', collection: 'addresses', value: { name: 'Old scanner', value: '192.168.51.99' } });
};

/** An hour of traffic with a lunch break. */
export const seeHour = ({ lab: { box } }: Ui): void => {
  const now = box.clock();
  let [received, sent] = [8_400_000_000, 91_000_000_000];
  box.traffic = Array.from({ length: 181 }, (_, index) => {
    const busy = index > 60 && index < 100 ? 0.05 : 1;
    received += Math.round(busy * (150_000 + 120_000 * Math.sin(index / 3)) * 20);
    sent += Math.round(busy * (900_000 + 700_000 * Math.sin(index / 7) * Math.cos(index / 2)) * 20);
    const time = now - (180 - index) * 20;
    return { time, green: { received, sent }, red: { received: sent, sent: received } };
  });
  Object.assign(box.hits, { dns: now - 40, r1: now - 700, r2: now - 10_000, default: now - 60 });
};

/** Objects and a rule with every hostile name, everywhere a name can stand. */
export const fillHostile = async (ui: Ui): Promise<void> => {
  for (const name of Object.values(hostile)) {
    await ui.edit({ do: 'save', collection: 'addresses', value: { name, value: '10.1.2.3', remark: name } });
    await ui.edit({ do: 'save', collection: 'addressGroups', value: { name, remark: name, members: [{ name }] } });
    await ui.edit({ do: 'save', collection: 'services', value: { name, protocol: 'tcp', ports: '25', remark: name } });
    await ui.edit({ do: 'save', collection: 'serviceGroups', value: { name, remark: name, members: [{ name }] } });
    await ui.edit({
      do: 'saveRule',
      value: {
        source: { kind: 'group', name },
        destination: { kind: 'address', name },
        service: { kind: 'group', name },
        action: 'accept',
        remark: name,
      },
    });
  }
  await ui.edit({ do: 'block', host: '192.168.51.25', action: 'drop', until: null, remark: hostile.long });
  await ui.edit({ do: 'block', host: '192.168.51.26', action: 'drop', until: null, remark: hostile.rtl });
  seeTraffic(ui);
  ui.lab.twin.leases = async () => [
    { mac: '00:16:3e:00:00:25', address: '192.168.51.25', name: hostile.markup, expires: 9 },
    { mac: '00:16:3e:00:00:26', address: '192.168.51.26', name: hostile.rtl, expires: 9 },
    { mac: '00:16:3e:00:00:27', address: '192.168.51.27', name: hostile.long, expires: 9 },
  ];
  const now = Math.floor(Date.now() / 1000);
  await ui.writeLog('firewall.json', [packet(now, 1)]);
  await ui.writeLog('proxy.log', [
    JSON.stringify({ ...JSON.parse(request(now, 1)), url: `http://x.example/${hostile.markup}` }),
  ]);
};

/** A rule set that pages: `count` rules, each with its own address. */
export const fillMany = async (ui: Ui, count: number): Promise<void> => {
  const { policy } = await ui.lab.web('policy.get', {}, ui.lab.token);
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const name = (number: number) => `Workplace ${number}`;
  await ui.edit({
    do: 'replace',
    value: {
      ...policy,
      addresses: numbers.map((number) => ({ name: name(number), value: `10.${number >> 8}.${number & 255}.7` })),
      rules: numbers.map((number) => ({
        id: `r${number}`,
        source: { kind: 'address', name: name(number) },
        destination: { kind: 'any' },
        service: { kind: 'service', name: number % 2 === 0 ? 'HTTPS' : 'SMTP' },
        action: 'accept',
        remark: `Workplace ${number} may work`,
      })),
    },
  });
};

const seeTraffic = ({ lab: { twin } }: Ui): void => {
  const card = {
    carrier: true,
    mac: '00:16:3e:00:00:01',
    address: '192.168.51.254/24',
    rxBytes: 8_412_345_678,
    txBytes: 91_234_567_890,
  };
  twin.observe = async () => ({
    version: '0.1.0',
    base: 'debian 12',
    uptime: 273_000,
    memory: { total: 512_000_000, available: 331_000_000 },
    storage: { total: 3_900_000_000, available: 3_100_000_000 },
    green: card,
    red: {
      ...card,
      mac: '00:16:3e:00:00:02',
      address: '198.51.100.20/24',
      gateway: '198.51.100.1',
      dns: ['198.51.100.53'],
    },
    notices: [],
  });
  twin.packets = {
    dns: { packets: 18_231, bytes: 1_400_000 },
    r1: { packets: 5120, bytes: 7_000_000 },
    r2: { packets: 912_345, bytes: 900_000_000 },
    default: { packets: 431, bytes: 25_000 },
  };
  const expires = Math.floor(Date.now() / 1000) + 30_000;
  twin.leases = async () => [
    { mac: '00:16:3e:00:00:25', address: '192.168.51.25', name: 'mailroom', expires },
    { mac: '00:16:3e:00:00:35', address: '192.168.51.35', name: 'webroom', expires },
    { mac: '3a:1f:00:9c:44:70', address: '192.168.51.170', name: '', expires },
  ];
};

const packet = (now: number, back: number): string =>
  JSON.stringify({
    'oob.prefix': back % 9 === 0 ? 'GREEN REJECT r3' : 'GREEN DROP default',
    'oob.time.sec': now - back * 7,
    'oob.time.usec': 369_525,
    'oob.in': 'green',
    'oob.out': '',
    'ip.protocol': [6, 6, 17, 1][back % 4],
    src_ip: back % 3 === 0 ? '192.168.51.70' : '192.168.51.25',
    dest_ip: back % 4 === 0 ? '192.168.51.254' : '203.0.113.10',
    ...(back % 4 === 3 ? {} : { src_port: 40_000 + back, dest_port: [800, 443, 5353][back % 4] }),
    'mac.saddr.str': '00:16:3e:00:00:25',
  });

const request = (now: number, back: number): string =>
  JSON.stringify({
    time: now - back * 11 + 0.25,
    ms: 12 + back * 7,
    client: '192.168.51.35',
    status: back % 6 === 0 ? 403 : 200,
    method: back % 2 === 0 ? 'CONNECT' : 'GET',
    url: back % 2 === 0 ? 'www.example.org:443' : `http://www.example.com/articles/2026/11/${back}?from=front`,
    bytes: 4096 * back,
    hier: `${back % 6 === 0 ? 'TCP_DENIED' : back % 2 === 0 ? 'TCP_TUNNEL' : 'TCP_MISS'}/HIER_DIRECT`,
  });

/** An old BOT's backup: a rule that comes in, one that does not, one for advanced mode. */
export const oldBackup = (): Buffer => {
  const config = [
    bot({ srcType: 'custSrcAdr', src: 'Mail', serviceType: 'default', service: 'pop3', remark: 'Mail out' }),
    bot({ srcType: 'custSrcAdr', src: 'Gone' }),
    bot({ mode: 'adv', srcPort: '1024:65535' }),
  ].join('\n');
  const settings = 'ADMIN_MAC=00:16:3e:00:00:77\nADV_MODE_ENABLE=off\n';
  const folder = 'var/ipcop/fwrules';
  const networks = 'Mail,ip,192.168.51.0,27,1\n';
  return gzipSync(
    tar({
      [`${folder}/config`]: config,
      [`${folder}/customnetworks`]: networks,
      [`${folder}/settings`]: settings,
      'var/ipcop/ethernet/x.pl': 'no',
    }),
  );
};
