import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Places } from './base.ts';
import { debian } from './bases/debian.ts';
import { type Built, buildOn } from './pipeline.ts';
import { announce } from './step.ts';

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const places: Places = {
  top,
  cache: join(top, 'build/cache'),
  work: join(top, 'build/work'),
  out: join(top, 'build/image'),
};

await main();

async function main(): Promise<void> {
  const started = performance.now();
  for (const directory of [places.cache, places.work, places.out]) await mkdir(directory, { recursive: true });
  const built = await buildOn(debian, places, process.env['RELEASE'] === '1');
  await publish(built);
  announce(`${built.image} in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

/** Points `latest.json` and the plain names at the new image and drops all but the three newest. */
async function publish(built: Built): Promise<void> {
  await writeFile(join(places.out, 'latest.json'), `${JSON.stringify(built, null, 2)}\n`);
  const home = basename(dirname(built.image));
  for (const path of [built.image, built.compressed, `${built.compressed}.sha256`, built.sbom]) {
    const link = join(places.out, basename(path));
    await rm(link, { force: true });
    await symlink(join(home, basename(path)), link);
  }
  const homes = (await readdir(places.out)).filter(
    (name) => /^(debian|alpine)-[0-9a-f]{16}$/.test(name) && name !== home,
  );
  const aged = await Promise.all(
    homes.map(async (name) => ({ name, at: (await stat(join(places.out, name))).mtimeMs })),
  );
  aged.sort((a, b) => b.at - a.at);
  for (const { name } of aged.slice(2)) await rm(join(places.out, name), { recursive: true, force: true });
}
