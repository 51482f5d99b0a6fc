import test from 'ava';
import { Box } from './lib/box.ts';
import { inShell, watchStart } from './lib/console.ts';
import { endAll, sleep } from './lib/process.ts';
import { makeScene, pagesAnswer } from './lib/scene.ts';

const scene = await makeScene();

test.after.always(() => endAll());

test('a kernel that hangs is reset by the watchdog of the machine, and the box comes back', async (t) => {
  t.timeout(600_000);
  const box = await Box.powerOn(scene.topology, { name: 'watchdog', watchdog: true });
  t.teardown(() => box.powerOff());
  await watchStart(box);
  await inShell(box, async (command) => {
    const state = '/sys/class/watchdog/watchdog0/state';
    await command(`until [ "$(cat ${state} 2>/dev/null)" = active ]; do sleep 1; done`, 120);
    t.regex(await command('cat /sys/class/watchdog/watchdog0/identity'), /i6300ESB/i);
    // The same with less patience; a stop of the service is no hang.
    await command('rc-service watchdog stop', 60);
    t.is((await command(`cat ${state}`)).trim(), 'inactive');
    await command('busybox watchdog -T 20 -t 5 /dev/watchdog0');
    // Neither does it start by itself after a panic, nor does anything run any more.
    await command('echo 0 >/proc/sys/kernel/panic; echo 1 >/proc/sys/kernel/sysrq');
    await box.serial.type('(sleep 8; echo c >/proc/sysrq-trigger) &');
    await sleep(100);
  });
  await watchStart(box, 240);
  await pagesAnswer(scene, box);
  t.pass();
});
