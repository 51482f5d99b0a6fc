import { NAME_MAX } from '../policy/schema-fields.ts';

/** Old names and what is known under them. Old names are case-exact; where none fits, one that differs in case only does. */
export class Book<T> {
  readonly #exact = new Map<string, T>();
  readonly #lower = new Map<string, T>();

  get(name: string): T | undefined {
    return this.#exact.get(name) ?? this.#lower.get(name.toLowerCase());
  }

  /** What stands under exactly this name. */
  exactly(name: string): T | undefined {
    return this.#exact.get(name);
  }

  /** The first of a name stays. */
  add(name: string, value: T): void {
    if (!this.#exact.has(name)) this.#exact.set(name, value);
    const lower = name.toLowerCase();
    if (!this.#lower.has(lower)) this.#lower.set(lower, value);
  }
}

/** Names that are given once each, whatever their case. */
export class Names {
  readonly #taken: Set<string>;
  readonly #next = new Map<string, number>();

  constructor(taken: Iterable<string>) {
    this.#taken = new Set([...taken].map((name) => name.toLowerCase()));
  }

  /** A name that may stand in a policy and is free, as near to the wanted one as can be. */
  take(wanted: string): string {
    const clean = cleanText(wanted, NAME_MAX - 20) || 'unnamed';
    let name = clean;
    const lower = clean.toLowerCase();
    for (let number = this.#next.get(lower) ?? 1; this.#taken.has(name.toLowerCase()); number++) {
      name = number === 1 ? `${clean} (imported)` : `${clean} (imported ${number})`;
      this.#next.set(lower, number + 1);
    }
    this.#taken.add(name.toLowerCase());
    return name;
  }
}

/** The text without control characters and invisible marks, trimmed, at most `max` characters. */
export const cleanText = (text: string, max: number): string => {
  const clean = text
    .replace(/[\p{Cc}\p{Cf}\u2028\u2029\ufffd]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return clean.length <= max
    ? clean
    : [...clean.slice(0, max - 2)]
        .join('')
        .replace(/[\ud800-\udbff]$/, '')
        .trim()
        .concat('…');
};

/** A word of the old files in a table of ours: words such as `constructor` are in none. */
export const lookUp = <T>(table: Record<string, T>, word: string): T | undefined =>
  Object.hasOwn(table, word) ? table[word] : undefined;

/** `on`, as the old files write it. */
export const isOn = (text: string | undefined): boolean => text?.trim().toLowerCase() === 'on';
