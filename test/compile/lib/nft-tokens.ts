/** The words of a text for nft, one after the other. Newlines are words; inside the braces of elements the reader skips them. */
export class Tokens {
  readonly #words: { text: string; line: number }[];
  #at = 0;

  constructor(text: string) {
    this.#words = wordsOf(text);
  }

  get done(): boolean {
    return this.#at >= this.#words.length;
  }

  /** The next word, or one after it; empty at the end. */
  peek(ahead = 0): string {
    return this.#words[this.#at + ahead]?.text ?? '';
  }

  next(): string {
    const word = this.#words[this.#at];
    if (word === undefined) throw new Error('nft: the text ends too early');
    this.#at += 1;
    return word.text;
  }

  /** Takes the next word if it is this one. */
  take(word: string): boolean {
    const found = !this.done && this.peek() === word;
    if (found) this.#at += 1;
    return found;
  }

  expect(...words: string[]): void {
    for (const word of words) if (!this.take(word)) this.fail(`expected ${JSON.stringify(word)}`);
  }

  skipLines(): void {
    while (this.take('\n'));
  }

  /** Is this the end of a statement? */
  get atEnd(): boolean {
    return this.done || ['\n', ';', '}'].includes(this.peek());
  }

  number(): number {
    const word = this.next();
    if (!/^(\d+|0x[0-9a-f]+)$/.test(word)) this.fail(`${JSON.stringify(word)} is no number`);
    return Number(word);
  }

  /** A text in double quotes. */
  quoted(): string {
    const word = this.next();
    if (!word.startsWith('"')) this.fail(`${JSON.stringify(word)} is not quoted`);
    return word.slice(1, -1);
  }

  /** What is not known is never passed over. */
  fail(why: string): never {
    const line = this.#words[Math.min(this.#at, this.#words.length - 1)]?.line ?? 0;
    const around = this.#words.slice(Math.max(0, this.#at - 12), this.#at + 6).map(({ text }) => text);
    throw new Error(`nft, line ${line}: ${why}, near: ${around.join(' ')}`);
  }
}

const word = /\n|"[^"\n]*"|[{}(),;]|[=!<>]=|[=<>&|!]|@\w+|[^\s{}(),;"=<>!&|@]+|[ \t]+/gy;

const wordsOf = (text: string): { text: string; line: number }[] => {
  const words: { text: string; line: number }[] = [];
  let line = 1;
  let end = 0;
  for (const [found] of text.matchAll(word)) {
    end += found.length;
    if (found.trim() !== '' || found === '\n') words.push({ text: found, line });
    if (found === '\n') line += 1;
  }
  if (end !== text.length)
    throw new Error(`nft, line ${line}: unknown sign ${JSON.stringify(text.slice(end, end + 20))}`);
  return words;
};
