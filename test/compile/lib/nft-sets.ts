import type { Span, Type, Value } from './nft-values.ts';

/** Where a rule sends the packet. */
export type Verdict =
  | { kind: 'accept' | 'drop' | 'return' | 'continue' }
  | { kind: 'reject'; with: string }
  | { kind: 'goto' | 'jump'; chain: string };

/** What stands behind a key: a verdict, a mark, or in a set nothing but its being there. */
export type Data = Verdict | number | true;

export type SetForm = {
  name: string;
  key: Type[];
  data: 'none' | 'verdict' | 'mark';
  interval: boolean;
  dynamic: boolean;
  /** How many elements it may have. */
  most: number;
};

/**
 * A set or map with the semantics of the kernel's: a hash, or intervals. What the kernel refuses is refused here (a key twice with
 * different data, intervals that conflict), and so is what it takes and answers by the order of insertion (concatenated intervals that overlap).
 */
export class NftSet {
  readonly form: SetForm;
  readonly #hash = new Map<Value, { data: Data }>();
  #intervals: { spans: Span[]; data: Data }[] = [];
  #sorted = true;

  constructor(form: SetForm) {
    this.form = form;
  }

  get size(): number {
    return this.#hash.size + this.#intervals.length;
  }

  /** All elements, for tests that look at what was printed. */
  elements(): { spans: Span[]; data: Data }[] {
    const split = (key: Value): Span[] => (typeof key === 'string' ? key.split(' ') : [key]).map((one) => [one, one]);
    return [...[...this.#hash].map(([key, { data }]) => ({ spans: split(key), data })), ...this.#intervals];
  }

  add(spans: Span[], data: Data): void {
    const { name, key, interval } = this.form;
    if (spans.length !== key.length) throw new Error(`nft: an element of ${name} has ${spans.length} fields`);
    if (interval) {
      this.#intervals.push({ spans, data });
      this.#sorted = false;
      return;
    }
    if (spans.some(([first, last]) => first !== last))
      throw new Error(`nft: ${name} has an interval, and no flag for it`);
    const own = keyOf(spans.map(([first]) => first));
    const there = this.#hash.get(own);
    if (there !== undefined && !sameData(there.data, data)) throw new Error(`nft: ${name} has ${own} twice`);
    this.#hash.set(own, { data });
  }

  /** Takes an element away; the kernel refuses what is not there. */
  delete(spans: Span[]): void {
    const same = (one: Span[]) =>
      one.every(([first, last], index) => first === spans[index]?.[0] && last === spans[index]?.[1]);
    const before = this.size;
    if (this.form.interval) this.#intervals = this.#intervals.filter((one) => !same(one.spans));
    else this.#hash.delete(keyOf(spans.map(([first]) => first)));
    if (this.size === before) throw new Error(`nft: ${this.form.name} has no such element`);
  }

  flush(): void {
    this.#hash.clear();
    this.#intervals = [];
  }

  /** What stands behind this key; undefined: nothing. */
  lookup(values: Value[]): Data | undefined {
    if (!this.form.interval) return this.#hash.get(keyOf(values))?.data;
    if (!this.#sorted) this.check();
    if (values.length === 1) return this.#search(values[0] as Value);
    return this.#intervals.find(({ spans }) => spans.every((span, index) => isIn(span, values[index] as Value)))?.data;
  }

  /** Refuses what the kernel would not hold as it stands here: intervals that conflict, more elements than it has room for … */
  check(): void {
    const { name, most, interval, key } = this.form;
    if (interval && key.length > 1 && key.some((type) => swapped.includes(type)))
      throw new Error(`nft: joined intervals of ${key.join(' . ')} are not stored faithfully by every nft`);
    if (this.size > most || most < 1) throw new Error(`nft: ${name} has ${this.size} elements and room for ${most}`);
    if (this.#sorted) return;
    this.#sorted = true;
    this.#intervals.sort(({ spans: [a] }, { spans: [b] }) => order(a?.[0] ?? 0, b?.[0] ?? 0));
    if (this.form.key.length > 1) this.#checkConcatenated();
    else this.#checkPlain();
  }

  #checkPlain(): void {
    this.#intervals.forEach(({ spans, data }, index) => {
      const before = this.#intervals[index - 1];
      if (before === undefined || order(before.spans[0]?.[1] ?? 0, spans[0]?.[0] ?? 0) < 0) return;
      const again = this.form.data === 'none' && String(before.spans) === String(spans) && sameData(before.data, data);
      if (!again) throw new Error(`nft: conflicting intervals in ${this.form.name}: ${before.spans} and ${spans}`);
    });
  }

  #checkConcatenated(): void {
    const list = this.#intervals;
    for (let one = 0; one < list.length; one += 1)
      for (let other = one + 1; other < list.length; other += 1) {
        const [a, b] = [list[one], list[other]];
        if (a === undefined || b === undefined || order(b.spans[0]?.[0] ?? 0, a.spans[0]?.[1] ?? 0) > 0) break;
        const meet = a.spans.every((span, index) => overlap(span, b.spans[index] as Span));
        if (meet && !sameData(a.data, b.data))
          throw new Error(`nft: ${this.form.name} answers by the order of its elements: ${a.spans} and ${b.spans}`);
      }
  }

  #search(value: Value): Data | undefined {
    let [low, high] = [0, this.#intervals.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.#intervals[middle];
      const span = found?.spans[0];
      if (found === undefined || span === undefined) return undefined;
      if (value < span[0]) high = middle - 1;
      else if (value > span[1]) low = middle + 1;
      else return found.data;
    }
    return undefined;
  }
}

/** Types in the processor's own order of bytes: nft 1.0.6 stores about one in 1820 of their joined intervals with the bytes turned round, and says nothing. */
const swapped: Type[] = ['mark', 'time', 'uid', 'ct_state'];

const keyOf = (values: Value[]): Value => (values.length === 1 ? (values[0] as Value) : values.join(' '));

const isIn = ([first, last]: Span, value: Value): boolean => first <= value && value <= last;

const overlap = (one: Span, other: Span): boolean => one[0] <= other[1] && other[0] <= one[1];

const order = (a: Value, b: Value): number => (a < b ? -1 : a > b ? 1 : 0);

const sameData = (one: Data, other: Data): boolean => JSON.stringify(one) === JSON.stringify(other);
