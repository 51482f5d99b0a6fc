import type { Host } from './host.ts';
import { sleep } from './process.ts';
import { BOX_GREEN } from './topology.ts';

/** SHA-256 of the certificate that the box shows, as `AB:CD:…`. */
export async function fingerprint(host: Host): Promise<string> {
  const script = `openssl s_client -connect ${BOX_GREEN}:445 </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256`;
  const { text } = await host.tell({ do: 'run', args: ['sh', '-c', script] });
  return text.split('=')[1] ?? text;
}

/** Asks the box for an address by DHCP and takes it; gives it. */
export async function askDhcp(host: Host): Promise<string> {
  const { text, ok } = await host.tell({ do: 'dhcp', args: [`${import.meta.dirname}/dhcp-script`] }, 40);
  if (!ok) throw new Error(text);
  return host.space.ip('-4', '-o', 'addr', 'show', 'dev', 'eth0');
}

/** The download runs: bytes came a moment ago. */
export async function flowing(host: Host, flow: string): Promise<void> {
  await sleep(1500);
  const { bytes, silent, state } = await describe(host, flow);
  if (bytes < 10_000 || silent > 1400 || state !== 'open')
    throw new Error(`the download does not run: ${bytes} bytes, ${state}`);
}

/** The download gives nothing any more within some seconds, or was closed. */
export async function stopped(host: Host, flow: string): Promise<void> {
  for (let tries = 0; tries < 10; tries++) {
    const { silent, state } = await describe(host, flow);
    if (silent > 3000 || state !== 'open') return;
    await sleep(500);
  }
  throw new Error(`the download goes on: ${JSON.stringify(await describe(host, flow))}`);
}

async function describe(host: Host, flow: string): Promise<{ bytes: number; silent: number; state: string }> {
  return JSON.parse((await host.tell({ do: 'flow', args: [flow] })).text);
}
