/** What a step hands back: a short note for its line, and its result. */
export type Outcome<T> = { note: string; value: T };

/** The names of the builder's steps, in order; `step` prints their number. */
export const STEPS = [
  'resolve',
  'bootstrap',
  'packages',
  'normalise',
  'overlay',
  'assert',
  'initramfs',
  'squashfs',
  'disk',
  'compress',
  'sbom',
] as const;

export type StepName = (typeof STEPS)[number];

/**
 * Runs one announced step and prints one line for it: number, name, seconds, note.
 * `say` shows progress inside the step, on a terminal only.
 */
export async function step<T>(
  name: StepName,
  work: (say: (progress: string) => void) => Promise<Outcome<T>>,
): Promise<T> {
  const head = `[${String(STEPS.indexOf(name) + 1).padStart(2)}/${STEPS.length}] ${name.padEnd(10)}`;
  const started = performance.now();
  const say = (progress: string) => {
    if (process.stdout.isTTY) process.stdout.write(`\r${head} ${progress}\u001b[K`);
  };
  say('…');
  try {
    const { note, value } = await work(say);
    const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(6);
    process.stdout.write(`${process.stdout.isTTY ? '\r\u001b[K' : ''}${head}${seconds} s  ${note}\n`);
    return value;
  } catch (error) {
    if (process.stdout.isTTY) process.stdout.write('\r\u001b[K');
    process.stdout.write(`${head} failed\n`);
    throw error;
  }
}

/** Prints one line that stands outside the steps. */
export function announce(line: string): void {
  process.stdout.write(`${line}\n`);
}
