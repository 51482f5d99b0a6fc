import test from 'ava';
import { handbookEdits } from '../lib/handbook.ts';
import { packetLine } from '../lib/log-lines.ts';
import { fillOffice } from './fill.ts';
import { readyUi } from './ui.ts';

const line = (second: number, change: object = {}) => packetLine({ 'oob.time.sec': 1_795_380_474 + second, ...change });

test('the handbook denial: every column, and the port named after our own service', async (t) => {
  const ui = await readyUi(t);
  for (const edit of handbookEdits) await ui.edit(edit);
  await ui.writeLog('firewall.json', [line(0)]);
  await ui.admin.get('/logs/firewall');
  t.regex(
    ui.admin.page.text,
    /Time UTC Chain Iface Proto Source Src Port MAC Destination Dst Port Actions 22 Nov 20:47:54 GREEN DROP green TCP 192\.168\.51\.25 pc 52416 00:16:3e:00:00:25 192\.168\.51\.254 Greengate 800 GreengateProxy/,
  );
});

test('without a service of our own the box names its own ports, then the default services theirs', async (t) => {
  const ui = await readyUi(t);
  await ui.writeLog('firewall.json', [
    line(0),
    line(1, { dest_ip: '203.0.113.9' }),
    line(2, { dest_ip: '203.0.113.9', dest_port: 25 }),
    line(3, { 'ip.protocol': 1, src_port: undefined, dest_port: undefined }),
  ]);
  await ui.admin.get('/logs/firewall');
  const rows = ui.admin.page.html
    .split('<tr>')
    .slice(2)
    .map((row) =>
      row
        .replace(/<[^>]+>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    );
  t.regex(rows[3] ?? '', /800 Greengate proxy Why\? Allow… Block…$/);
  t.regex(rows[2] ?? '', /203\.0\.113\.9 800 Why\? Allow… Block…$/);
  t.regex(rows[1] ?? '', /25 SMTP Why\? Allow… Block…$/);
  t.regex(rows[0] ?? '', /ICMP 192\.168\.51\.25 pc 00:16:3e:00:00:25 192\.168\.51\.254 Greengate Why\? Allow… Block…$/);
});

test('a value is a link that filters, a filter a chip that goes away, and both have an address', async (t) => {
  const ui = await readyUi(t);
  await ui.writeLog('firewall.json', [line(0), line(1, { dest_port: 443 }), line(2, { src_ip: '192.168.51.70' })]);
  const { admin } = ui;
  await admin.get('/logs/firewall');
  t.true(admin.page.links.includes('/logs/firewall?dport=443'));
  await admin.get('/logs/firewall?dport=800&live=0');
  t.true(
    admin.page.links.includes('/logs/firewall?dport=800&source=192.168.51.70&live=0') ||
      admin.page.links.includes('/logs/firewall?source=192.168.51.70&dport=800&live=0'),
  );
  t.is(admin.page.html.split('<tr>').length - 2, 2);
  await admin.get('/logs/firewall?dport=800&source=192.168.51.70');
  t.is(admin.page.html.split('<tr>').length - 2, 1);
  t.true(admin.page.links.includes('/logs/firewall?source=192.168.51.70'));
  await admin.get('/logs/firewall?dport=1');
  t.regex(admin.page.text, /No line matches/);
});

test('logs page by cursor: older and newer lead there and back; live is for the newest page only', async (t) => {
  const ui = await readyUi(t);
  await fillOffice(ui);
  const { admin } = ui;
  const ids = () => [...admin.page.html.matchAll(/<time datetime="([^"]+)"/g)].map(([, time]) => time ?? '');
  const follow = (rel: string) =>
    admin.page.html.match(new RegExp(`rel="${rel}" href="([^"]+)"`))?.[1]?.replaceAll('&amp;', '&') ?? '';
  await admin.get('/logs/firewall');
  t.regex(admin.page.html, /hx-trigger="every 3s"/);
  const first = ids();
  t.is(first.length, 50);
  await admin.get(follow('next'));
  t.notRegex(admin.page.html, /hx-trigger="every 3s"/);
  const second = ids();
  await admin.get(follow('next'));
  t.is(new Set([...first, ...second, ...ids()]).size, 130, 'three pages hold all 130 lines, none twice');
  t.is(follow('next'), '');
  await admin.get(follow('prev'));
  t.deepEqual(ids(), second);
  await admin.get('/logs/firewall?live=0');
  t.notRegex(admin.page.html, /hx-trigger="every 3s"/);
});

test('the proxy log shows who asked for what, and filters', async (t) => {
  const ui = await readyUi(t);
  await fillOffice(ui);
  const { admin } = ui;
  await admin.get('/logs/proxy');
  t.regex(
    admin.page.text,
    /192\.168\.51\.35 webroom GET www\.example\.com http:\/\/www\.example\.com\/articles\/2026\/11\/1\?from=front 200 TCP_MISS 4\.1 kB 19 ms/,
  );
  await admin.get('/logs/proxy?denied=1');
  t.notRegex(admin.page.text, /TCP_MISS/);
  t.regex(admin.page.text, /403 TCP_DENIED/);
  await admin.get('/logs/proxy?host=www.example.org&status=200');
  t.notRegex(admin.page.text, /www\.example\.com|403/);
});

test('home folds denials by host and service', async (t) => {
  const ui = await readyUi(t, { block: true });
  await fillOffice(ui);
  await ui.admin.get('/');
  t.regex(ui.admin.page.text, /Blocking outgoing traffic; 4 rules, \d+ denials in the last minute/);
  t.regex(ui.admin.page.text, /192\.168\.51\.25 mailroom GreengateProxy TCP 800 192\.168\.51\.254 \d+/);
});
