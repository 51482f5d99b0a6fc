import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { atEnd, NODE, sleep, stop, TOP } from '../test/appliance/lib/process.ts';
import { startRedServers } from '../test/appliance/lib/red-servers.ts';
import { BOX_RED, makeTopology, RED_SERVER } from '../test/appliance/lib/topology.ts';
import { LabBox } from '../test/lab/lib/box.ts';
import { freePort } from './qemu.ts';

/**
 * `make dev`: lan – box – wan in network namespaces, the agent and the daemons in the box, the UI on a port of this
 * machine. Whatever changes in src/ restarts agent and web. Ctrl-C ends and removes everything.
 */
const topology = makeTopology();
await startRedServers(topology);
const hosts = ['192.168.51.25', '192.168.51.35', '192.168.51.70'].map((address) => ({
  address,
  host: topology.green({ address }),
}));
const box = new LabBox(topology);
await box.boot();
const port = await freePort([8445, 8446, 8447]);
let web = startWeb();
let restart: NodeJS.Timeout | undefined;
watch(join(TOP, 'src'), { recursive: true }, (_event, file) => {
  clearTimeout(restart);
  restart = setTimeout(() => void restarted(String(file)), 300);
});
process.stdout.write(words());
// Ctrl-C ends this process by itself, and with it everything that was told to end then.
atEnd(() => web.kill('SIGKILL'));

function startWeb(): ChildProcess {
  const env = { ...process.env, ...box.env, GREENGATE_WEB_LISTEN: `127.0.0.1:${port}` };
  return spawn(NODE, ['--no-warnings', join(TOP, 'src/main-web.ts')], { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

async function restarted(file: string): Promise<void> {
  process.stdout.write(`${file} changed: restarting\n`);
  await stop(web);
  box.rc('agent', 'restart');
  await sleep(200);
  web = startWeb();
}

function words(): string {
  const code = readFileSync(join(box.folder, 'run/setup-code'), 'utf8').trim();
  return [
    '',
    `  UI            http://127.0.0.1:${port}/`,
    `  Set-up code   ${code}`,
    `  RED           DHCP gives ${BOX_RED}; here set it by hand: static, ${BOX_RED}/24, gateway ${RED_SERVER}`,
    `  Servers       ${RED_SERVER}: 25, 80, 110, 443`,
    ...hosts.map(({ address, host }) => `  A host        ${address}: ${host.space.enter.join(' ')} sh`),
    `  Logs          ${box.folder}`,
    '  Stop          Ctrl-C',
    '',
    '',
  ].join('\n');
}
