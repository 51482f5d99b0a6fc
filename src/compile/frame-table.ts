import type { FrameSet } from '../plan/ruleset.ts';
import type { Interval } from '../policy/frames.ts';

/** The frames of a ruleset: each list of times stands in the kernel once, however many rules share it. */
export const frameTable = () => {
  const keys = new Map<string, FrameSet>();
  return {
    /** The key of these times; null for always. */
    keyOf: (intervals: Interval[] | null): string | null => {
      if (intervals === null) return null;
      const text = JSON.stringify(intervals);
      const kept = keys.get(text) ?? { key: String(keys.size + 1), intervals };
      keys.set(text, kept);
      return kept.key;
    },
    all: (): FrameSet[] => [...keys.values()],
  };
};
