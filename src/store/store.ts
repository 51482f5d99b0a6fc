import { dirname, join } from 'node:path';
import { Low } from 'lowdb';
import { z } from 'zod';
import type { AuditEntry, AuditQuery, Generation, ListedGeneration, User } from '../agent/ports.ts';
import { openAudit } from './audit.ts';
import type { Disk } from './disk.ts';
import { durableJson, replaceFile } from './durable.ts';
import { openGenerations } from './generations.ts';

/**
 * What Greengate keeps in the directory `root` (HACKING.md, "Files on the box"). Every promise resolves only after the disk
 * has it. What cannot be read is refused with its path, the last good one is used, and `notices` says so.
 */
export const openStore = async (disk: Disk, root: string, clock: () => number) => {
  const notices = new Set<string>();
  const notice = (sentence: string) => void notices.add(sentence);
  await disk.mkdir(root);
  const generations = openGenerations(disk, root, notice);
  const unconfirmed = await generations.cleanUp();
  const audit = openAudit(disk, join(root, 'log', 'audit.jsonl'));
  const users = new Low<Users>(usersFile(disk, join(root, 'users.json'), notice), { schema: 1, users: [] });
  return {
    current: (): Promise<Generation | null> => generations.current(),
    nextNumber: (): Promise<number> => generations.nextNumber(),
    save: (generation: Generation): Promise<void> => generations.save(generation),
    stage: (generation: Generation): Promise<void> => generations.stage(generation),
    keep: (number: number): Promise<void> => generations.keep(number),
    rollback: (to: number): Promise<void> => generations.rollback(to),
    generations: (): Promise<ListedGeneration[]> => generations.list(),
    generation: (number: number): Promise<Generation | null> => generations.get(number),
    users: async (): Promise<User[]> => {
      await users.read().catch((error: Error) => notice(error.message));
      return users.data.users;
    },
    setUsers: async (list: User[]): Promise<void> => {
      // lowdb would change its memory before the write; a failed write must not leave the two apart.
      await new Low(users.adapter, { schema: 1 as const, users: list }).write();
      users.data = { schema: 1, users: list };
    },
    ...marker(disk, root),
    audit: (entry: AuditEntry) => audit.append(clock(), entry),
    auditLines: (query: AuditQuery) => audit.page(query),
    unconfirmed: () => unconfirmed,
    notices: (): string[] => [...notices],
  };
};

type Users = { schema: 1; users: User[] };

const role = z.enum(['viewer', 'operator', 'administrator']);

/** Files from before there were roles have none of the later fields. */
const userSchema = z.strictObject({
  name: z.string(),
  role,
  hash: z.string(),
  totp: z
    .strictObject({ secret: z.string(), used: z.number(), recovery: z.array(z.string()) })
    .nullable()
    .default(null),
  tokens: z
    .array(
      z.strictObject({
        id: z.string(),
        name: z.string(),
        hash: z.string(),
        role,
        created: z.number(),
        expires: z.number().nullable(),
        used: z.number().nullable(),
      }),
    )
    .default([]),
});

const usersSchema = z.strictObject({
  schema: z.literal(1),
  users: z.array(userSchema),
});

const usersFile = (disk: Disk, path: string, notice: (sentence: string) => void) =>
  durableJson<Users>({
    disk,
    path,
    mode: 0o600,
    parse: (document) => usersSchema.safeParse(document).data ?? null,
    keepLast: true,
    notice,
  });

/** What the console leaves for the agent. */
const marker = (disk: Disk, root: string) => ({
  wantReset: (): Promise<void> => replaceFile(disk, join(root, 'reset-admin'), '', 0o600),
  resetWanted: async (): Promise<boolean> => (await disk.list(root)).includes('reset-admin'),
  resetDone: async (): Promise<void> => {
    // Else a torn users.json would bring the forgotten password back.
    await disk.remove(join(root, 'users.json.last'));
    await removeFile(disk, join(root, 'reset-admin'));
  },
  greenOverride: async (): Promise<string | null> => {
    const text = await disk.read(join(root, 'green-override'));
    return text === null ? null : (/^GREEN_CIDR=(['"]?)([^'"\s]*)\1\s*$/m.exec(text)?.[2] ?? '');
  },
  consoleActs: async (): Promise<string[]> => {
    const [left, taken] = ['console-acts', 'console-acts.taken'];
    const there = await disk.list(root);
    // Renamed first: the console goes on writing.
    if (!there.includes(taken) && there.includes(left)) await disk.rename(join(root, left), join(root, taken));
    const lines = ((await disk.read(join(root, taken))) ?? '').split('\n');
    return lines.filter((line) => line.trim() !== '').map((line) => line.slice(0, 300));
  },
  consoleActsDone: (): Promise<void> => removeFile(disk, join(root, 'console-acts.taken')),
  forgetGreenOverride: (): Promise<void> => removeFile(disk, join(root, 'green-override')),
});

const removeFile = async (disk: Disk, path: string): Promise<void> => {
  await disk.remove(path);
  await disk.sync(dirname(path));
};

/** Small files in RUN, a tmpfs: replaced whole, never synced. */
export const openRun = (disk: Disk, root: string) => ({
  read: (name: string): Promise<string | null> => disk.read(join(root, name)),
  write: async (name: string, text: string, mode: number): Promise<void> => {
    await disk.mkdir(root);
    await disk.write(join(root, `.${name}.new`), text, mode);
    await disk.rename(join(root, `.${name}.new`), join(root, name));
  },
  remove: (name: string): Promise<void> => disk.remove(join(root, name)),
});
