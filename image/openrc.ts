import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from './cache.ts';
import { runInside, withDevices } from './chroot.ts';

/** Where OpenRC keeps its helpers: newer, older. */
const HOMES = ['usr/libexec/rc', 'usr/lib/rc', 'lib/rc'];

/**
 * Asks every service for its dependencies now instead of at each boot. OpenRC insists on collecting them anew at its
 * start (3 s without KVM) by a script of its own; in a root that cannot change the answer is always the same, so that
 * script is replaced by one that prints it.
 */
export async function rememberDependencies(root: string): Promise<void> {
  const homes = await Promise.all(
    HOMES.map(async (name) => ((await exists(join(root, name, 'sh/gendepends.sh'))) ? name : undefined)),
  );
  const home = homes.find((one) => one !== undefined);
  if (home === undefined) throw new Error('gendepends.sh of OpenRC is not in the root');
  const script = join(root, home, 'sh/gendepends.sh');
  const original = `${script}.original`;
  await rename(script, original);
  const state = join(root, 'run/openrc');
  await mkdir(state, { recursive: true });
  await replace(script, `#!/bin/sh\n/${home}/sh/gendepends.sh.original | tee /run/openrc/depends\n`);
  await withDevices(root, () => runInside(root, [`/${home}/bin/rc-depend`, '--update']));
  await rename(join(state, 'depends'), join(root, home, 'depends'));
  await replace(script, `#!/bin/sh\nexec cat /${home}/depends\n`);
  await rm(original);
  await rm(state, { recursive: true });
}

async function replace(path: string, text: string): Promise<void> {
  await rm(path, { force: true });
  await writeFile(path, text);
  await chmod(path, 0o755);
}
