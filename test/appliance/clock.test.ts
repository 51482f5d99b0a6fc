import test from 'ava';
import { Box } from './lib/box.ts';
import { inShell, watchStart } from './lib/console.ts';
import { endAll } from './lib/process.ts';
import { makeScene } from './lib/scene.ts';

const scene = await makeScene();
test.after.always(() => endAll());

/** The chip of a box that has none for us: years ago at every start. */
const CLOCK = '2001-01-01T00:00:00';

test.serial(
  'a box without a clock chip starts at the newest time it knows, and says that it does not know the time',
  async (t) => {
    t.timeout(600_000);
    const box = await Box.powerOn(scene.topology, { name: 'clock', clock: CLOCK });
    t.teardown(() => box.powerOff());
    const { shown } = await watchStart(box);
    t.regex(shown['!'] ?? '', /The time is not known yet/);
    const { built, now } = await inShell(box, async (command) => ({
      built: Number(/"date": (\d+)/.exec(await command('cat /usr/lib/greengate/build.json'))?.[1]),
      now: Number(/\d{9,}/.exec(await command('date +%s'))?.[0]),
    }));
    t.true(built > 1_700_000_000);
    t.true(now >= built && now < built + 600, `${now} is not just after ${built}`);

    const later = built + 40_000_000;
    await inShell(box, (command) => command(`/usr/lib/greengate/sh/clock set ${later}`));
    t.notRegex((await inShell(box, (command) => command('cat /run/greengate/status'))) ?? '', /The time is not known/);
    await box.reset();
    await watchStart(box);
    const after = await inShell(box, async (command) => Number(/\d{9,}/.exec(await command('date +%s'))?.[0]));
    t.true(after >= later && after < later + 600, `${after} after a power loss at ${later}`);
  },
);
