import test, { type ExecutionContext } from 'ava';
import type { Box } from './lib/box.ts';
import { inShell, menu, menuUntil, type Shown, watchStart } from './lib/console.ts';
import { handbookBox } from './lib/handbook.ts';
import { endAll } from './lib/process.ts';
import { makeScene, scanFromRed, TELLING_PORTS } from './lib/scene.ts';
import { BOX_GREEN, RED_SERVER } from './lib/topology.ts';

/** What is broken on a box that enforces the handbook's example: it never opens, and the console's menu works. */
const scene = await makeScene();
const mail = scene.topology.green({ address: '192.168.51.25' });
const web = scene.topology.green({ address: '192.168.51.35' });

test.after.always(() => endAll());

test.serial('Node cannot be started: the rules hold, the console says so, and its release works', async (t) => {
  t.timeout(600_000);
  const box = await restricted(t, 'broken-node');
  await inShell(box, async (command) => {
    await command('mount --bind /bin/busybox "$(readlink -f /usr/lib/greengate/bin/node)"');
    await command('for p in /proc/[0-9]*; do case $(readlink $p/exe) in */node*) kill -9 $(basename $p);; esac; done');
  });
  await scene.admin.fails('tcp', BOX_GREEN, 445);
  await holds();
  t.regex((await menuUntil(box, (shown) => /NOT RUNNING/.test(shown.Agent ?? ''), 120)).Agent ?? '', /Node/);
  await box.serial.type('5');
  await box.serial.expect('[y/N]');
  await box.serial.type('y');
  await box.serial.expect('BOT is released');
  await web.succeeds('tcp', RED_SERVER, 110);
});

test.serial('the newest generation is damaged: the one before it is in force, and that is said', async (t) => {
  t.timeout(600_000);
  const box = await restricted(t, 'broken-generation');
  const shown = await breakAndReset(box, 'echo broken >>/var/lib/greengate/current/plan/ruleset.nft');
  t.regex(`${shown.Rules} ${shown['!'] ?? ''}`, /generation \d+/);
  t.regex(shown['!'] ?? '', /damaged|broken|older|verif|check/i);
  // The generation before the last one has the mail rule, not yet the proxy rule.
  await mail.eventually(['tcp', RED_SERVER, 110], 90);
  await web.fails('tcp', RED_SERVER, 110);
  await web.fails('tcp', BOX_GREEN, 800);
  t.deepEqual(await scanFromRed(scene, TELLING_PORTS), []);
});

test.serial('no generation is left: nothing passes, and the menu works', async (t) => {
  t.timeout(600_000);
  const box = await restricted(t, 'broken-policy');
  const shown = await breakAndReset(box, 'rm -rf /var/lib/greengate/generations/*');
  t.truthy(shown.Rules ?? shown['!']);
  await scene.admin.eventually(['ping', BOX_GREEN], 60);
  await mail.fails('tcp', RED_SERVER, 110);
  await web.fails('tcp', RED_SERVER, 110);
  t.deepEqual(await scanFromRed(scene, TELLING_PORTS), []);
  t.is(await inShell(box, (command) => command('id -u')), '0');
});

test.serial('the data partition is destroyed: nothing passes, the console says so, and the menu works', async (t) => {
  t.timeout(600_000);
  const box = await restricted(t, 'broken-data');
  const device = '$(grep -l greengate-data /sys/class/block/*/uevent | sed "s|.*block/||; s|/uevent||")';
  const shown = await breakAndReset(box, `dd if=/dev/zero of=/dev/${device} bs=1M count=64 conv=fsync`);
  t.regex(shown['!'] ?? '', /data/);
  await mail.fails('tcp', RED_SERVER, 110);
  await web.fails('tcp', RED_SERVER, 110);
  t.deepEqual(await scanFromRed(scene, TELLING_PORTS), []);
  t.is(await inShell(box, (command) => command('id -u')), '0');
  t.truthy((await menu(box)).BOT);
});

/** A box of its own on which the example was just seen to be in force. */
async function restricted(t: ExecutionContext, name: string): Promise<Box> {
  const box = await handbookBox(scene, name);
  t.teardown(() => box.powerOff());
  await holds();
  return box;
}

async function holds(): Promise<void> {
  await mail.eventually(['tcp', RED_SERVER, 110]);
  await web.fails('tcp', RED_SERVER, 110);
}

async function breakAndReset(box: Box, line: string): Promise<Shown> {
  await inShell(box, (command) => command(`${line}; sync`, 60));
  await box.reset();
  return (await watchStart(box)).shown;
}
