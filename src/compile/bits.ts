/** A set of small numbers, 32 to a word. */
export type Bits = Int32Array;

/** A set that can hold the numbers below `size`. */
export const noBits = (size: number): Bits => new Int32Array((size + 31) >>> 5);

export const setBit = (bits: Bits, index: number): void => {
  const word = index >>> 5;
  bits[word] = (bits[word] as number) | (1 << (index & 31));
};

export const hasBit = (bits: Bits, index: number): boolean =>
  ((bits[index >>> 5] as number) & (1 << (index & 31))) !== 0;

/** The set of these numbers, all below `size`. */
export const bitsOf = (size: number, indexes: Iterable<number>): Bits => {
  const bits = noBits(size);
  for (const index of indexes) setBit(bits, index);
  return bits;
};

/** Remembers what was computed for a key; when it holds `most` of them it starts anew. */
export const memo = <K, V>(most: number, compute: (key: K) => V): ((key: K) => V) => {
  const kept = new Map<K, V>();
  return (key) => {
    const found = kept.get(key);
    if (found !== undefined) return found;
    const value = compute(key);
    if (kept.size >= most) kept.clear();
    kept.set(key, value);
    return value;
  };
};

/** How many sets of numbers below `size` are kept at a time: at most 16 MB of them. */
export const keptSets = (size: number): number =>
  Math.min(16_384, Math.max(256, Math.floor(2 ** 22 / ((size + 31) >>> 5))));
