import test from 'ava';
import type { TrafficSample } from '../../src/agent/api.ts';
import { formatRate } from '../../src/web/format.ts';
import { trafficOf } from '../../src/web/traffic.ts';
import { fillOffice } from './fill.ts';
import { readyUi } from './ui.ts';

const sample = (time: number, received: number, sent = 0): TrafficSample => ({
  time,
  green: { received, sent },
  red: { received: sent, sent: received },
});

test('rates are what was carried between two looks; the hour is a picture, and a counter that began anew is no traffic', (t) => {
  const now = 10_000;
  const samples = [
    sample(now - 3700, 0),
    sample(now - 1800, 0),
    sample(now - 900, 90_000, 9000),
    sample(now, 100, 27_000),
  ];
  t.deepEqual(trafficOf(samples, 'green', now), {
    received: 0,
    sent: 20,
    most: 100,
    receivedPoints: '150.0,47.0 225.0,1.0 300.0,47.0',
    sentPoints: '150.0,47.0 225.0,42.4 300.0,37.8',
    from: '150.0',
    to: '300.0',
  });
  t.is(trafficOf(samples, 'red', now)?.received, 20);
  t.is(trafficOf(samples.slice(0, 1), 'green', now), null);
  t.is(trafficOf([sample(1, 5), sample(1, 6)], 'green', 2), null, 'two looks at once say nothing');
  t.is(trafficOf([sample(9980, 5), sample(now, 5)], 'green', now)?.receivedPoints, '300.0,47.0', 'quiet is no fault');
});

test('rates in bits, as networks are sold', (t) => {
  t.deepEqual([0, 1, 124, 125_000, 12_500_000, 1.25e9].map(formatRate), [
    '0 bit/s',
    '8 bit/s',
    '992 bit/s',
    '1.0 Mbit/s',
    '100 Mbit/s',
    '10.0 Gbit/s',
  ]);
});

test('Home shows the traffic of both interfaces in a picture and in words', async (t) => {
  const ui = await readyUi(t, { block: true });
  const { admin } = ui;
  await admin.get('/');
  t.regex(admin.page.text, /The picture of the traffic begins a minute after the start/);
  const now = ui.lab.box.clock();
  ui.lab.box.traffic = [
    sample(now - 40, 0, 0),
    sample(now - 20, 50_000_000, 2_500_000),
    sample(now, 52_500_000, 5_000_000),
  ];
  await admin.get('/');
  t.regex(
    admin.page.text,
    /GREEN inside.* 1\.0 Mbit\/s received 1\.0 Mbit\/s sent last hour, at most 20\.0 Mbit\/s .*RED outside/,
  );
  t.regex(admin.page.html, /role="img" aria-label="Traffic on RED in the last hour, at most 20\.0 Mbit\/s"/);
});

test('a rule tells its last match: to the second where the log knows it, else to the minute as the counter was seen to grow', async (t) => {
  const ui = await readyUi(t, { block: true });
  await fillOffice(ui);
  const now = ui.lab.box.clock();
  Object.assign(ui.lab.box.hits, { r1: now - 7200, r3: now - 3600 * 24, default: now - 300 });
  await ui.admin.get('/firewall/bot');
  const { text, html } = ui.admin.page;
  t.regex(text, /POP3, SMTP Anywhere outside MailAccess PCs can use MailingServices 5 120 2 hours ago/);
  t.notRegex(html, /origin=r1/, 'without a line in the log there is no way to it');
  t.regex(text, /The printer stays inside 0 1 minute ago/, 'the log knows better');
  t.regex(html, /origin=r3/);
  t.regex(text, /Default action on 431 5 minutes ago/);
});
