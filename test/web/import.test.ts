import { gzipSync } from 'node:zlib';
import test from 'ava';
import { PASSWORD } from '../agent/lab.ts';
import { bot } from '../import/lib/bot.ts';
import { tar } from '../import/lib/tar.ts';
import { parseHtml } from './page.ts';
import { readyUi, type Ui } from './ui.ts';

const policyOf = async ({ lab }: Ui) => (await lab.web('policy.get', {}, lab.token)).policy;

/** Sends the page's form with a file, as a browser does. */
const upload = async (
  { admin, url }: Ui & { admin: Ui extends never ? never : Awaited<ReturnType<typeof readyUi>>['admin'] },
  name: string,
  bytes: Buffer | string,
  csrf?: string,
) => {
  await admin.get('/firewall/import');
  const form = admin.page.forms.find((one) => one.action === '/firewall/import');
  const body = new FormData();
  body.append('csrf', csrf ?? new Map(form?.fields).get('csrf') ?? '');
  body.append('file', new Blob([bytes as never]), name);
  const cookie = [...admin.cookies].map(([key, value]) => `${key}=${value}`).join('; ');
  const answer = await fetch(`${url}/firewall/import`, {
    method: 'POST',
    body,
    headers: { cookie },
    redirect: 'manual',
  });
  return { status: answer.status, location: answer.headers.get('location'), page: parseHtml(await answer.text()) };
};

/** The status of a request that is longer than anything the box reads: 413 when it was read to that point. */
const sendTooMuch = async (url: string, method: string, headers: Record<string, string>) => {
  const body = Buffer.alloc(17_000_000, 'x');
  body.write('--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n');
  body.write('\r\n--x--\r\n', body.length - 9);
  const answer = await fetch(url, { method, headers, body, redirect: 'manual' });
  return { status: answer.status, text: await answer.text() };
};

const config = [
  bot({ srcType: 'custSrcAdr', src: 'Mail', serviceType: 'default', service: 'pop3', remark: 'Mail <b>out</b>' }),
  bot({ srcType: 'custSrcAdr', src: 'Gone' }),
  bot({ mode: 'adv', srcPort: '1024:65535' }),
].join('\n');
const archive = gzipSync(
  tar({
    'var/ipcop/fwrules/config': config,
    'var/ipcop/fwrules/customnetworks': 'Mail,ip,192.168.51.0,27,1\n',
    'var/ipcop/fwrules/settings': 'ADMIN_MAC=00:16:3e:00:00:77\nADV_MODE_ENABLE=off\n',
    'var/ipcop/ethernet/x.pl': 'no',
  }),
);

test('old files: nothing is applied before the confirmation, then as one change', async (t) => {
  const ui = await readyUi(t, { block: true });
  const { admin } = ui;
  const before = await policyOf(ui);
  t.like(await upload(ui, 'backup.tar.gz', archive), { status: 303, location: '/firewall/import/preview' });
  await admin.get('/firewall/import/preview');
  t.regex(admin.page.text, /1 rules? uses|2 rules use|one rule uses/);
  t.regex(admin.page.text, /No address is called “Gone”/);
  t.regex(admin.page.text, /stays among the further administrators/);
  t.deepEqual(await policyOf(ui), before);
  await admin.get('/firewall/import/rules');
  t.regex(admin.page.text, /Mail may reach any address outside by POP3/);
  t.regex(admin.page.text, /Mail <b>out<\/b>/);
  await admin.get('/firewall/import/preview?q=%5Bimported+disabled%5D');
  t.notRegex(admin.page.text, /custSrcAdr,Mail,/);
  await admin.submit('/firewall/import/answers', { mode: 'below', advanced: 'as-written' });
  await admin.submit('/firewall/import/apply', {});
  t.is(admin.path, '/firewall/bot', admin.page.text);
  const after = await policyOf(ui);
  t.deepEqual(after.rules.slice(0, before.rules.length), before.rules);
  t.deepEqual(
    after.rules.slice(before.rules.length).map(({ enabled, remark }) => [enabled, remark]),
    [
      [true, 'Mail <b>out</b>'],
      [false, '[off: No address is called “Gone” in these files.]'],
      [true, ''],
    ],
  );
  t.deepEqual(after.settings, before.settings);
  t.deepEqual(ui.reports, []);
});

test('replacing keeps BOT on, and lets in whoever administered before', async (t) => {
  const ui = await readyUi(t, { block: true });
  const { admin } = ui;
  const before = await policyOf(ui);
  await upload(ui, 'backup.tar.gz', archive);
  await admin.get('/firewall/import/preview');
  await admin.submit('/firewall/import/apply', {});
  t.is(admin.path, '/firewall/bot');
  const { settings, rules } = await policyOf(ui);
  t.like(settings, { enabled: true, adminMac: '00:16:3e:00:00:77', moreAdmins: [before.settings.adminMac] });
  t.deepEqual(
    rules.map(({ enabled }) => enabled),
    [true, false, false],
  );
});

test('a page that is older than the policy or its answers applies nothing', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await upload(ui, 'backup.tar.gz', archive);
  await admin.get('/firewall/import/preview');
  await ui.edit({ do: 'section', section: 'network', value: { hostname: 'meanwhile' } });
  await admin.submit('/firewall/import/apply', {});
  t.regex(admin.page.text, /Nothing was changed/);
  t.is((await policyOf(ui)).addresses.length, 0);
  await admin.submit('/firewall/import/apply', { id: 'another' });
  t.is((await policyOf(ui)).addresses.length, 0);
  await admin.submit('/firewall/import/apply', { answers: '{}' });
  t.is((await policyOf(ui)).addresses.length, 0);
  await admin.submit('/firewall/import/apply', {});
  t.deepEqual(
    (await policyOf(ui)).addresses.map(({ name }) => name),
    ['Mail', 'Gone (missing)'],
  );
});

test('export and import of a policy: what went out comes in; newer and broken ones are refused', async (t) => {
  const ui = await readyUi(t);
  const { admin, lab } = ui;
  await ui.edit({ do: 'save', collection: 'addresses', value: { name: 'Kept', value: '192.168.51.9' } });
  const before = await policyOf(ui);
  const cookie = [...admin.cookies].map(([key, value]) => `${key}=${value}`).join('; ');
  const answer = await fetch(`${ui.url}/firewall/import/policy.json`, { headers: { cookie } });
  t.regex(answer.headers.get('content-disposition') ?? '', /^attachment; filename="greengate-policy-\d+\.json"/);
  const text = await answer.text();
  t.deepEqual(JSON.parse(text), before);
  await lab.web('policy.edit', { edit: { do: 'delete', collection: 'addresses', name: 'Kept' } }, lab.token);
  t.is((await upload(ui, 'policy.json', text)).status, 303);
  await admin.get('/firewall/import/preview');
  t.regex(admin.page.text, /a policy of Greengate \(schema \d+\)/);
  await admin.submit('/firewall/import/apply', {});
  t.deepEqual(await policyOf(ui), before);
  t.regex(
    (await upload(ui, 'policy.json', JSON.stringify({ ...before, schema: 99 }))).page.text,
    /written by a newer Greengate \(schema 99\)/,
  );
  t.regex((await upload(ui, 'policy.json', '{"schema": 2, ')).page.text, /damaged/);
  t.regex((await upload(ui, 'policy.json', JSON.stringify({ ...before, evil: 1 }))).page.text, /no field called/);
});

test('hostile uploads get a sentence, forged ones nothing', async (t) => {
  const ui = await readyUi(t);
  t.is((await upload(ui, 'backup.tar.gz', archive, 'wrong')).status, 403);
  t.regex((await upload(ui, 'x.tar', tar({ '../../etc/passwd': 'x' }))).page.text, /leads out of it/);
  t.regex((await upload(ui, 'x.tar.gz', gzipSync(Buffer.alloc(30_000_000)))).page.text, /too large/);
  t.regex((await upload(ui, 'photo.jpg', Buffer.from([0xff, 0xd8, 0, 1]))).page.text, /neither an archive/);
  const broken = await fetch(`${ui.url}/firewall/import`, {
    method: 'POST',
    body: 'x',
    headers: {
      'content-type': 'multipart/form-data',
      cookie: [...ui.admin.cookies].map(([key, value]) => `${key}=${value}`).join('; '),
    },
  });
  t.is(broken.status, 400);
  await ui.admin.get('/firewall/import/preview');
  t.regex(ui.admin.page.text, /no upload any more/);
  t.deepEqual(ui.reports, []);
});

test('who may not import is refused before the file is read', async (t) => {
  const ui = await readyUi(t);
  const password = 'another long password';
  const tries = async (cookie: string) =>
    sendTooMuch(`${ui.url}/firewall/import`, 'POST', { cookie, 'content-type': type });
  const type = 'multipart/form-data; boundary=x';
  t.regex((await tries(`greengate-session=${ui.lab.token}`)).text, /form is out of date/, 'an administrator’s is read');
  for (const role of ['viewer', 'operator'] as const) {
    const user = { name: role, role, create: true, password: PASSWORD, newPassword: password };
    await ui.lab.web('users.save', user, ui.lab.token);
    const { token } = await ui.lab.web('login', { user: role, password, visitor: '127.0.0.1' });
    const refused = await tries(`greengate-session=${token}`);
    t.is(refused.status, 403, role);
    t.regex(refused.text, /Only an administrator/, 'before its token is looked for in what was sent');
    const json = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const calls = [['PUT', 'policy'] as const, ['POST', 'edits'] as const, ['POST', 'check'] as const];
    for (const [method, path] of calls)
      t.is((await sendTooMuch(`${ui.url}/api/v1/${path}`, method, json)).status, role === 'viewer' ? 403 : 413, path);
  }
});

test('a policy that is larger than the box takes is told before it is tried, and the upload stays', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  const base = await policyOf(ui);
  const remark = 'x'.repeat(190);
  const addresses = Array.from({ length: 20_000 }, (_, index) => ({
    name: `${'Workplace '.repeat(18)}${index}`,
    value: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
    remark,
  }));
  t.is((await upload(ui, 'large.json', JSON.stringify({ ...base, addresses }))).status, 303);
  await admin.get('/firewall/import/preview');
  t.regex(admin.page.text, /This was not imported\. The policy would be 8\.\d MB; Greengate takes at most 8\.0 MB\./);
  const form = admin.page.forms.find((one) => one.action === '/firewall/import/apply');
  t.deepEqual(form?.buttons, ['Discard']);
  await admin.submit('/firewall/import/apply', {});
  t.is(admin.status, 422);
  t.regex(admin.page.text, /The policy would be 8\.\d MB/);
  t.deepEqual(await policyOf(ui), base);
  t.deepEqual(ui.reports, []);
});

test('a file that is too large is told at the form', async (t) => {
  const ui = await readyUi(t);
  const { status, page } = await upload(ui, 'large.tar', Buffer.alloc(16_000_001));
  t.is(status, 422);
  t.regex(page.text, /This was not read\. The file is larger than 16 MB\./);
  t.true(page.forms.some(({ action }) => action === '/firewall/import'));
});
