import test from 'ava';
import type { Box } from './lib/box.ts';
import { inShell } from './lib/console.ts';
import { handbookBox } from './lib/handbook.ts';
import { endAll } from './lib/process.ts';
import { makeScene, pagesAnswer } from './lib/scene.ts';
import { BOX_GREEN, RED_SERVER } from './lib/topology.ts';

const scene = await makeScene();
const mail = scene.topology.green({ address: '192.168.51.25' });
const web = scene.topology.green({ address: '192.168.51.35' });

test.after.always(() => endAll());

const SERVICES = ['squid', 'dnsmasq', 'ulogd', 'chronyd', 'agent', 'web'];

test.serial('every service comes back after 30 kills in a row, and the rules hold all the while', async (t) => {
  t.timeout(900_000);
  const box = await handbookBox(scene, 'services');
  t.teardown(() => box.powerOff());
  await web.eventually(['proxy', `${BOX_GREEN}:800`, `http://${RED_SERVER}/`]);

  let on = true;
  const watching = (async () => {
    for (let rounds = 0; ; rounds++) {
      if (!on) return rounds;
      await mail.succeeds('tcp', RED_SERVER, 110);
      await web.fails('tcp', RED_SERVER, 110);
    }
  })();
  watching.catch(() => {});
  const survived = await killThirtyTimes(box).finally(() => {
    on = false;
  });
  t.true((await watching) > 3);
  t.deepEqual(survived, Object.fromEntries(SERVICES.map((name) => [name, 30])));

  await pagesAnswer(scene, box);
  await web.eventually(['proxy', `${BOX_GREEN}:800`, `http://${RED_SERVER}/`]);
  await mail.eventually(['dns', BOX_GREEN, 'www.red.test']);
});

/** Kills each service as soon as it has come back, all of them side by side; counts how often a killed one came back within 90 s: the machine of the test may be busy. */
async function killThirtyTimes(box: Box): Promise<Record<string, number>> {
  const child = 'child() { cat /proc/$(cat /run/supervise-$1.pid)/task/*/children 2>/dev/null; }';
  // `another NAME OLD`: waits for a child that is not the old one.
  const another =
    'another() { t=0; while p=$(child $1) && [ -z "$p" -o "$p" = "$2" ]; do t=$((t+1)); [ $t -lt 300 ] || return 1; sleep 0.3; done; }';
  const torture =
    'torture() { n=0; old=; while [ $n -lt 30 ] && another $1 "$old"; do old=$p; kill -9 $p; n=$((n+1)); done; another $1 "$old" || n=dead; echo "$1 $n" >>/tmp/survived; }';
  return inShell(box, async (command) => {
    for (const line of ['rm -f /tmp/survived', child, another, torture]) await command(line);
    for (const name of SERVICES) await command(`torture ${name} 2>/dev/null & true`);
    await command('wait', 600);
    const text = await command('cat /tmp/survived');
    return Object.fromEntries([...text.matchAll(/^(\w+) (\w+)$/gm)].map(([, name, count]) => [name, Number(count)]));
  });
}
