import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { TOP } from './process.ts';

/** The built image, as the builder describes it in `build/image/latest.json`. `key` names its contents. */
export type Image = { key: string; base: string; image: string; vmlinuz: string; initramfs: string; append: string };

/**
 * The image that was the newest when this run asked first, or the kept one that `GREENGATE_IMAGE_KEY` names (to look into a failure
 * while others build); throws when there is none.
 */
export function builtImage(): Image {
  chosen ??= keep(newest());
  return chosen;
}

/** Where a saved state of this image lies. */
export function savedPlace(word: string): string {
  return join(dirname(builtImage().image), `${word}.qcow2`);
}

let chosen: Image | undefined;
const HOME = join(TOP, 'build/appliance/images');

function newest(): Image {
  const key = process.env.GREENGATE_IMAGE_KEY;
  const place = key === undefined ? join(TOP, 'build/image/latest.json') : join(HOME, key, 'image.json');
  if (!existsSync(place)) throw new Error('There is no image yet: build it with “make image”.');
  return JSON.parse(readFileSync(place, 'utf8')) as Image;
}

/** Links the image's files into a folder of our own: whoever builds meanwhile throws away older images, and disks lie over them. */
function keep(image: Image): Image {
  const folder = join(HOME, image.key);
  const partial = `${folder}.${process.pid}`;
  if (!existsSync(folder)) {
    mkdirSync(partial, { recursive: true });
    for (const path of [image.image, image.vmlinuz, image.initramfs]) linkSync(path, join(partial, basename(path)));
    writeFileSync(join(partial, 'image.json'), JSON.stringify(image));
    try {
      renameSync(partial, folder);
    } catch {
      // Another run was faster.
      rmSync(partial, { recursive: true, force: true });
    }
  }
  forgetOld();
  const at = (path: string) => join(folder, basename(path));
  return { ...image, image: at(image.image), vmlinuz: at(image.vmlinuz), initramfs: at(image.initramfs) };
}

/** Keeps the three newest folders: another run may still use an older image. */
function forgetOld(): void {
  const folders = readdirSync(HOME).map((name) => ({ name, time: statSync(join(HOME, name)).mtimeMs }));
  folders.sort((a, b) => b.time - a.time);
  for (const { name } of folders.slice(3)) rmSync(join(HOME, name), { recursive: true, force: true });
}
