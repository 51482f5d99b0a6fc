import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOP } from './process.ts';

/** The built image, as the builder describes it in `build/image/latest.json`. `key` names its contents. */
export type Image = { key: string; base: string; image: string; vmlinuz: string; initramfs: string; append: string };

/** The newest built image; throws when there is none. */
export function builtImage(): Image {
  const place = join(TOP, 'build/image/latest.json');
  if (!existsSync(place)) throw new Error('There is no image yet: build it with “make image”.');
  return JSON.parse(readFileSync(place, 'utf8')) as Image;
}
