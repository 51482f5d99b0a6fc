import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { readyUi, type Ui } from './ui.ts';

const policyOf = async ({ lab }: Ui) => (await lab.web('policy.get', {}, lab.token)).policy;

const newKey = (t: { teardown: (work: () => void) => void }): string => {
  const folder = mkdtempSync(join(tmpdir(), 'gg-key-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'anna’s laptop', '-f', join(folder, 'key')]);
  return readFileSync(join(folder, 'key.pub'), 'utf8').trim();
};

test('SSH: off at first; switched on with a key, said how to log in, and its service is restarted', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await admin.get('/services/ssh');
  t.regex(admin.page.text, /State off /);
  t.regex(admin.page.text, /ssh -p 222 root@192\.168\.51\.254/);
  t.regex(admin.page.text, /SHA256:twin/);
  const key = newKey(t);
  await admin.submit('/services/ssh', { enabled: 'on', port: '2222', keys: `# my keys\n\n${key}\n` });
  t.is(admin.status, 200);
  t.deepEqual((await policyOf(ui)).ssh, { enabled: true, port: 2222, keys: [key] });
  t.regex(admin.page.text, /State running .*ssh -p 2222 root@/);
  t.is(ui.lab.twin.files.authorized_keys, `${key}\n`);
  t.regex(ui.lab.twin.files.sshd_config ?? '', /^ListenAddress 192\.168\.51\.254:2222$/m);
  t.true(ui.lab.twin.done.includes('restart sshd'));
  await admin.get('/system');
  t.regex(admin.page.text, /SSH sshd running/);
});

test('SSH: a faulty key is named by its line, and nothing is saved', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  const key = newKey(t);
  const options = `command="sh",no-pty ${key}`;
  await admin.get('/services/ssh');
  await admin.submit('/services/ssh', { enabled: 'on', port: '0', keys: `${key}\n\nssh-dss AAAA me\n${options}` });
  t.is(admin.status, 422);
  t.regex(admin.page.errors.keys ?? '', /^Line 3: Not a public key.* Line 4: Not a public key/);
  t.truthy(admin.page.errors.port);
  t.like((await policyOf(ui)).ssh, { enabled: false, keys: [] });
});

test('SSH: a key of which a part is missing is named too, which sshd would not do', async (t) => {
  const { admin } = await readyUi(t);
  const key = newKey(t);
  await admin.get('/services/ssh');
  await admin.submit('/services/ssh', { keys: `${key}\n${key.slice(0, 50)}` });
  t.regex(admin.page.errors.keys ?? '', /^Line 2: The key is damaged/);
});

test('SSH: a key that is added leaves sessions alone, one that is taken out ends them', async (t) => {
  const ui = await readyUi(t);
  const [one, other] = [newKey(t), newKey(t)];
  const restarts = async (keys: string[]) => {
    ui.lab.twin.done = [];
    await ui.edit({ do: 'section', section: 'ssh', value: { enabled: true, keys } });
    return ui.lab.twin.done.filter((what) => what === 'restart sshd').length;
  };
  t.is(await restarts([one]), 1);
  t.is(await restarts([one, other]), 0);
  t.is(await restarts([other]), 1);
});

test('time: servers and GREEN, each fault named', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await admin.get('/services/time');
  t.regex(admin.page.text, /no time server answers yet/);
  await admin.submit('/services/time', { servers: 'ptbtime1.ptb.de\nnot_a_host' });
  t.is(admin.status, 422);
  t.regex(admin.page.errors.servers ?? '', /^not_a_host: /);
  await admin.submit('/services/time', { servers: 'ptbtime1.ptb.de 10.9.0.2' }, ['serveGreen']);
  t.deepEqual((await policyOf(ui)).time, { servers: ['ptbtime1.ptb.de', '10.9.0.2'], serveGreen: false });
  t.true(ui.lab.twin.done.includes('restart chronyd'));
  t.regex(ui.lab.twin.files['chrony.conf'] ?? '', /^server 10\.9\.0\.2 iburst$/m);
  t.regex(admin.page.text, /gets no time from here/);
});

test('time: the clock is set by hand in the box’s zone, after a question, and only while no server answers', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await ui.edit({ do: 'section', section: 'network', value: { timezone: 'Europe/Berlin' } });
  await admin.get('/services/time');
  await admin.submit('/services/time/clock', { date: '2027-02-30', clock: '12:00' });
  t.truthy(admin.page.errors.date);
  await admin.submit('/services/time/clock', { date: '2001-01-01', clock: '12:00' });
  await admin.submit('/services/time/clock', { step: 'set' });
  t.regex(admin.page.errors.date ?? '', /before Greengate was built/);
  await admin.submit('/services/time/clock', { date: '2027-07-01', clock: '12:00' });
  t.regex(admin.page.text, /It will show Thursday,? 1 July 2027 at 12:00:00/);
  t.false(
    ui.lab.twin.done.some((what) => what.startsWith('clock ')),
    'asked first',
  );
  await admin.submit('/services/time/clock', { step: 'set' });
  t.true(ui.lab.twin.done.includes(`clock ${Date.UTC(2027, 6, 1, 10) / 1000}`));

  const source = { address: '10.9.0.2', word: 'followed', stratum: 3, offset: 0.0021 };
  ui.lab.twin.clock = {
    ...ui.lab.twin.clock,
    state: 'synchronised',
    source: '10.9.0.2',
    offset: 0.0003,
    sources: [source],
  };
  await admin.get('/services/time');
  t.regex(admin.page.text, /follows 10\.9\.0\.2 , difference 0\.3 ms/);
  t.regex(admin.page.text, /10\.9\.0\.2 followed 3 2\.1 ms/);
  t.false(admin.page.forms.some((form) => form.action === '/services/time/clock'));
  const late = ui.lab.web('clock.set', { time: 1_800_000_000 }, ui.lab.token);
  t.regex((await t.throwsAsync(late)).message, /clock follows it|could not|refused/i);
});
