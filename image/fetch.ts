import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A download that failed; `gone` is true when the server does not have the file any more, or has another one there. */
export class FetchError extends Error {
  readonly gone: boolean;
  constructor(message: string, gone: boolean) {
    super(message);
    this.name = 'FetchError';
    this.gone = gone;
  }
}

/**
 * Fetches a URL, or copies a local file given by its absolute path, into `path` and checks its sha256 (hex); nothing
 * appears at `path` unless it fits. `onBytes` hears each chunk's length. Throws `FetchError`.
 */
export async function fetchFile(
  url: string,
  path: string,
  sha256: string,
  onBytes: (bytes: number) => void = () => {},
): Promise<void> {
  const source = await openSource(url);
  const hash = createHash('sha256');
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  const partial = `${path}.partial`;
  await pipeline(source, watch, createWriteStream(partial)).catch((error: Error) => {
    throw new FetchError(`${url}: ${error.message}`, false);
  });
  const found = hash.digest('hex');
  if (found !== sha256) {
    await rm(partial, { force: true });
    throw new FetchError(`${url}: its sha256 is ${found}, expected ${sha256}`, true);
  }
  await rename(partial, path);
}

/** The bytes behind a URL or an absolute path. Throws `FetchError`. */
export async function fetchBytes(url: string): Promise<Buffer> {
  if (url.startsWith('/')) {
    return readFile(url).catch((error: Error) => {
      throw new FetchError(error.message, true);
    });
  }
  const chunks: Buffer[] = [];
  for await (const chunk of await openSource(url)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function openSource(url: string): Promise<Readable> {
  if (url.startsWith('/')) {
    const there = await stat(url).catch(() => undefined);
    if (there === undefined) throw new FetchError(`${url} does not exist`, true);
    return createReadStream(url);
  }
  const response = await fetch(url, { signal: AbortSignal.timeout(300_000) }).catch((error: Error) => {
    throw new FetchError(`${url}: ${String(error.cause ?? error.message)}`, false);
  });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new FetchError(`${url}: the server answers ${response.status}`, [404, 410].includes(response.status));
  }
  return Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
}
