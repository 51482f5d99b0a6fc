import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Box } from './box.ts';
import { inShell } from './console.ts';
import { builtImage } from './image.ts';
import { TOP } from './process.ts';

/** Keeps a measured figure in `build/figures.json`, beside the image it was measured on. Units are in the name. */
export function recordFigure(name: string, value: number | string): void {
  const place = join(TOP, 'build/figures.json');
  const figures = existsSync(place) ? (JSON.parse(readFileSync(place, 'utf8')) as Record<string, unknown>) : {};
  const image = builtImage().key;
  mkdirSync(dirname(place), { recursive: true });
  const rounded = typeof value === 'number' ? Math.round(value * 10) / 10 : value;
  writeFileSync(place, `${JSON.stringify({ ...figures, image, [name]: rounded }, null, 2)}\n`);
}

/** Thousands of kilobytes that the box cannot give to anybody who asks for memory. */
export async function megabytesInUse(box: Box): Promise<number> {
  const memory = await inShell(box, (command) => command('cat /proc/meminfo'));
  const kilobytes = (name: string) => Number(new RegExp(`${name}: *(\\d+) kB`).exec(memory)?.[1]);
  return (kilobytes('MemTotal') - kilobytes('MemAvailable')) / 1000;
}
