import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { uptime } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { openPage, useChrome } from './chrome.ts';
import { readyUi } from './ui.ts';

const chrome = useChrome();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A box on which changes are on trial, and a clock that the connections share with it. */
const trialUi = async (t: ExecutionContext) => {
  const ui = await readyUi(t, { block: true });
  ui.lab.box.uptime = uptime;
  ui.lab.box.trials = true;
  const names = async () => (await ui.lab.root('policy.get', {})).policy.addresses.map(({ name }) => name);
  const onTrial = async () => (await ui.lab.root('status', {})).trial?.what ?? null;
  return { ...ui, names, onTrial };
};

const save = async ({ admin }: Awaited<ReturnType<typeof trialUi>>, name: string) => {
  await admin.get('/firewall/objects/addresses/new');
  const { action } = admin.page.forms.find(({ fields }) => fields.some(([field]) => field === 'value')) ?? {
    action: '',
  };
  await admin.submit(action, { name, value: '192.168.51.77' });
};

test('without script: the next page says what is on trial, a button keeps it, another undoes it', async (t) => {
  const ui = await trialUi(t);
  const { admin } = ui;
  await save(ui, 'One');
  t.is(admin.status, 200);
  t.regex(admin.page.text, /On trial for (90|89|88) more seconds: added to addresses: “One”/);
  t.is(await ui.onTrial(), 'added to addresses: “One”');
  await admin.submit('/trial/keep', {});
  t.deepEqual([admin.status, await ui.onTrial(), await ui.names()], [200, null, ['One']]);
  t.notRegex(admin.page.text, /On trial/);
  await save(ui, 'Two');
  await admin.submit('/trial/undo', {});
  t.regex(admin.page.text, /The change was undone/);
  t.deepEqual([await ui.onTrial(), await ui.names()], [null, ['One']]);
});

test('a connection from before the change keeps nothing, and is ended with its next answer: the form comes again by another', async (t) => {
  const ui = await trialUi(t);
  const { port } = new URL(ui.url);
  const open = async () => {
    const socket = connect(Number(port), '127.0.0.1');
    t.teardown(() => socket.destroy());
    let text = '';
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
    await new Promise((resolve) => socket.once('connect', resolve));
    return { socket, ended };
  };
  await ui.admin.get('/');
  const csrf = new Map(ui.admin.page.forms.find(({ action }) => action === '/logout')?.fields).get('csrf') ?? '';
  const body = new URLSearchParams({ csrf }).toString();
  const cookie = [...ui.admin.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const head = [
    'POST /trial/keep HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    `Cookie: ${cookie}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
    'HX-Request: true',
  ].join('\r\n');
  const held = await open();
  held.socket.write(head);
  await setTimeout(300);
  await save(ui, 'One');
  held.socket.write(`\r\n\r\n${body}`);
  const answer = await held.ended;
  t.regex(answer, /^HTTP\/1.1 307 /);
  t.regex(answer, /connection: close/i);
  t.not(await ui.onTrial(), null);
  // The clock has hundredths of a second.
  await setTimeout(50);
  const anew = await open();
  anew.socket.write(`${head}\r\nConnection: close\r\n\r\n${body}`);
  t.regex(await anew.ended, /^HTTP\/1.1 303 /);
  t.deepEqual([await ui.onTrial(), await ui.names()], [null, ['One']]);
});

test('with script the page keeps its own change by itself', async (t) => {
  const ui = await trialUi(t);
  const page = await openPage(t, chrome(), ui);
  for (const name of ['One', 'Two', 'Three']) {
    await page.goto(`${ui.url}/firewall/objects/addresses/new`);
    await page.fill('[name="name"]', name);
    await page.fill('[name="value"]', '192.168.51.77');
    await page.keyboard.press('Enter');
    await page.waitForURL(({ pathname }) => pathname === '/firewall/objects/addresses');
  }
  await page.waitForSelector('#trial', { state: 'detached' });
  t.deepEqual([await ui.onTrial(), await ui.names()], [null, ['One', 'Two', 'Three']]);
});

test('while the page cannot keep it, it counts down and offers both ways, at both widths', async (t) => {
  const ui = await trialUi(t);
  const page = await openPage(t, chrome(), ui);
  // What the visitor’s connection proves nothing by.
  ui.lab.opened = () => 0;
  await page.goto(`${ui.url}/firewall/objects/addresses/new`);
  await page.fill('[name="name"]', 'One');
  await page.fill('[name="value"]', '192.168.51.77');
  await page.keyboard.press('Enter');
  const left = async () => Number(await page.textContent('#trial [data-left]'));
  await page.waitForSelector('#keep', { state: 'visible' });
  const first = await left();
  for (let tries = 0; tries < 50 && (await left()) >= first; tries += 1) await page.waitForTimeout(200);
  t.true((await left()) < first);
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 });
    t.true(await page.isVisible('#keep'));
    t.true(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'));
    await page.evaluate(axe);
    t.deepEqual(await page.evaluate("axe.run('#topbar').then(({ violations }) => violations.map(({ id }) => id))"), []);
    if (process.env.SHOTS !== undefined) await page.screenshot({ path: `${process.env.SHOTS}/trial-${width}.png` });
  }
  // The page of BOT hides what the bar offers of BOT's own switch, and nothing else.
  await page.goto(`${ui.url}/firewall/bot`);
  await page.waitForSelector('#keep', { state: 'visible' });
  await page.click('#undo-trial');
  await page.waitForSelector('text=The change was undone');
  t.deepEqual([await ui.onTrial(), await ui.names()], [null, []]);
});
