import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Page } from 'playwright-core';
import { openBrowser, picture } from './lib/browser.ts';
import { inShell, menuUntil } from './lib/console.ts';
import { kept, open, setUp, textOf } from './lib/pages.ts';
import { endAll, run, runFolder } from './lib/process.ts';
import { freshBox, makeScene } from './lib/scene.ts';
import { BOX_GREEN } from './lib/topology.ts';

const scene = await makeScene();
const other = scene.topology.green({ address: '192.168.51.70' });

test.after.always(() => endAll());

const KEYS = join(runFolder(), 'keys');
const PORT = '222';

test.serial('SSH: by key from the administrator’s computer only; who loses the key is out', async (t) => {
  t.timeout(900_000);
  mkdirSync(KEYS, { mode: 0o700 });
  run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'admin', '-f', join(KEYS, 'admin')]);
  const box = await freshBox(scene, 'ssh');
  t.teardown(() => box.powerOff());
  const { 'Set-up code': code = '' } = await menuUntil(box, (shown) => shown['Set-up code'] !== undefined);
  const { browser, page } = await openBrowser(scene.admin);
  t.teardown(() => browser.close());
  await setUp(page, code, 'block');
  await scene.admin.fails('tcp', BOX_GREEN, Number(PORT));
  t.regex(await inShell(box, (command) => command('ls /var/lib/greengate/ssh; pidof sshd || echo none')), /none/);

  await saveKeys(page, readFileSync(join(KEYS, 'admin.pub'), 'utf8'));
  await scene.admin.eventually(['tcp', BOX_GREEN, Number(PORT)]);
  const shown = /SHA256:\S+/.exec(await textOf(page.locator('main')))?.[0] ?? '';
  t.regex(await ssh('id -u; echo $PATH; command -v greengate'), /^0\r?\n.*:\/sbin:\/bin\r?\n\/usr\S*\/greengate$/m);
  t.regex(await ssh('greengate status'), /^Host +greengate/m);
  const scan = await scene.admin.tell({ do: 'run', args: ['ssh-keyscan', '-t', 'ed25519', '-p', PORT, BOX_GREEN] });
  const line = scan.text.split('\n').find((one) => one.includes('ssh-ed25519')) ?? '';
  t.true(run(['ssh-keygen', '-l', '-f', '-'], { input: `${line}\n` }).includes(shown), shown);
  await picture(page, 'ssh');

  const password = ['-o', 'PubkeyAuthentication=no', '-o', 'PreferredAuthentications=password,keyboard-interactive'];
  t.regex(await ssh('true', password), /Permission denied \(publickey\)/);
  await other.fails('tcp', BOX_GREEN, Number(PORT));
  for (const target of scene.targets) await scene.stranger.fails('tcp', target, Number(PORT));

  const session = ssh('echo in; sleep 600');
  await inShell(box, (command) =>
    command('n=0; until pidof sleep >/dev/null || [ $n -gt 30 ]; do n=$((n+1)); sleep 1; done', 60),
  );
  await saveKeys(page, '');
  t.regex(await session, /in[\s\S]*closed by remote host/);
  t.regex(await ssh('true'), /Permission denied/);
  const secrets = await inShell(box, (command) =>
    command('stat -c "%a %U %n" /var/lib/greengate/ssh /var/lib/greengate/ssh/*'),
  );
  t.regex(secrets, /700 root \S+ssh\r?\n600 root \S+ssh_host_ed25519_key\r?\n/);
});

async function saveKeys(page: Page, keys: string): Promise<void> {
  await open(page, 'SSH');
  await page.getByLabel('SSH on').check();
  await page.getByLabel('Public keys that may log in').fill(keys);
  await page.getByRole('button', { name: 'Save SSH' }).click();
  await page.getByText(/^Saved\./).waitFor();
  await kept(page);
}

/** Runs a command on the box by ssh, from the administrator's computer; gives all that was said, for at most 150 s. */
async function ssh(command: string, options: string[] = []): Promise<string> {
  const fixed = [
    '-F',
    'none',
    '-p',
    PORT,
    '-i',
    join(KEYS, 'admin'),
    '-o',
    'IdentitiesOnly=yes',
    '-o',
    'BatchMode=yes',
  ];
  const trust = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'ConnectTimeout=20'];
  const words = ['ssh', ...fixed, ...trust, ...options, `root@${BOX_GREEN}`, command];
  return (await scene.admin.tell({ do: 'patient', args: words }, 180)).text;
}
