import test from 'ava';
import { certificate } from '../lib/certificates.ts';
import { ApiClient } from './api-client.ts';
import { readyUi } from './ui.ts';

const path = '/system/certificate';
const gate = certificate({ name: 'gate.example' });
const own = certificate({ name: 'greengate', names: 'DNS:greengate,IP:192.168.51.254' });

test('a certificate is uploaded and forgotten on its page; faults stand at their field, and the key never comes back', async (t) => {
  const ui = await readyUi(t, { block: true });
  const { admin } = ui;
  await admin.get(path);
  t.regex(admin.page.text, /The box’s own certificate.*Fingerprint/);
  await admin.submit(path, { chain: gate.cert, key: own.key });
  t.regex(admin.page.errors.key ?? '', /belongs to none of the certificates/);
  t.false(admin.page.html.includes(own.key.split('\n')[1] ?? ''));
  t.true(admin.page.html.includes('BEGIN CERTIFICATE'), 'what may be seen stays typed');
  await admin.submit(path, { chain: gate.cert, key: 'x'.repeat(100_001) });
  t.regex(admin.page.errors.key ?? '', /too long/);
  await admin.submit(path, { chain: gate.cert, key: gate.key });
  t.regex(admin.page.text, /The certificate is uploaded.*Uploaded certificate.*Browsers will warn.*gate\.example/);
  await admin.submit(path, { chain: own.cert, key: own.key });
  t.notRegex(admin.page.text, /Browsers will warn/);
  t.regex(admin.page.text, /Valid \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d/);
  await admin.submit(`${path}/reset`, {});
  t.regex(admin.page.text, /Nothing was deleted.*Uploaded certificate/);
  await admin.submit(`${path}/reset`, { sure: 'yes' });
  t.regex(admin.page.text, /show the box’s own certificate again/);
});

test('the same by the API', async (t) => {
  const ui = await readyUi(t, { block: true });
  const client = new ApiClient(ui.url, ui.lab.token);
  const put = (body: object) => client.put('/certificate', body);
  t.is((await put({ chain: gate.cert })).status, 400);
  t.is((await put({ chain: gate.cert, key: own.key })).status, 422);
  const { status, json } = await put({ chain: gate.cert, key: gate.key });
  t.is(status, 200);
  const { fingerprint } = json as { fingerprint: string };
  const seen = await client.get('/certificate');
  t.like(seen.json, { uploaded: { usable: true, info: { fingerprint } } });
  t.is((await client.delete('/certificate')).status, 200);
  t.like((await client.get('/certificate')).json, { uploaded: null });
});
