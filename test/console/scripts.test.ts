import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { TOP } from '../appliance/lib/process.ts';
import { SCRIPTS } from './lib/bench.ts';
import { end } from './lib/ended.ts';

const services = join(TOP, 'rootfs/etc/init.d');

test('shellcheck has nothing to say about the scripts of the box and of the host', (t) => {
  const scripts = readdirSync(SCRIPTS).map((name) => join(SCRIPTS, name));
  t.is(end(['shellcheck', '-x', '-P', SCRIPTS, '-s', 'sh', ...scripts]).said, '');
  const own = readdirSync(services).map((name) => join(services, name));
  // OpenRC reads the variables.
  t.is(end(['shellcheck', '-s', 'sh', '-e', 'SC2034', ...own]).said, '');
  t.is(end(['shellcheck', join(TOP, 'scripts/deps')]).said, '');
  const command = join(TOP, 'rootfs/usr/bin/greengate');
  t.is(end(['shellcheck', command]).said, '');
  t.true((statSync(command).mode & 0o111) === 0o111);
});

test('both shells can parse every script', (t) => {
  for (const name of readdirSync(SCRIPTS)) {
    t.is(end(['dash', '-n', join(SCRIPTS, name)]).code, 0, name);
    t.is(end(['busybox', 'sh', '-n', join(SCRIPTS, name)]).code, 0, name);
  }
});

test('every daemon is started again for ever, and each service is in a runlevel', (t) => {
  const levels = ['sysinit', 'boot', 'default', 'shutdown'].flatMap((level) =>
    readdirSync(join(TOP, 'rootfs/etc/runlevels', level)),
  );
  t.deepEqual(levels.sort(), readdirSync(services).sort());
  for (const name of readdirSync(services)) {
    const text = readFileSync(join(services, name), 'utf8');
    t.true((statSync(join(services, name)).mode & 0o100) !== 0, name);
    t.true(text.startsWith('#!/sbin/openrc-run\n'), name);
    if (name.startsWith('gg-')) continue;
    for (const line of ['supervisor=supervise-daemon', 'respawn_max=0', 'respawn_delay=1'])
      t.true(text.includes(`${line}\n`), `${name}: ${line}`);
  }
});

test('no account of the box has a password, and nobody but root a shell', (t) => {
  const lines = (name: string) =>
    readFileSync(join(TOP, 'rootfs/etc', name), 'utf8')
      .trimEnd()
      .split('\n');
  // No password fits '*', either; but sshd refuses whoever has '!', key or not.
  for (const line of lines('shadow')) t.is(line.split(':')[1], line.startsWith('root:') ? '*' : '!', line);
  for (const line of lines('passwd')) t.is(line.endsWith('/sbin/nologin'), !line.startsWith('root:'), line);
});
