import { existsSync } from 'node:fs';
import { Box, type BoxOptions } from './box.ts';
import { menuUntil, watchStart } from './console.ts';
import type { Host } from './host.ts';
import { savedPlace } from './image.ts';
import { Unmet } from './process.ts';
import { startRedServers } from './red-servers.ts';
import { aimAtBox, BOX_GREEN, makeTopology, type Topology } from './topology.ts';

/** Two networks with everybody who is needed in most tests. */
export type Scene = {
  topology: Topology;
  /** The administrator's PC on GREEN. */
  admin: Host;
  /** Mail and web servers on RED, and the provider's DHCP. */
  red: Host;
  /** Somebody on RED who wants in, and the addresses at which he looks for the box. */
  stranger: Host;
  targets: string[];
};

export const ADMIN = { address: '192.168.51.10', mac: '02:00:00:00:05:0a' } as const;
export const UI = `https://${BOX_GREEN}:445`;

/** Makes the networks and starts the servers; no box yet. */
export async function makeScene(): Promise<Scene> {
  const topology = makeTopology();
  const admin = topology.green(ADMIN);
  const red = await startRedServers(topology);
  const stranger = topology.red({ address: '10.9.0.66' });
  const targets = aimAtBox(stranger.space);
  return { topology, admin, red, stranger, targets };
}

/** Waits until the pages answer; gives the time since power-on in seconds. */
export async function pagesAnswer(scene: Scene, box: Box, seconds = 120): Promise<number> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const { text } = await scene.admin.tell({ do: 'scan', args: [BOX_GREEN, '445', '400'] });
    if (text === '[445]') break;
    if (performance.now() > end) throw new Unmet(`The pages should answer within ${seconds} s.`);
  }
  await scene.admin.eventually(['https', `${UI}/`], 30);
  return (performance.now() - box.powered) / 1000;
}

/** A box that has just started for the first time and waits for its set-up: from the saved state of this image, made if need be. */
export async function freshBox(scene: Scene, name: string): Promise<Box> {
  const saved = savedPlace('fresh');
  if (existsSync(saved)) return resume(scene, { name, from: saved });
  const box = await Box.powerOn(scene.topology, { name });
  return orOff(box, async () => {
    await watchStart(box);
    await pagesAnswer(scene, box);
    await saveFresh(box);
  });
}

/** Keeps the state of a box that waits for its set-up, for `freshBox`. */
export async function saveFresh(box: Box): Promise<void> {
  await menuUntil(box, (shown) => shown['Set-up code'] !== undefined && /^10\.9\.0\.50/.test(shown.RED ?? ''));
  await box.save(savedPlace('fresh'));
}

/** A box that goes on from a saved state. */
export async function resume(scene: Scene, options: BoxOptions): Promise<Box> {
  const box = await Box.powerOn(scene.topology, options);
  return orOff(box, () => pagesAnswer(scene, box));
}

/** The box when the work succeeds; else it is switched off, so that the next test finds the taps free. */
export async function orOff(box: Box, work: () => Promise<unknown>): Promise<Box> {
  try {
    await work();
    return box;
  } catch (error) {
    await box.powerOff();
    throw error;
  }
}

/**
 * What RED finds open on the box's addresses: TCP `ports` and the UDP ports of common services. All 65 535 TCP ports are tried on the
 * address that RED gave it unless told otherwise, and the telling ones on the others: those go the same way through the same rules.
 */
export async function scanFromRed(scene: Scene, ports = '1-65535'): Promise<string[]> {
  const found: string[] = [];
  const scan = async (target: string, wanted: string) => {
    const open = await scene.stranger.tell({ do: 'scan', args: [target, wanted, '700'] }, 120);
    const udp = await scene.stranger.tell({ do: 'scanUdp', args: [target, UDP_PORTS] }, 30);
    found.push(...(JSON.parse(open.text) as number[]).map((port) => `${target} tcp ${port}`));
    found.push(...(JSON.parse(udp.text) as number[]).map((port) => `${target} udp ${port}`));
  };
  await Promise.all(
    scene.targets.map((target, index) => scan(target, index === 0 ? ports : `1-1024,${TELLING_PORTS}`)),
  );
  return found;
}

/** Ports worth looking at all the time while something changes. */
export const TELLING_PORTS = '22,23,25,53,67,80,81,110,111,123,222,443,445,800,3128,3130,5353,8080,8443,9090';
const UDP_PORTS = '53,67,68,69,111,123,137,138,161,323,500,514,520,547,800,1194,1900,3130,3401,4500,5353,51820';
