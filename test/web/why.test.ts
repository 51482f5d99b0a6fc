import test from 'ava';
import { PASSWORD, raw } from '../agent/lab.ts';
import { handbookEdits } from '../lib/handbook.ts';
import { packetLine } from '../lib/log-lines.ts';
import { openPage, useChrome } from './chrome.ts';
import { fillMany } from './fill.ts';
import { readyUi, type Ui } from './ui.ts';

const chrome = useChrome();

const filled = async <U extends Ui>(ui: U): Promise<U> => {
  for (const edit of handbookEdits) await ui.edit(edit);
  return ui;
};

test('a question is the address of a page; the answer is a sentence, the rule is linked, the steps say why not', async (t) => {
  const { admin } = await filled(await readyUi(t, { block: true }));
  await admin.get('/');
  t.regex(admin.page.text, /Block Outgoing Traffic Advanced BOT Config Why\? /);
  await admin.get('/firewall/why');
  t.regex(admin.page.text, /May somebody reach something\?/);
  const form = admin.page.forms.find(({ action }) => action === '/firewall/why');
  t.deepEqual(
    form?.fields.map(([name]) => name),
    ['from', 'to', 'service', 'at', 'mac', 'sourcePort'],
  );
  await admin.get('/firewall/why?from=MailAccess&to=203.0.113.9&service=SMTP&at=2026-11-20T22:30');
  t.is(admin.status, 200);
  t.regex(
    admin.page.text,
    /Let through MailAccess may reach 203\.0\.113\.9 by SMTP: rule 2 \(“MailAccess PCs can use MailingServices”\) lets it through\./,
  );
  t.regex(admin.page.text, /192\.168\.51\.1 to 203\.0\.113\.9, Fri 2026-11-20 22:30 UTC/);
  t.regex(admin.page.html, /Decided by <a href="\/firewall\/bot\/rules\/r1">rule 2/);
  await admin.get('/firewall/why?from=192.168.51.40&to=greengate&service=tcp/25');
  t.regex(
    admin.page.text,
    /Dropped 192\.168\.51\.40 may not use Greengate itself by TCP 25: no rule speaks of it, and the default action drops it silently\./,
  );
  t.regex(
    admin.page.text,
    /2 MailAccess PCs can use MailingServices It speaks of MailAccess \(192\.168\.51\.0\/27\); the sender is 192\.168\.51\.40\./,
  );
  t.true(
    admin.page.links.includes('/firewall/bot/rules/new?source=192.168.51.40&destination=greengate&service=tcp%2F25'),
  );
  t.regex(admin.page.html, /<input [^>]*name="from" value="192\.168\.51\.40"/);
});

test('what is no question is told at its field, and stays', async (t) => {
  const { admin } = await filled(await readyUi(t));
  await admin.get('/firewall/why?from=nobody&to=&service=tcp/x&mac=y&sourcePort=z&at=yesterday');
  t.is(admin.status, 422);
  t.deepEqual(Object.keys(admin.page.errors).sort(), ['at', 'from', 'mac', 'service', 'sourcePort', 'to']);
  t.is(
    admin.page.errors.from,
    'Nothing is called “nobody”. Write an IP address, a MAC or the name of an address or group.',
  );
  const form = admin.page.forms.find(({ action }) => action === '/firewall/why');
  t.deepEqual(Object.fromEntries(form?.fields ?? []), {
    from: 'nobody',
    to: '',
    service: 'tcp/x',
    mac: 'y',
    sourcePort: 'z',
    at: 'yesterday',
  });
});

test('from a line of the log: with its MAC and at its moment; who only looks may ask as well', async (t) => {
  const ui = await filled(await readyUi(t));
  await ui.edit({ do: 'section', section: 'network', value: { timezone: 'Europe/Berlin' } });
  const mac = '00:16:3e:00:00:35';
  await ui.edit({
    do: 'saveRule',
    position: 0,
    value: {
      source: { kind: 'typed', value: mac },
      destination: { kind: 'any' },
      service: { kind: 'any' },
      action: 'reject',
      remark: 'Not this card',
    },
  });
  await ui.writeLog('firewall.json', [
    packetLine({
      'oob.time.sec': 1_795_380_474,
      dest_ip: '203.0.113.9',
      dest_port: 25,
      src_port: 1025,
      'mac.saddr.str': mac,
    }),
  ]);
  const user = { name: 'look', role: 'viewer', create: true, password: PASSWORD, newPassword: 'only looks at it' };
  await raw(ui.lab.web, 'users.save', user, ui.lab.token);
  const viewer = ui.browser();
  await viewer.get('/login');
  await viewer.submit('/login', { user: 'look', password: 'only looks at it' });
  for (const browser of [ui.admin, viewer]) {
    await browser.get('/logs/firewall');
    const why = browser.page.links.find((link) => link.startsWith('/firewall/why?')) ?? '';
    t.deepEqual(Object.fromEntries(new URL(why, ui.url).searchParams), {
      ...{ from: '192.168.51.25', mac, to: '203.0.113.9', service: 'tcp/25' },
      ...{ sourcePort: '1025', at: '2026-11-22T21:47:54' },
    });
    await browser.get(why);
    t.is(browser.status, 200);
    t.regex(browser.page.text, /Rejected .* rule 1 \(“Not this card”\) rejects it with an answer/);
    t.regex(browser.page.text, /Sun 2026-11-22 21:47 Europe\/Berlin/);
    t.is(browser.page.text.includes('Allow it…'), browser === ui.admin);
  }
});

test('the MAC of a lease is known, and said', async (t) => {
  const ui = await filled(await readyUi(t));
  await ui.edit({
    do: 'saveRule',
    position: 0,
    value: {
      source: { kind: 'typed', value: '00:16:3e:00:00:25' },
      destination: { kind: 'any' },
      service: { kind: 'any' },
      action: 'drop',
    },
  });
  for (const from of ['192.168.51.25', 'pc']) {
    await ui.admin.get(`/firewall/why?from=${from}&to=203.0.113.9&service=tcp/25`);
    t.regex(
      ui.admin.page.text,
      /Decided by rule 1 \. 192\.168\.51\.25 has the MAC 00:16:3e:00:00:25 by its lease\./,
      from,
    );
  }
});

test('two thousand rules are folded by what they name, below 100 KB', async (t) => {
  const ui = await readyUi(t);
  await fillMany(ui, 2000);
  await ui.admin.get('/firewall/why?from=192.168.51.7&to=203.0.113.9&service=gre');
  t.regex(
    ui.admin.page.text,
    /What was asked, in order 2.000 rules name another source 1 .* and 1.960 more Default action No rule decided/,
  );
  t.true(ui.admin.page.html.length < 100_000, `${ui.admin.page.html.length}`);
});

test('typed into the pickers, sent by Enter', async (t) => {
  const ui = await filled(await readyUi(t, { block: true }));
  const page = await openPage(t, chrome(), ui, { viewport: { width: 390, height: 844 } });
  await page.goto(`${ui.url}/firewall/why`);
  await page.fill('#from', 'webacc');
  await page.locator('#from-list [role="option"]', { hasText: 'WebAccess' }).click();
  t.is(await page.inputValue('#from'), 'WebAccess');
  await page.fill('#to', 'greeng');
  await page.locator('#to-list [role="option"]', { hasText: 'the box itself' }).click();
  await page.fill('#service', 'greengatepro');
  await page.locator('#service-list [role="option"]').first().click();
  await page.locator('#service').press('Enter');
  await page.waitForSelector('#answer');
  t.regex(page.url(), /\/firewall\/why\?from=WebAccess&to=Greengate&service=GreengateProxy&at=&mac=&sourcePort=$/);
  t.regex((await page.textContent('#sentence')) ?? '', /^WebAccess may use Greengate itself by GreengateProxy: rule 3/);
  await page.click('#decider a');
  t.regex(page.url(), /\/firewall\/bot\/rules\/r2$/);
  await page.goBack();
  t.regex((await page.textContent('#sentence')) ?? '', /^WebAccess may use/);
});
