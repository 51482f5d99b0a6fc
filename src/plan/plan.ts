import type { Ruleset } from './ruleset.ts';

/** Everything the box should hold: the kernel's ruleset, and the files of boot and daemons by name. */
export type Plan = { generation: number; ruleset: Ruleset; files: Record<string, string> };
