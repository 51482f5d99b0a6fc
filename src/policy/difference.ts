import { objectLines } from './difference-objects.ts';
import { ruleLines } from './difference-rules.ts';
import { sectionLines } from './difference-sections.ts';
import type { Policy } from './schema.ts';

/**
 * What putting `after` in the place of `before` changes, in plain sentences, at most `MOST` and one that counts the others; none when
 * both say the same. Blocked hosts are left out: they come and go by themselves.
 */
export const differences = (before: Policy, after: Policy): string[] => {
  const objects = objectLines(before, after);
  const lines = [...sectionLines(before, after), ...objects.lines, ...ruleLines(objects.before, after)];
  const more = lines.length - MOST;
  const shown = lines.slice(0, MOST).map((line) => line());
  return more > 0 ? [...shown, `And ${more} more ${more === 1 ? 'difference' : 'differences'}.`] : shown;
};

/** Sentences of one answer. */
export const MOST = 200;
