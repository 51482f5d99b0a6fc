import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from './cache.ts';
import { runInside, withDevices } from './chroot.ts';

/** Where OpenRC keeps its helpers: older, newer. */
const HOMES = ['usr/libexec/rc', 'usr/lib/rc', 'lib/rc'];

/**
 * Has OpenRC work out the order of the services now instead of at each boot (3 s of it without KVM). OpenRC takes what
 * lies in its `cache` directory as long as no service is newer; in the squashfs all files have the same time.
 */
export async function rememberServiceOrder(root: string): Promise<void> {
  const homes = await Promise.all(
    HOMES.map(async (home) => ((await exists(join(root, home, 'bin/rc-depend'))) ? home : undefined)),
  );
  const home = homes.find((one) => one !== undefined);
  if (home === undefined) throw new Error('rc-depend of OpenRC is not in the root');
  const state = join(root, 'run/openrc');
  await mkdir(state, { recursive: true });
  await withDevices(root, () => runInside(root, [`/${home}/bin/rc-depend`, '--update']));
  const cache = join(root, home, 'cache');
  await mkdir(cache, { recursive: true });
  // depconfig lists configuration files outside /etc that the order depends on; there may be none.
  for (const name of ['deptree', 'depconfig']) {
    if (await exists(join(state, name))) await copyFile(join(state, name), join(cache, name));
  }
  await writeFile(join(cache, 'softlevel'), 'sysinit\n');
  await rm(state, { recursive: true });
}
