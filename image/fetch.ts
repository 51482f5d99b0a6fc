import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A download that failed; `gone` is true when the server says that it does not have the file (404, 410). */
export class FetchError extends Error {
  readonly gone: boolean;
  constructor(message: string, gone: boolean) {
    super(message);
    this.name = 'FetchError';
    this.gone = gone;
  }
}

/**
 * Fetches `url` into `path` and checks its sha256 (hex); nothing appears at `path` unless it fits. `onBytes` hears each
 * chunk's length. Throws `FetchError`.
 */
export async function fetchFile(
  url: string,
  path: string,
  sha256: string,
  onBytes: (bytes: number) => void = () => {},
): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(300_000) }).catch((error: Error) => {
    throw new FetchError(`${url}: ${String(error.cause ?? error.message)}`, false);
  });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new FetchError(`${url}: the server answers ${response.status}`, [404, 410].includes(response.status));
  }
  const hash = createHash('sha256');
  const watch = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  const partial = `${path}.partial`;
  await pipeline(
    Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]),
    watch,
    createWriteStream(partial),
  );
  const found = hash.digest('hex');
  if (found !== sha256) {
    await rm(partial, { force: true });
    throw new FetchError(`${url}: its sha256 is ${found}, expected ${sha256}`, false);
  }
  await rename(partial, path);
}
