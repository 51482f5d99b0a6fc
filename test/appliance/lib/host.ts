import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Answer, Order } from './hand.ts';
import type { Namespace } from './namespace.ts';
import { NODE, sleep, start, stop, TOP, Unmet } from './process.ts';

/**
 * A host of the test: a resident Node process (`hand.ts`) in a namespace does what it is told. Expectations are sentences:
 * `await host.succeeds('tcp', '10.9.0.2', 110)`. Every probe has a limit.
 */
export class Host {
  readonly space: Namespace;
  readonly mac: string;
  #child: ChildProcess | null = null;
  #waiting = new Map<number, (answer: Answer) => void>();
  #next = 1;

  constructor(space: Namespace, mac: string) {
    this.space = space;
    this.mac = mac;
  }

  /** The probe is answered. Gives what was answered. */
  async succeeds(...probe: Probe): Promise<string> {
    const answer = await this.#probe(probe);
    if (!answer.ok) throw new Unmet(`${this} should reach ${probe.join(' ')}: ${answer.text}`);
    return answer.text;
  }

  /** The probe is refused or not answered within its limit. */
  async fails(...probe: Probe): Promise<string> {
    const answer = await this.#probe(probe);
    if (answer.ok) throw new Unmet(`${this} should not reach ${probe.join(' ')}, but: ${answer.text}`);
    return answer.text;
  }

  /** The probe is answered before long (60 s unless told). */
  async eventually(probe: Probe, seconds = 60): Promise<string> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const answer = await this.#probe(probe);
      if (answer.ok) return answer.text;
      if (Date.now() > end)
        throw new Unmet(`${this} should reach ${probe.join(' ')} within ${seconds} s: ${answer.text}`);
      await sleep(300);
    }
  }

  /** The probe is refused before long: the other side needs a moment to close. */
  async eventuallyFails(probe: Probe, seconds = 30): Promise<string> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const answer = await this.#probe(probe);
      if (!answer.ok) return answer.text;
      if (Date.now() > end)
        throw new Unmet(`${this} should lose ${probe.join(' ')} within ${seconds} s: ${answer.text}`);
      await sleep(300);
    }
  }

  /** Tells the hand something and gives its answer, also when that is no. Throws only when the hand is broken. */
  tell(order: Order, seconds = 20): Promise<Answer> {
    const child = this.#hand();
    const id = this.#next++;
    return new Promise((done, fail) => {
      const limit = setTimeout(() => {
        this.#waiting.delete(id);
        fail(new Error(`${this}: no word of “${order.do}” within ${seconds} s`));
      }, seconds * 1000);
      this.#waiting.set(id, (answer) => {
        clearTimeout(limit);
        this.#waiting.delete(id);
        done(answer);
      });
      child.stdin?.write(`${JSON.stringify({ id, ...order })}\n`);
    });
  }

  async close(): Promise<void> {
    if (this.#child !== null) await stop(this.#child);
    this.#child = null;
  }

  toString(): string {
    return this.space.name.replace(/^gga-\d+-\d+-\d+-/, '');
  }

  async #probe([kind, ...rest]: Probe): Promise<Answer> {
    const answer = await this.tell({ do: kind, args: rest.map(String) });
    // A broken driver must never count as "refused".
    if (answer.broken === true) throw new Error(`${this}: ${answer.text}`);
    return answer;
  }

  #hand(): ChildProcess {
    if (this.#child !== null) return this.#child;
    const log = join(TOP, 'build/logs', `hand-${this}.log`);
    const argv = [...this.space.enter, NODE, '--no-warnings', join(import.meta.dirname, 'hand.ts')];
    const child = start(argv, log, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    child.stdin?.on('error', () => {});
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const answer = JSON.parse(line) as Answer & { id: number };
        this.#waiting.get(answer.id)?.(answer);
      });
    }
    child.once('exit', (code, signal) => {
      for (const [, answer] of this.#waiting)
        answer({ ok: false, text: `the hand ended with ${code ?? signal}`, broken: true });
      if (this.#child === child) this.#child = null;
    });
    return child;
  }
}

/** What a host can try: a kind and its words. */
export type Probe =
  | readonly ['tcp', host: string, port: number]
  | readonly ['udp', host: string, port: number]
  | readonly ['ping', host: string]
  | readonly ['dns', server: string, name: string]
  | readonly ['http', url: string]
  | readonly ['https', url: string]
  | readonly ['proxy', proxy: string, url: string];
