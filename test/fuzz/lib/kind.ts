import type fc from 'fast-check';
import type { World } from './world.ts';

/** Told what a case has reached. */
export type Seen = (what: string) => void;

/** A kind of case. What is drawn is plain data, so that a failure can be printed; `run` says what went wrong, or null. */
export type Kind<Drawn = never> = {
  name: string;
  /** Cases among a thousand. */
  share: number;
  draw: fc.Arbitrary<Drawn>;
  run: (world: World, drawn: Drawn, seen: Seen) => Promise<string | null> | string | null;
};
