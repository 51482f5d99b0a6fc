import type { Disk } from '../../src/store/disk.ts';

/** Thrown by every operation from the one at which the power goes. */
export class PowerLoss extends Error {
  override readonly name = 'PowerLoss';
}

type File = { kind: 'file'; now: string; synced: string | null };
type Directory = {
  kind: 'directory';
  now: Map<string, Inode>;
  synced: Map<string, Inode>;
  /** Both names of each rename since the last sync: a journaled file system, ext4 here, keeps one with the other. */
  renamed: [string, string][];
};
type Link = { kind: 'link'; target: string };
type Inode = File | Directory | Link;

/**
 * A disk in memory that keeps apart what was written and what was synced. `steps` counts the operations that change
 * something; from step `lossAt` on all fail. `crash` is the disk after the power is back: of each thing that was not synced,
 * `pick` (0 to 1) decides whether the old, the new or, for content, a torn one is there.
 */
export class CrashDisk implements Disk {
  root: Directory = newDirectory();
  steps = 0;
  lossAt = Number.POSITIVE_INFINITY;
  /** Paths given to `sync`, in order. */
  synced: string[] = [];
  /** The sync with this index does nothing: for showing that each one is needed. */
  skipSync = -1;

  crash(pick: () => number): CrashDisk {
    const after = new CrashDisk();
    after.root = survivors(this.root, pick) as Directory;
    return after;
  }

  async mkdir(path: string): Promise<void> {
    let here = this.root;
    for (const name of parts(path)) {
      const next = here.now.get(name);
      if (next?.kind === 'directory') here = next;
      else {
        this.step();
        const made = newDirectory();
        here.now.set(name, made);
        here = made;
      }
    }
  }

  async write(path: string, content: string): Promise<void> {
    const { directory, name } = this.parent(path);
    const old = directory.now.get(name);
    const file: File = old?.kind === 'file' ? old : { kind: 'file', now: '', synced: null };
    this.step();
    directory.now.set(name, file);
    // Half of it may be written when the power goes.
    file.now = content.slice(0, content.length / 2);
    this.step();
    file.now = content;
  }

  async append(path: string, content: string): Promise<void> {
    await this.write(path, `${(await this.read(path)) ?? ''}${content}`);
  }

  async sync(path: string): Promise<void> {
    const inode = this.find(path);
    if (inode === undefined) throw new Error(`sync of ${path}, which is not there`);
    this.step();
    this.synced.push(path);
    if (this.synced.length - 1 === this.skipSync) return;
    if (inode.kind === 'file') inode.synced = inode.now;
    if (inode.kind === 'directory') {
      inode.synced = new Map(inode.now);
      inode.renamed = [];
    }
  }

  async rename(from: string, to: string): Promise<void> {
    const inode = this.find(from);
    if (inode === undefined) throw new Error(`rename of ${from}, which is not there`);
    const target = this.find(to);
    if (target?.kind === 'directory' && target.now.size > 0) throw new Error(`rename over ${to}, which is not empty`);
    this.step();
    this.set(to, inode);
    this.unset(from);
    const { directory } = this.parent(to);
    if (directory !== this.parent(from).directory) throw new Error(`rename from ${from} to another directory`);
    directory.renamed.push([parts(from).pop() as string, parts(to).pop() as string]);
  }

  async link(from: string, to: string): Promise<void> {
    const inode = this.find(from);
    if (inode === undefined || this.find(to) !== undefined) throw new Error(`link from ${from} to ${to}`);
    this.step();
    this.set(to, inode);
  }

  async symlink(target: string, path: string): Promise<void> {
    if (this.find(path) !== undefined) throw new Error(`symlink over ${path}`);
    this.step();
    this.set(path, { kind: 'link', target });
  }

  async remove(path: string): Promise<void> {
    if (this.find(path) === undefined) return;
    this.step();
    this.unset(path);
  }

  async owner(): Promise<void> {}

  async read(path: string): Promise<string | null> {
    const inode = this.find(path);
    return inode?.kind === 'file' ? inode.now : null;
  }

  async readAt(path: string, from: number, length: number): Promise<Buffer> {
    return Buffer.from((await this.read(path)) ?? '').subarray(from, from + length);
  }

  async readlink(path: string): Promise<string | null> {
    const inode = this.find(path);
    return inode?.kind === 'link' ? inode.target : null;
  }

  async size(path: string): Promise<number> {
    return Buffer.byteLength((await this.read(path)) ?? '');
  }

  async list(path: string): Promise<string[]> {
    const inode = this.find(path);
    return inode?.kind === 'directory' ? [...inode.now.keys()].sort() : [];
  }

  private step(): void {
    this.steps += 1;
    if (this.steps > this.lossAt) throw new PowerLoss();
  }

  private find(path: string): Inode | undefined {
    let here: Inode | undefined = this.root;
    for (const name of parts(path)) here = here?.kind === 'directory' ? here.now.get(name) : undefined;
    return here;
  }

  private parent(path: string): { directory: Directory; name: string } {
    const names = parts(path);
    const name = names.pop() as string;
    const directory = this.find(names.join('/'));
    if (directory?.kind !== 'directory') throw new Error(`${path}: no such directory`);
    return { directory, name };
  }

  private set(path: string, inode: Inode): void {
    const { directory, name } = this.parent(path);
    directory.now.set(name, inode);
  }

  private unset(path: string): void {
    const { directory, name } = this.parent(path);
    directory.now.delete(name);
  }
}

const newDirectory = (): Directory => ({ kind: 'directory', now: new Map(), synced: new Map(), renamed: [] });

const parts = (path: string): string[] => path.split('/').filter((part) => part !== '');

const survivors = (inode: Inode, pick: () => number): Inode => {
  if (inode.kind === 'link') return inode;
  if (inode.kind === 'file') {
    const content = survivingContent(inode, pick());
    return { kind: 'file', now: content, synced: content };
  }
  const entries = new Map<string, Inode>();
  for (const names of together(inode)) {
    const { synced, now } = inode;
    const source = names.every((name) => synced.get(name) === now.get(name)) || pick() < 0.5 ? synced : now;
    for (const name of names) {
      const survivor = source.get(name);
      if (survivor !== undefined) entries.set(name, survivors(survivor, pick));
    }
  }
  return { kind: 'directory', now: entries, synced: new Map(entries), renamed: [] };
};

/** A directory's names, those in one list that a rename binds to each other. */
const together = ({ synced, now, renamed }: Directory): string[][] => {
  let groups = [...new Set([...synced.keys(), ...now.keys()])].map((name) => [name]);
  for (const pair of renamed) {
    const bound = groups.filter((names) => names.some((name) => pair.includes(name)));
    groups = [...groups.filter((names) => !bound.includes(names)), bound.flat()];
  }
  return groups;
};

const survivingContent = ({ now, synced }: File, picked: number): string => {
  if (now === synced || picked < 0.4) return synced ?? '';
  return picked < 0.7 ? now.slice(0, Math.floor(now.length * (picked - 0.4))) : now;
};
