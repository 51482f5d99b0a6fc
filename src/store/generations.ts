import { join } from 'node:path';
import { Low } from 'lowdb';
import { z } from 'zod';
import type { Generation, GenerationMeta, ListedGeneration } from '../agent/ports.ts';
import { parsePolicy } from '../policy/parse.ts';
import type { Policy } from '../policy/schema.ts';
import type { Disk } from './disk.ts';
import { durableJson, ForeignFile } from './durable.ts';
import { sumsOf, sumsProblem } from './sums.ts';

/** How many generations are kept. */
export const KEPT = 100;

/** Bytes that they may take together: older ones go sooner when policies are large, but never one of the newest `LEAST`. */
export const KEPT_BYTES = 96 * 1024 * 1024;
export const LEAST = 10;

type Unconfirmed = Pick<GenerationMeta, 'user' | 'what'>;

/**
 * The generations in `root`. A directory is written whole under a name that nobody reads, synced, then renamed; then
 * `current` is switched. So at each moment of a power loss `current` is whole, old or new. What is newer than `current` is on trial, or was
 * refused, and is gone after the next start.
 */
export const openGenerations = (disk: Disk, root: string, notice: (sentence: string) => void) => {
  const folder = join(root, 'generations');
  // A generation is never changed once it is written: what was found out about one holds until its number is written or removed.
  const known: Known = { sizes: new Map(), whole: new Map() };
  return {
    current: async (): Promise<Generation | null> => {
      const wanted = await currentNumber(disk, root);
      const numbers = (await numbersIn(disk, folder)).filter((number) => wanted === null || number <= wanted);
      if (wanted !== null && !numbers.includes(wanted)) notice(`Generation ${wanted}, the current one, is missing.`);
      if (wanted === null && numbers.length > 0)
        notice(`${join(root, 'current')} is missing or is no link of Greengate.`);
      for (const number of numbers.reverse()) {
        // Whatever is wrong with one generation, bad blocks included, the one before it is the better answer.
        try {
          return await readGeneration(disk, join(folder, String(number)), number);
        } catch (error) {
          notice(`Generation ${number} was passed over: ${(error as Error).message}`);
        }
      }
      return null;
    },
    nextNumber: async () => Math.max(0, (await currentNumber(disk, root)) ?? 0, ...(await numbersIn(disk, folder))) + 1,
    save: async (generation: Generation): Promise<void> => {
      forget(known, generation.number);
      await writeGeneration(disk, folder, generation);
      await keep(disk, root, generation.number, known);
    },
    stage: (generation: Generation): Promise<void> => {
      forget(known, generation.number);
      return writeGeneration(disk, folder, generation);
    },
    keep: (number: number): Promise<void> => keep(disk, root, number, known),
    rollback: async (to: number): Promise<void> => {
      await switchCurrent(disk, root, to);
      await cleanUp(disk, folder, to);
    },
    /** Those that were confirmed, the newest first. Each is held against its sums when it is first listed. */
    list: async (): Promise<ListedGeneration[]> => {
      const listed: ListedGeneration[] = [];
      for (const number of (await confirmed(disk, root)).reverse())
        listed.push(await listedOf(disk, folder, number, known));
      // A change meanwhile may have removed the oldest ones.
      const still = new Set(await numbersIn(disk, folder));
      return listed.filter(({ number }) => still.has(number));
    },
    /** One of them; null when there is none of that number. Throws when it is damaged. */
    get: async (number: number): Promise<Generation | null> =>
      (await confirmed(disk, root)).includes(number)
        ? readGeneration(disk, join(folder, String(number)), number)
        : null,
    /** Removes what a power loss left half-written, and what was not confirmed; says who wanted that and what it was. */
    cleanUp: async (): Promise<Unconfirmed[]> => cleanUp(disk, folder, await currentNumber(disk, root)),
  };
};

const metaSchema = z.strictObject({
  user: z.string(),
  time: z.number(),
  what: z.string(),
  setUp: z.boolean(),
  starter: z.boolean(),
});

const readGeneration = async (disk: Disk, directory: string, number: number): Promise<Generation> => {
  const problem = await sumsProblem(disk, directory);
  if (problem !== null) throw new ForeignFile(problem);
  const policy = await documentIn(disk, directory, 'policy.json', parsedPolicy).read();
  const meta = await documentIn(disk, directory, 'meta.json', parsedMeta).read();
  if (policy === null || meta === null) throw new ForeignFile(`${directory} is not whole.`);
  const names = await disk.list(join(directory, 'plan'));
  const texts = await Promise.all(names.map(async (name) => [name, await disk.read(join(directory, 'plan', name))]));
  return { ...meta, number, policy, files: Object.fromEntries(texts) };
};

const writeGeneration = async (disk: Disk, folder: string, generation: Generation): Promise<void> => {
  const { number, policy, files, ...meta } = generation;
  const half = join(folder, `.half-${number}`);
  await disk.mkdir(folder);
  await disk.remove(half);
  await disk.mkdir(join(half, 'plan'));
  await new Low<Policy>(documentIn(disk, half, 'policy.json', parsedPolicy), policy).write();
  await new Low<GenerationMeta>(documentIn(disk, half, 'meta.json', parsedMeta), meta).write();
  for (const [name, text] of Object.entries(files)) {
    await disk.write(join(half, 'plan', name), text, 0o644);
    await disk.sync(join(half, 'plan', name));
  }
  await disk.sync(join(half, 'plan'));
  await disk.write(join(half, 'SHA256SUMS'), await sumsOf(disk, half), 0o644);
  await disk.sync(join(half, 'SHA256SUMS'));
  await disk.sync(half);
  await disk.remove(join(folder, String(number)));
  await disk.rename(half, join(folder, String(number)));
  await disk.sync(folder);
};

/** What is known of generations without reading them again: their bytes, and what those that matched their sums say of themselves. */
type Known = { sizes: Map<number, number>; whole: Map<number, ListedGeneration> };

const forget = ({ sizes, whole }: Known, number: number): void => {
  sizes.delete(number);
  whole.delete(number);
};

/** What is newer than `current` is on trial. */
const confirmed = async (disk: Disk, root: string): Promise<number[]> => {
  const current = await currentNumber(disk, root);
  return (await numbersIn(disk, join(root, 'generations'))).filter((number) => current === null || number <= current);
};

const listedOf = async (disk: Disk, folder: string, number: number, known: Known): Promise<ListedGeneration> => {
  const before = known.whole.get(number);
  if (before !== undefined) return before;
  const directory = join(folder, String(number));
  const meta = await sumsProblem(disk, directory)
    .then((problem) => (problem === null ? documentIn(disk, directory, 'meta.json', parsedMeta).read() : null))
    .catch(() => null);
  if (meta === null) return { number, user: '', time: 0, what: '', damaged: true };
  const { user, time, what } = meta;
  const listed = { number, user, time, what, damaged: false };
  known.whole.set(number, listed);
  return listed;
};

const keep = async (disk: Disk, root: string, number: number, known: Known): Promise<void> => {
  await switchCurrent(disk, root, number);
  await prune(disk, join(root, 'generations'), number, known);
};

const switchCurrent = async (disk: Disk, root: string, number: number): Promise<void> => {
  const beside = join(root, '.current-new');
  await disk.remove(beside);
  await disk.symlink(`generations/${number}`, beside);
  await disk.rename(beside, join(root, 'current'));
  await disk.sync(root);
};

const prune = async (disk: Disk, folder: string, newest: number, known: Known): Promise<void> => {
  let bytes = 0;
  const older = (await numbersIn(disk, folder)).filter((number) => number <= newest).reverse();
  for (const [index, number] of older.entries()) {
    if (index < KEPT) bytes += await sizeOf(disk, join(folder, String(number)), number, known);
    if (index < LEAST || (index < KEPT && bytes <= KEPT_BYTES)) continue;
    forget(known, number);
    await disk.remove(join(folder, String(number)));
  }
};

/** What cannot be looked at counts nothing: no save fails for an old generation on a bad block. */
const sizeOf = async (disk: Disk, directory: string, number: number, { sizes }: Known): Promise<number> => {
  const before = sizes.get(number);
  if (before !== undefined) return before;
  const plan = await disk.list(join(directory, 'plan')).catch(() => []);
  const names = ['policy.json', 'meta.json', 'SHA256SUMS', ...plan.map((name) => `plan/${name}`)];
  const found = await Promise.all(names.map((name) => disk.size(join(directory, name)).catch(() => 0)));
  const bytes = found.reduce((sum, size) => sum + size, 0);
  sizes.set(number, bytes);
  return bytes;
};

/** Newer than `current` means: on trial, or saved but the switch never reached the disk, or refused. */
const cleanUp = async (disk: Disk, folder: string, current: number | null): Promise<Unconfirmed[]> => {
  const newer = (await numbersIn(disk, folder)).filter((number) => current !== null && number > current);
  const found: Unconfirmed[] = [];
  for (const number of newer) {
    const meta = await documentIn(disk, join(folder, String(number)), 'meta.json', parsedMeta)
      .read()
      .catch(() => null);
    if (meta !== null) found.push({ user: meta.user, what: meta.what });
    await disk.remove(join(folder, String(number)));
  }
  for (const name of await disk.list(folder)) if (name.startsWith('.half-')) await disk.remove(join(folder, name));
  return found;
};

const currentNumber = async (disk: Disk, root: string): Promise<number | null> => {
  const match = /^generations\/([1-9]\d{0,8})$/.exec((await disk.readlink(join(root, 'current'))) ?? '');
  return match === null ? null : Number(match[1]);
};

const numbersIn = async (disk: Disk, folder: string): Promise<number[]> =>
  (await disk.list(folder))
    .filter((name) => /^[1-9]\d{0,8}$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);

const documentIn = <T>(disk: Disk, directory: string, name: string, parse: (document: unknown) => T | null) =>
  durableJson({ disk, path: join(directory, name), mode: 0o600, parse, keepLast: false, notice: () => {} });

const parsedPolicy = (document: unknown): Policy | null => {
  const parsed = parsePolicy(document);
  return parsed.ok ? parsed.value : null;
};

const parsedMeta = (document: unknown): GenerationMeta | null => metaSchema.safeParse(document).data ?? null;
