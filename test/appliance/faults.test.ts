import test, { type ExecutionContext } from 'ava';
import { Box } from './lib/box.ts';
import { inShell, killing, menu, menuUntil, type Shown, watchStart } from './lib/console.ts';
import { handbookBox } from './lib/handbook.ts';
import { endAll } from './lib/process.ts';
import { makeScene, pagesAnswer } from './lib/scene.ts';
import { BOX_GREEN, RED_SERVER } from './lib/topology.ts';
import { Watch } from './lib/watch.ts';

/**
 * What is broken on a box that enforces the handbook's example: it never opens, and the console's menu works. Hosts on both sides send at it all
 * the time, and RED scans it.
 */
const scene = await makeScene();
const mail = scene.topology.green({ address: '192.168.51.25' });
const web = scene.topology.green({ address: '192.168.51.35' });
const nobody = scene.topology.green({ address: '192.168.51.70' });
let watch: Watch | null = null;

test.after.always(async () => {
  await watch?.stop();
  endAll();
});

/** Ends the watch: nothing has passed, RED got no answer, and found nothing open. */
const nothingPassed = async (t: ExecutionContext): Promise<void> => {
  const seen = await watch?.stop();
  watch = null;
  t.log(JSON.stringify(seen));
  t.like(seen, { passed: 0, answered: 0, found: [] });
  t.true((seen?.sent ?? 0) > 1000 && (seen?.rounds ?? 0) > 0);
};

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
  await nothingPassed(t);
  watch = new Watch(scene, nobody);
  await box.serial.type('5');
  await box.serial.expect('[y/N]');
  await box.serial.type('y');
  await box.serial.expect('BOT is released');
  await web.succeeds('tcp', RED_SERVER, 110);
  // The watch sees what passes, now that it may; RED still gets no answer.
  await web.eventually(['udp', RED_SERVER, 9999]);
  t.true(watch.passed().passed > 0);
  t.is(watch.passed().answered, 0);
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
  await nothingPassed(t);
});

test.serial('no generation is left: nothing passes, and the menu works', async (t) => {
  t.timeout(600_000);
  const box = await restricted(t, 'broken-policy');
  const shown = await breakAndReset(box, 'rm -rf /var/lib/greengate/generations/*');
  t.truthy(shown.Rules ?? shown['!']);
  await scene.admin.eventually(['ping', BOX_GREEN], 60);
  await mail.fails('tcp', RED_SERVER, 110);
  await web.fails('tcp', RED_SERVER, 110);
  await nothingPassed(t);
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
  await nothingPassed(t);
  t.is(await inShell(box, (command) => command('id -u')), '0');
  t.truthy((await menu(box)).BOT);
});

test.serial(
  'agent and pages are killed, the memory and the disk are full: nothing passes, and saving is refused',
  async (t) => {
    t.timeout(600_000);
    const box = await restricted(t, 'full');
    await inShell(box, async (command) => {
      for (const script of ['agent.js', 'web.js']) await command(killing(script));
      // The killer of the kernel ends this, and whoever it thinks had better go as well.
      await command('tail /dev/zero || true', 120);
      // What the file system holds back for itself is free again after each time.
      await command(
        'for bs in 1M 64k 4k 4k 4k 4k; do dd if=/dev/zero bs=$bs >>/var/lib/greengate/full; sync; done',
        240,
      );
    });
    await holds();
    await pagesAnswer(scene, box);
    const said = await inShell(box, async (command) => {
      await command(`n=0; while ${FILL}$n; do n=$((n + 1)); done 2>/dev/null; true`, 120);
      return command('greengate block 192.168.51.99 --for 30m; echo rc=$?', 60);
    });
    t.regex(said, /disk/);
    t.regex(said, /rc=[1-9]/);
    await box.reset();
    await watchStart(box);
    await holds();
    await inShell(box, (command) => command('rm /var/lib/greengate/full*; sync', 60));
    await pagesAnswer(scene, box);
    t.regex(
      await inShell(box, (command) => command('greengate block 192.168.51.99 --for 30m; echo rc=$?', 60)),
      /rc=0/,
    );
    await nothingPassed(t);
  },
);

test.serial(
  'reboot, power off, power on: nothing passes that is not allowed, from the first moment to the last',
  async (t) => {
    t.timeout(600_000);
    let box = await restricted(t, 'power');
    await inShell(box, (command) => command('sync'));
    await box.serial.type('7');
    await box.serial.expect('[y/N]');
    await box.serial.type('y');
    await watchStart(box, 180);
    await holds();
    await box.serial.type('8');
    await box.serial.expect('[y/N]');
    await box.serial.type('y');
    t.true(await box.isOff(120));
    await box.powerOff();
    box = await Box.powerOn(scene.topology, { name: 'power' });
    t.teardown(() => box.powerOff());
    await watchStart(box, 180);
    await holds();
    await pagesAnswer(scene, box);
    await nothingPassed(t);
  },
);

/** Until not even this fits: less than any generation needs. */
const FILL = 'dd if=/dev/zero bs=16k count=1 conv=fsync of=/var/lib/greengate/full';

/** A box of its own on which the example was just seen to be in force. */
async function restricted(t: ExecutionContext, name: string): Promise<Box> {
  const box = await handbookBox(scene, name);
  t.teardown(() => box.powerOff());
  await holds();
  await watch?.stop();
  watch = new Watch(scene, nobody);
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
