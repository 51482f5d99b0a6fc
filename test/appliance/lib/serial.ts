import { connect, type Socket } from 'node:net';
import { sleep, Unmet } from './process.ts';

/** The box's serial line: everything it says is kept, expectations look at what has not been consumed yet. */
export class Serial {
  #socket: Socket;
  #text = '';
  #seen = 0;
  #marks = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (part: string) => {
      this.#text += part;
    });
    socket.on('error', () => {});
  }

  /** Connects to QEMU's socket, which may take a moment to appear. */
  static async open(path: string): Promise<Serial> {
    for (let tries = 0; ; tries++) {
      const socket = await new Promise<Socket | null>((done) => {
        const attempt = connect(path, () => done(attempt));
        attempt.once('error', () => done(null));
      });
      if (socket !== null) return new Serial(socket);
      if (tries > 100) throw new Error(`The serial line ${path} cannot be opened.`);
      await sleep(100);
    }
  }

  /** Everything said so far, without colours. */
  get all(): string {
    return plain(this.#text);
  }

  get #news(): string {
    return this.all.slice(this.#seen);
  }

  /** Waits until the box says something new that fits; gives the match and consumes up to its end. */
  async expect(pattern: RegExp | string, seconds = 30): Promise<RegExpExecArray> {
    const end = Date.now() + seconds * 1000;
    const wanted = typeof pattern === 'string' ? new RegExp(pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : pattern;
    for (;;) {
      const news = this.#news;
      const found = wanted.exec(news);
      if (found !== null) {
        this.#seen += found.index + found[0].length;
        return found;
      }
      if (Date.now() > end) {
        throw new Unmet(`The box should say ${wanted} within ${seconds} s; it said: …${news.slice(-1500)}`);
      }
      await sleep(50);
    }
  }

  /** Types a line. What was said before is not looked at again. */
  async type(line: string): Promise<void> {
    this.#seen = this.all.length;
    // A serial line of real hardware drops characters when pasted at; so does a busy emulated one.
    for (const piece of `${line}\r`.match(/.{1,32}|\r/gs) ?? []) {
      this.#socket.write(piece, 'latin1');
      await sleep(20);
    }
  }

  /** Runs a command in the shell at the other end; gives its output, throws when it ends with an error. */
  async command(line: string, seconds = 30): Promise<string> {
    const { output, code } = await this.attempt(line, seconds);
    if (code !== 0) throw new Unmet(`“${line}” on the box ended with ${code}: ${output}`);
    return output;
  }

  /** Runs a command in the shell at the other end; gives its output and exit code. */
  async attempt(line: string, seconds = 30): Promise<{ output: string; code: number }> {
    this.#marks += 1;
    const mark = `m${this.#marks}`;
    // The quotes keep the echo of what was typed from looking like the answer.
    await this.type(`echo '['${mark}; ${line}; echo ']'${mark}=$?`);
    const [, output = '', code = ''] = await this.expect(
      new RegExp(`\\[${mark}\\r?\\n([\\s\\S]*?)\\]${mark}=(\\d+)`),
      seconds,
    );
    return { output: output.replaceAll('\r', '').trimEnd(), code: Number(code) };
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Without colours and cursor movements, also one that has only half arrived. */
function plain(text: string): string {
  return text.replace(/\u001b(\[[0-9;?=]*([A-Za-z]|$)|[()]([A-Z0-9]|$)|[=>c78]|$)/g, '');
}
