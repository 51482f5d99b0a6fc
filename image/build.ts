import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Places } from './base.ts';
import { alpineOptions, makeAlpine } from './bases/alpine.ts';
import { debian } from './bases/debian.ts';
import { bootOnce } from './boot-once.ts';
import { chooseAndBuild, parseBase, probeMirror } from './choose.ts';
import type { Built } from './deliver.ts';
import { buildOn } from './pipeline.ts';
import { announce } from './step.ts';

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const places: Places = {
  top,
  cache: join(top, 'build/cache'),
  work: join(top, 'build/work'),
  out: join(top, 'build/image'),
};
/** How long the Alpine mirror may take to answer, and a freshly built alpine image to come up without KVM. */
const PROBE_SECONDS = 4;
const BOOT_SECONDS = 240;
const LOCKED = 'GREENGATE_BUILD_LOCKED';

if (process.env[LOCKED] === undefined) process.exitCode = runLocked();
else await main();

/** Two builds at a time would write into each other's trees: the second waits. */
function runLocked(): number {
  mkdirSync(join(top, 'build'), { recursive: true });
  const self = [...process.execArgv, fileURLToPath(import.meta.url)];
  const env = { ...process.env, [LOCKED]: '1' };
  const child = spawnSync('flock', [join(top, 'build/image.lock'), process.execPath, ...self], {
    stdio: 'inherit',
    env,
  });
  return child.status ?? 1;
}

async function main(): Promise<void> {
  const started = performance.now();
  for (const directory of [places.cache, places.work, places.out]) await mkdir(directory, { recursive: true });
  try {
    const release = process.env.RELEASE === '1';
    const alpine = alpineOptions(top);
    const bases = { debian: () => debian, alpine: () => makeAlpine(alpine) };
    const built = await chooseAndBuild(parseBase(process.env.BASE), {
      probe: () => probeMirror(alpine.mirror, alpine.branch, PROBE_SECONDS),
      build: (base) => buildOn(bases[base](), places, release),
      boot: async (image) => {
        announce(`the alpine image came up in ${await bootOnce(image, places.work, BOOT_SECONDS)} s`);
      },
      say: announce,
    });
    await publish(built);
    announce(`${built.image} in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  } catch (error) {
    announce(`error: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}

/** Points `latest.json` and the plain names at the new image and drops all but the three newest. */
async function publish(built: Built): Promise<void> {
  const home = basename(dirname(built.image));
  for (const path of [built.image, built.compressed, `${built.compressed}.sha256`, built.sbom]) {
    const link = join(places.out, basename(path));
    await rm(link, { force: true });
    await symlink(join(home, basename(path)), link);
  }
  await writeFile(join(places.out, 'latest.json'), `${JSON.stringify(built, null, 2)}\n`);
  const homes = (await readdir(places.out)).filter(
    (name) => /^(debian|alpine)-[0-9a-f]{16}$/.test(name) && name !== home,
  );
  const aged = await Promise.all(
    homes.map(async (name) => ({ name, at: (await stat(join(places.out, name))).mtimeMs })),
  );
  aged.sort((a, b) => b.at - a.at);
  for (const { name } of aged.slice(2)) await rm(join(places.out, name), { recursive: true, force: true });
}
