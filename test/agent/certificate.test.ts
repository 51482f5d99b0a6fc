import { appendFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { certificate } from '../lib/certificates.ts';
import { addUser, type Lab, PASSWORD, readyLab, refusal, VISITOR } from './lab.ts';

const gate = certificate({ name: 'gate.example' });
const soon = certificate({ name: 'soon.example', days: 10 });
const shown = async (lab: Lab) => (await readFile(join(lab.run, 'fingerprint'), 'utf8')).trim();
const set = (lab: Lab, { cert, key } = gate, token = lab.token) =>
  lab.web('certificate.set', { chain: cert, key }, token);

test('an uploaded certificate is shown until the box’s own is asked for again; both acts are on record, the key nowhere', async (t) => {
  const lab = await readyLab(t, { block: true });
  const own = await shown(lab);
  const { fingerprint } = await set(lab);
  t.not(fingerprint, own);
  t.is(await shown(lab), fingerprint);
  t.is((await stat(join(lab.data, 'tls/uploaded.pem'))).mode & 0o777, 0o640);
  const seen = await lab.web('certificate.get', {}, lab.token);
  t.like(seen, {
    own: { fingerprint: own },
    uploaded: { usable: true, info: { fingerprint, names: ['gate.example'] } },
  });
  await lab.restart(true);
  t.is(await shown(lab), fingerprint, 'also after a reboot');
  const log = JSON.stringify(await lab.root('audit.get', { limit: 5 }));
  t.regex(log, new RegExp(`admin.*uploaded a certificate, ${fingerprint}`));
  const secret = gate.key.split('\n')[1] ?? '';
  for (const text of [log, JSON.stringify(seen), JSON.stringify(await lab.root('policy.get', {}))])
    t.false(text.includes(secret));
  lab.token = (await lab.web('login', { user: 'admin', password: PASSWORD, visitor: VISITOR })).token;
  t.is((await lab.web('certificate.reset', {}, lab.token)).fingerprint, own);
  t.is(await shown(lab), own);
  t.false((await readdir(join(lab.data, 'tls'))).includes('uploaded.pem'));
});

test('a fault is told at its field and leaves what was there', async (t) => {
  const lab = await readyLab(t, { block: true });
  const { fingerprint } = await set(lab);
  const refused = await refusal(t, set(lab, { cert: soon.cert, key: gate.key }));
  t.is(refused.status, 422);
  t.like(refused.problems[0], { place: 'key' });
  t.is(await shown(lab), fingerprint);
  lab.box.secrets.uploadCertificate = () => Promise.reject(new Error('ENOSPC'));
  t.regex((await refusal(t, set(lab, soon))).message, /could not be written to the disk\. Nothing was changed/);
  t.is(await shown(lab), fingerprint);
});

test('who is no administrator looks, and changes nothing', async (t) => {
  const lab = await readyLab(t, { block: true });
  const token = await addUser(lab, 'olga', 'operator');
  t.is((await refusal(t, set(lab, gate, token))).status, 403);
  t.is((await refusal(t, lab.web('certificate.reset', {}, token))).status, 403);
  t.is((await lab.web('certificate.get', {}, token)).uploaded, null);
});

test('one that expires is told before; one that has expired or is damaged gives way to the box’s own, and that is said', async (t) => {
  const lab = await readyLab(t, { block: true });
  const own = await shown(lab);
  const notices = async () => (await lab.root('status', {})).notices.join(' ');
  await set(lab, soon);
  t.regex(await notices(), /The uploaded certificate expires in 10 days\./);
  const path = join(lab.data, 'tls/uploaded.pem');
  await writeFile(path, (await readFile(path, 'utf8')).slice(0, 200));
  await lab.restart();
  t.is(await shown(lab), own);
  t.regex(await notices(), /The uploaded certificate cannot be read: the box shows its own again\./);
  await appendFile(path, 'more');
  await set(lab, gate);
  t.notRegex(await notices(), /uploaded certificate/);
});
