import type { Box } from './box.ts';
import { Unmet } from './process.ts';

/** What the console shows above its menu, by label: `GREEN`, `RED`, `BOT`, `Set-up code`, `Certificate`, `Agent` … */
export type Shown = Record<string, string>;

/** Waits for the menu and reads what stands above it. */
export async function readMenu(box: Box, seconds = 30): Promise<Shown> {
  const [text] = await box.serial.expect(/== Greengate ==[\s\S]*?Choice: /, seconds);
  const shown: Shown = {};
  for (const line of text.replaceAll('\r', '').split('\n')) {
    const [, label = '', value = ''] = /^ {2}(\S.{0,17}?) {2,}(\S.*)$/.exec(line) ?? [];
    if (label !== '' && !/^\d$/.test(label)) shown[label] = value;
    if (line.startsWith('  ! ')) shown['!'] = `${shown['!'] ?? ''}${line.slice(4)}\n`;
  }
  return shown;
}

/** Waits for a start of the box from its first words on: until its menu comes up. `rules` is when the rules were in force, for `performance.now()`. */
export async function watchStart(box: Box, seconds = 120): Promise<{ shown: Shown; rules: number }> {
  await box.serial.expect(/OpenRC \S+ is starting up/, seconds);
  // The network is addressed only after the rules are in force.
  await box.serial.expect(/gg-network *\| \*/, seconds);
  const rules = performance.now();
  return { shown: await readMenu(box, seconds), rules };
}

/** Draws the menu anew and reads it. */
export async function menu(box: Box, seconds = 30): Promise<Shown> {
  await box.serial.type('1');
  return readMenu(box, seconds);
}

/** Draws the menu until what it shows fits. */
export async function menuUntil(box: Box, fits: (shown: Shown) => boolean, seconds = 60): Promise<Shown> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const shown = await menu(box);
    if (fits(shown)) return shown;
    if (Date.now() > end)
      throw new Unmet(`The console should show it within ${seconds} s; it shows ${JSON.stringify(shown)}`);
    await new Promise((done) => setTimeout(done, 1000));
  }
}

/** Runs commands in the console's root shell, as somebody at the box would; the menu is back afterwards. */
export async function inShell<T>(
  box: Box,
  work: (command: (line: string, seconds?: number) => Promise<string>) => Promise<T>,
): Promise<T> {
  await box.serial.type('9');
  await box.serial.expect(/greengate:\S*# /);
  try {
    return await work((line, seconds) => box.serial.command(line, seconds));
  } finally {
    await box.serial.type('exit');
    await box.serial.expect('Choice: ');
  }
}

/** The line that kills the box's Node process of this bundle: `agent.js` or `web.js`. */
export const killing = (bundle: string): string =>
  `for p in /proc/[0-9]*; do case $(readlink $p/exe) in */node*) grep -q ${bundle} $p/cmdline && kill -9 $(basename $p);; esac; done; true`;
