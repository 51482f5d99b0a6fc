import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import { Box, type Firmware } from './lib/box.ts';
import { inShell, watchStart } from './lib/console.ts';
import { megabytesInUse, recordFigure } from './lib/figures.ts';
import { endAll } from './lib/process.ts';
import { freshBox, makeScene, pagesAnswer, saveFresh, scanFromRed, TELLING_PORTS, UI } from './lib/scene.ts';
import { BOX_GREEN, RED_SERVER } from './lib/topology.ts';

const scene = await makeScene();

test.after.always(() => endAll());

test.serial(
  'from power-on: rules, then pages, with less than 180 MB in use; before set-up nothing passes',
  async (t) => {
    t.timeout(300_000);
    const box = await Box.powerOn(scene.topology, { name: 'boot' });
    t.teardown(() => box.powerOff());

    const { shown, rules: enforced } = await watchStart(box);
    const rules = (enforced - box.powered) / 1000;
    const pages = await pagesAnswer(scene, box);
    recordFigure('secondsToRules', rules);
    recordFigure('secondsToPages', pages);
    t.log(`rules in force after ${rules.toFixed(1)} s, pages after ${pages.toFixed(1)} s`);
    t.regex(shown.Rules ?? '', /in force/);
    await saveFresh(box);

    const used = await megabytesInUse(box);
    recordFigure('megabytesInUse', used);
    t.log(`${used.toFixed(0)} MB in use`);

    t.regex(await scene.admin.succeeds('https', `${UI}/setup`), /set-up code/i);
    await scene.admin.succeeds('ping', BOX_GREEN);
    await scene.stranger.succeeds('tcp', RED_SERVER, 110);
    await scene.admin.fails('tcp', RED_SERVER, 110);
    await scene.admin.fails('ping', RED_SERVER);

    await scannerSees(t);
    t.deepEqual(await scanFromRed(scene), []);
    // How long it took is in build/figures.json: a busy machine is no fault of the image.
    t.true(rules < pages);
    t.true(used < 180, `${used.toFixed(0)} MB in use`);
  },
);

test.serial('the running box is healthy: every service up and never restarted, kernel not tainted', async (t) => {
  t.timeout(200_000);
  const box = await freshBox(scene, 'health');
  t.teardown(() => box.powerOff());
  await inShell(box, async (command) => {
    const expected = [...SERVICES].map((name) => [name, 'started, restarted 0']);
    const healthy = Object.fromEntries([...expected, ['gg-down', 'stopped, restarted 0']]);
    // The menu does not wait for the daemons, and dnsmasq is started again when no other server answers on GREEN.
    let states = await serviceStates(command);
    for (let tries = 0; tries < 60 && !isDeepStrictEqual(states, healthy); tries += 1) {
      await setTimeout(1_000);
      states = await serviceStates(command);
    }
    t.deepEqual(states, healthy);
    // 8192 says that modules are not signed for this kernel's own key: that much is known.
    t.is(Number(await command('cat /proc/sys/kernel/tainted')) & ~8192, 0);
    t.is((await command('cat /proc/sys/net/ipv4/ip_forward')).trim(), '1');
    t.notRegex(await command('dmesg'), /kernel panic|oops:|BUG:|call trace|segfault/i);
  });
});

const serviceStates = async (command: (line: string) => Promise<string>) => {
  const services = [...(await command('rc-status -a -f ini')).matchAll(/^(\S+) = +(\w+)(?: \S+ \((\d+)\))?/gm)];
  return Object.fromEntries(
    services.map(([, name, state, restarts = '0']) => [name, `${state}, restarted ${restarts}`]),
  );
};

for (const [firmware, nic, memory] of [
  ['bios', 'e1000', 384],
  ['uefi', 'virtio', 512],
] as const) {
  test.serial(
    `${firmware} with ${nic} cards and ${memory} MB: boots, serves its pages, and RED finds nothing open at any moment`,
    async (t) => {
      t.timeout(400_000);
      const scan = scanUntilTold();
      t.teardown(() => scan.stop());
      const box = await Box.powerOn(scene.topology, {
        name: `boot-${firmware}`,
        firmware: firmware satisfies Firmware,
        nic,
        memory,
      });
      t.teardown(() => box.powerOff());
      const { shown } = await watchStart(box, 180);
      const pages = await pagesAnswer(scene, box, 180);
      recordFigure(`secondsToPages.${firmware}`, pages);
      const { found, rounds } = await scan.stop();
      t.log(`pages after ${pages.toFixed(1)} s; scanned ${rounds} times meanwhile`);
      t.regex(shown.Rules ?? '', /in force/);
      t.regex(await scene.admin.succeeds('https', `${UI}/setup`), /set-up code/i);
      t.true(rounds > 10, `only ${rounds} scans`);
      t.deepEqual(found, []);
      await scannerSees(t);
    },
  );
}

const SERVICES =
  'gg-clock gg-closed gg-nics gg-plan gg-rules gg-network agent web chronyd dnsmasq logs red-dhcp squid sshd syslogd ulogd watchdog'.split(
    ' ',
  );

/** The scanner of RED is no stub: it finds RED's own servers, and the same scanner on GREEN finds the pages. */
async function scannerSees(t: { deepEqual(actual: unknown, expected: unknown): unknown }): Promise<void> {
  const onRed = await scene.stranger.tell({ do: 'scan', args: [RED_SERVER, '1-1024', '700'] }, 60);
  t.deepEqual(JSON.parse(onRed.text), [25, 53, 80, 110, 443]);
  const onGreen = await scene.admin.tell({ do: 'scan', args: [BOX_GREEN, '400-500', '700'] }, 60);
  t.deepEqual(JSON.parse(onGreen.text), [445]);
}

function scanUntilTold(): { stop(): Promise<{ found: string[]; rounds: number }> } {
  let on = true;
  let rounds = 0;
  const found = new Set<string>();
  const work = (async () => {
    while (on) {
      for (const one of await Promise.all(scene.targets.map(scanOnce))) for (const port of one) found.add(port);
      rounds += 1;
    }
  })();
  return {
    async stop() {
      on = false;
      await work;
      return { found: [...found], rounds };
    },
  };
}

async function scanOnce(target: string): Promise<string[]> {
  const answer = await scene.stranger.tell({ do: 'scan', args: [target, TELLING_PORTS, '500'] });
  return (JSON.parse(answer.text) as number[]).map((port) => `${target} tcp ${port}`);
}
