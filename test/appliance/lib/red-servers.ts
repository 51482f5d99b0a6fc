import { join } from 'node:path';
import type { Host } from './host.ts';
import { NODE, runFolder, start, TOP } from './process.ts';
import { BOX_MAC, BOX_RED, RED_SERVER, type Topology } from './topology.ts';

/** Starts the provider's side on RED: DHCP (a fixed address for the box), router advertisements, DNS for `red.test`, mail and web. */
export async function startRedServers(topology: Topology): Promise<Host> {
  const host = topology.red({ address: RED_SERVER });
  const log = join(TOP, 'build/logs/red-servers.log');
  start([...host.space.enter, NODE, '--no-warnings', join(import.meta.dirname, 'servers.ts')], log);
  const options = [
    '--keep-in-foreground',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--user=root',
    '--interface=eth0',
    '--bind-interfaces',
    `--dhcp-leasefile=${join(runFolder(), 'red.leases')}`,
    '--pid-file=',
    `--dhcp-range=${BOX_RED},${BOX_RED},255.255.255.0,1h`,
    `--dhcp-host=${BOX_MAC.red},${BOX_RED}`,
    `--dhcp-option=option:router,${RED_SERVER}`,
    `--dhcp-option=option:dns-server,${RED_SERVER}`,
    // A provider that offers IPv6: the box must not take it as long as it does not forward it.
    '--enable-ra',
    '--dhcp-range=fd09::,ra-only',
    `--address=/red.test/${RED_SERVER}`,
  ];
  start([...host.space.enter, 'dnsmasq', ...options], log);
  await host.eventually(['tcp', RED_SERVER, 110], 15);
  await host.eventually(['dns', RED_SERVER, 'www.red.test'], 15);
  return host;
}
