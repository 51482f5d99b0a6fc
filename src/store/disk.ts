import { constants } from 'node:fs';
import {
  chmod,
  chown,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';

/**
 * The few operations on files that the store is made of. Each is one step that a power loss can follow; nothing is on the
 * disk before `sync` of the file *and* of its directory. Tests replace it by a disk that loses what was not synced.
 */
export type Disk = {
  mkdir(path: string): Promise<void>;
  /** Creates or truncates, with exactly this mode. */
  write(path: string, content: string, mode: number): Promise<void>;
  append(path: string, content: string, mode: number): Promise<void>;
  /** Waits until a file's content, or a directory's entries, are on the disk. */
  sync(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  link(from: string, to: string): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  /** Removes a file, a link or a whole directory; no error when there is none. */
  remove(path: string): Promise<void>;
  owner(path: string, uid: number, gid: number): Promise<void>;
  /** Null when there is no such file. */
  read(path: string): Promise<string | null>;
  /** These bytes of a file; fewer at its end, none when there is no such file. */
  readAt(path: string, from: number, length: number): Promise<Buffer>;
  readlink(path: string): Promise<string | null>;
  /** Bytes; 0 when there is no such file. */
  size(path: string): Promise<number>;
  /** Names in a directory, sorted; empty when there is none. */
  list(path: string): Promise<string[]>;
};

/** The real disk. */
export const disk: Disk = {
  mkdir: async (path) => void (await mkdir(path, { recursive: true })),
  write: (path, content, mode) => put(path, 'w', content, mode),
  append: (path, content, mode) => put(path, 'a', content, mode),
  sync: async (path) => {
    const handle = await open(path, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  rename,
  link,
  symlink,
  remove: (path) => rm(path, { recursive: true, force: true }),
  owner: chown,
  read: (path) => readFile(path, 'utf8').catch(nothing),
  readAt: async (path, from, length) => {
    const handle = await open(path, constants.O_RDONLY).catch(nothing);
    if (handle === null) return Buffer.alloc(0);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  },
  readlink: (path) => readlink(path).catch(nothing),
  size: async (path) => (await stat(path).catch(nothing))?.size ?? 0,
  list: async (path) => ((await readdir(path).catch(nothing)) ?? []).sort(),
};

/** The mode given to `open` is cut by the umask, and is not applied to a file that is there already. */
const put = async (path: string, flag: 'w' | 'a', content: string, mode: number): Promise<void> => {
  const handle = await open(path, flag, mode);
  try {
    await handle.writeFile(content);
  } finally {
    await handle.close();
  }
  await chmod(path, mode);
};

/** `EINVAL` is readlink's answer for what is no link. Anything else, such as EIO, is a real error and must be seen. */
const nothing = (error: NodeJS.ErrnoException): null => {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EINVAL') return null;
  throw error;
};
