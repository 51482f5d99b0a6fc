import { netmaskBits } from '../policy/address.ts';
import type { Policy } from '../policy/schema.ts';

/** network.env: what the boot scripts must know, as sh assignments. Values are checked by the policy's own schema. */
export const networkEnv = ({ network, settings, proxy, dhcp, dns, ssh }: Policy): string => {
  const { green, red } = network;
  const still = red.mode === 'static';
  const values = {
    GREEN_CIDR: `${green.address}/${netmaskBits(green.netmask)}`,
    GREEN_ADDRESS: green.address,
    RED_MODE: red.mode,
    RED_CIDR: still ? `${red.address}/${netmaskBits(red.netmask)}` : '',
    RED_GATEWAY: still ? red.gateway : '',
    DNS_SERVERS: dns.servers.join(' '),
    HOSTNAME: network.hostname,
    DOMAIN: network.domain,
    TIMEZONE: network.timezone,
    UI_PORT: settings.uiPort,
    PROXY_PORT: proxy.port,
    PROXY_ENABLED: proxy.enabled ? 1 : 0,
    DHCP_ENABLED: dhcp.enabled ? 1 : 0,
    SSH_ENABLED: ssh.enabled ? 1 : 0,
    LOWEST_PORT: Math.min(settings.uiPort, proxy.port),
  };
  return `${Object.entries(values)
    .map(([name, value]) => `${name}='${quoted(String(value))}'`)
    .join('\n')}\n`;
};

/** web.json: where the UI listens and under which names it may be called. */
export const webJson = ({ network, settings }: Policy): string => {
  const names = [network.hostname, `${network.hostname}.${network.domain}`, ...network.names];
  return `${JSON.stringify({ address: network.green.address, port: settings.uiPort, names })}\n`;
};

/** No value may end the quotes; the schema allows no quote anyway. */
const quoted = (value: string): string => value.replaceAll("'", `'\\''`);
