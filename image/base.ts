import type { BaseName } from './manifest.ts';

/** Where the builder reads and writes; absolute paths. */
export type Places = {
  /** The checkout. */
  top: string;
  /** `build/cache`: steps kept by the hash of their inputs. */
  cache: string;
  /** `build/work`: trees of the build that is running. */
  work: string;
  /** `build/image`: what the build hands out. */
  out: string;
};

/** One package of a base, pinned. `sha256` is of the package file; `size` in bytes. */
export type LockedPackage = {
  name: string;
  version: string;
  sha256: string;
  size: number;
  url: string;
  licence?: string;
};

/** Everything a base takes from its mirror. `wish` is a hash of what was asked for: another wish needs a new lock. */
export type Lock = {
  base: BaseName;
  branch: string;
  wish: string;
  packages: LockedPackage[];
  /** Alpine only: the signed indexes the packages were chosen from. */
  indexes?: LockedIndex[];
};

/** A repository's signed index, pinned. */
export type LockedIndex = { repository: string; sha256: string; url: string };

/** Shows progress inside a step. */
export type Say = (progress: string) => void;

/**
 * What differs between the two bases. `unpack` fills an empty directory with the base's files; `normalise` in
 * `normalise.ts` makes both look alike afterwards.
 */
export type Base = {
  name: BaseName;
  /** Decides the versions: from the lock when it answers the same wish, else from the mirror. */
  resolve(places: Places, say: Say): Promise<{ lock: Lock; note: string }>;
  /** Fetches and verifies everything the lock names into the cache. Gives the lock, resolved again if it had to be. */
  bootstrap(places: Places, lock: Lock, say: Say): Promise<{ lock: Lock; note: string }>;
  /** Unpacks the locked packages into `root`. */
  unpack(places: Places, lock: Lock, root: string, say: Say): Promise<string>;
};
