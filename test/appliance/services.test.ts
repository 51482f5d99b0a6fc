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

/** Programs by service, as they stand in /proc/PID/cmdline. */
const SERVICES = {
  squid: '/usr/sbin/squid',
  dnsmasq: '/usr/sbin/dnsmasq',
  ulogd: '/usr/sbin/ulogd',
  chronyd: '/usr/sbin/chronyd',
  agent: '/usr/lib/greengate/agent.js',
  web: '/usr/lib/greengate/web.js',
};

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
  const survived = await killThirtyTimes(box);
  on = false;
  t.true((await watching) > 3);
  t.deepEqual(survived, Object.fromEntries(Object.keys(SERVICES).map((name) => [name, 30])));

  await pagesAnswer(scene, box);
  await web.eventually(['proxy', `${BOX_GREEN}:800`, `http://${RED_SERVER}/`]);
  await mail.eventually(['dns', BOX_GREEN, 'www.red.test']);
});

/** Kills each service as soon as it has come back, all of them side by side; counts how often a killed one came back within 30 s. */
async function killThirtyTimes(box: Box): Promise<Record<string, number>> {
  const find = `find() { for p in /proc/[0-9]*; do case $(tr '\\0' ' ' <$p/cmdline 2>/dev/null) in supervise*) ;; *$1*) echo \${p#/proc/}; return;; esac; done; }`;
  const torture =
    'torture() { n=0; while [ $n -lt 30 ]; do t=0; until p=$(find $2) && [ -n "$p" ] && [ "$p" != "$old" ]; do t=$((t+1)); [ $t -lt 60 ] || break 2; sleep 0.5; done; old=$p; kill -9 $p; n=$((n+1)); done; t=0; until [ -n "$(find $2)" ] || [ $t -gt 60 ]; do t=$((t+1)); sleep 0.5; done; echo "$1 $n" >>/tmp/survived; }';
  return inShell(box, async (command) => {
    await command('rm -f /tmp/survived');
    await command(find);
    await command(torture);
    for (const [name, program] of Object.entries(SERVICES)) await command(`torture ${name} ${program} & true`);
    await command('wait', 600);
    const text = await command('cat /tmp/survived');
    return Object.fromEntries([...text.matchAll(/^(\w+) (\d+)$/gm)].map(([, name, count]) => [name, Number(count)]));
  });
}
