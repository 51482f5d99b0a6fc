import { dirname } from 'node:path';
import type { Adapter } from 'lowdb';
import type { Disk } from './disk.ts';

/** Replaces a file so that a power loss leaves either the old or the new one, whole: write beside it, sync, rename, sync the directory. */
export const replaceFile = async (disk: Disk, path: string, content: string, mode: number): Promise<void> => {
  const beside = `${path}.new`;
  await disk.remove(beside);
  await disk.write(beside, content, mode);
  await disk.sync(beside);
  await disk.rename(beside, path);
  await disk.sync(dirname(path));
};

/** A file that is not what we wrote: torn, or somebody else's. `message` names it. */
export class ForeignFile extends Error {
  override readonly name = 'ForeignFile';
}

/**
 * lowdb's adapter for one JSON document. lowdb's own writer never syncs and its reader casts; this one does both properly.
 * `parse` says whether a document is ours: it returns it, or null. `keepLast` keeps the version before as `<path>.last`,
 * which is read when the newer one is torn or foreign; `notice` is then told.
 */
export const durableJson = <T>(options: DurableJson<T>): Adapter<T> => {
  const { disk, path, mode, keepLast } = options;
  return {
    read: async () => {
      const fault = await readJson(options, path);
      if ('value' in fault) return fault.value;
      if (!keepLast) {
        if (fault.missing) return null;
        throw new ForeignFile(fault.message);
      }
      const last = await readJson(options, `${path}.last`);
      if (!('value' in last)) {
        if (fault.missing && last.missing) return null;
        throw new ForeignFile(fault.message);
      }
      options.notice(`${fault.message} The version before it is in use.`);
      return last.value;
    },
    write: async (document) => {
      if (keepLast && 'value' in (await readJson(options, path))) {
        await disk.remove(`${path}.last`);
        await disk.link(path, `${path}.last`);
      }
      await replaceFile(disk, path, `${JSON.stringify(document, null, 2)}\n`, mode);
    },
  };
};

export type DurableJson<T> = {
  disk: Disk;
  path: string;
  mode: number;
  parse: (document: unknown) => T | null;
  keepLast: boolean;
  notice: (sentence: string) => void;
};

type Reading<T> = { value: T } | { missing: boolean; message: string };

const readJson = async <T>({ disk, parse }: DurableJson<T>, path: string): Promise<Reading<T>> => {
  const text = await disk.read(path).catch((error: Error) => error);
  if (text instanceof Error) return { missing: false, message: `${path} cannot be read: ${text.message}.` };
  if (text === null) return { missing: true, message: `${path} is missing.` };
  const value = parse(decode(text));
  return value === null ? { missing: false, message: `${path} is torn, or not a file of Greengate.` } : { value };
};

const decode = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
