import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { atEnd, sleep, Unmet } from '../../appliance/lib/process.ts';
import type { Bench } from './bench.ts';

/** The console's menu on a terminal of its own, as init starts it. */
export class Terminal {
  #child: ChildProcess;
  #text = '';
  #seen = 0;

  constructor(bench: Bench, env: Record<string, string> = {}) {
    const console_ = `exec ${bench.path('lib/sh/console')}`;
    const [program = '', ...rest] = bench.command(['script', '-qfec', console_, '/dev/null']);
    this.#child = spawn(program, rest, {
      env: { ...bench.env(), TERM: 'vt100', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      this.#text += part;
    });
    this.#child.stdin?.on('error', () => {});
    atEnd(() => this.#child.kill('SIGKILL'));
  }

  /** Waits for something new that fits, and consumes it. */
  async expect(pattern: RegExp, seconds = 30): Promise<string> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const found = pattern.exec(this.#text.slice(this.#seen));
      if (found !== null) {
        this.#seen += found.index + found[0].length;
        return found[0];
      }
      if (Date.now() > end) throw new Unmet(`${pattern} was not said; new is: ${this.#text.slice(this.#seen)}`);
      await sleep(30);
    }
  }

  /** Waits for the menu; gives all that was said before its end. */
  menu(): Promise<string> {
    return this.expect(/== Greengate ==[\s\S]*?Choice: /);
  }

  /** Types keys as they are; `\r` is Enter, `\x03` Ctrl-C, `\x04` Ctrl-D. */
  keys(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  async type(line: string): Promise<void> {
    this.keys(`${line}\r`);
  }

  get ended(): boolean {
    return this.#child.exitCode !== null;
  }

  async close(): Promise<void> {
    this.#child.kill('SIGTERM');
    await sleep(50);
    this.#child.kill('SIGKILL');
  }
}
