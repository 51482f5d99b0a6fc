import { exists } from './cache.ts';
import type { BaseName } from './manifest.ts';

/** What `BASE` may say. */
export type BaseWish = BaseName | 'auto';

/** The parts that `chooseAndBuild` conducts; given from outside so that the order can be tested without building. */
export type Parts<T> = {
  /** Undefined when the Alpine mirror answers, else why not. */
  probe: () => Promise<string | undefined>;
  build: (base: BaseName) => Promise<T>;
  /** Throws when the image does not come up. */
  boot: (built: T) => Promise<void>;
  say: (line: string) => void;
};

/** Reads `BASE`; nothing means auto. Throws on anything else. */
export function parseBase(text: string | undefined): BaseWish {
  const base = text === undefined || text === '' ? 'auto' : text;
  if (base !== 'auto' && base !== 'debian' && base !== 'alpine')
    throw new Error(`BASE is ${base}: say auto, alpine or debian`);
  return base;
}

/**
 * Builds the wished base. `auto` is alpine when its mirror answers, the build succeeds and the image boots; else
 * debian. One line says which and why. A base asked for by name fails when it cannot be built.
 */
export async function chooseAndBuild<T>(wish: BaseWish, parts: Parts<T>): Promise<T> {
  if (wish !== 'auto') {
    parts.say(`base: ${wish} (asked for by BASE)`);
    return parts.build(wish);
  }
  const silent = await parts.probe();
  if (silent !== undefined) {
    parts.say(`base: debian (${silent})`);
    return parts.build('debian');
  }
  try {
    const built = await parts.build('alpine');
    await parts.boot(built);
    parts.say('base: alpine (its mirror answers, the image was built and has booted)');
    return built;
  } catch (error) {
    parts.say(`base: debian (alpine: ${(error as Error).message.split('\n')[0]})`);
    return parts.build('debian');
  }
}

/** Why the mirror (a URL, or a directory) gives no index of the branch, within `seconds`; undefined when it does. */
export async function probeMirror(mirror: string, branch: string, seconds: number): Promise<string | undefined> {
  const url = `${mirror}/${branch}/main/x86_64/APKINDEX.tar.gz`;
  if (mirror.startsWith('/')) {
    return (await exists(url)) ? undefined : `${url} does not exist`;
  }
  try {
    const response = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(seconds * 1000) });
    return response.ok ? undefined : `the Alpine mirror ${mirror} answers ${response.status}`;
  } catch (error) {
    const { cause, message } = error as Error & { cause?: Error };
    return `the Alpine mirror ${mirror} does not answer: ${cause?.message ?? message}`;
  }
}
