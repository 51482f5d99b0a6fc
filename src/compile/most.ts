/** What may still be put into the kernel: rules, and elements of sets and maps. Whoever adds takes off. */
export type Most = { rules: number; elements: number };

/**
 * The bounds of a ruleset. More rules than this the kernel is not given in an index; and as many elements as fit the agent's memory on a box
 * of 512 MB (about 300 bytes each, with their text).
 */
export const mostOfAll = (): Most => ({ rules: 100_000, elements: 130_000 });
