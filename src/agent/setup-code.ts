import { createHash, randomInt, timingSafeEqual } from 'node:crypto';
import type { Run } from './ports.ts';

/** Wrong tries after which the console shows a new code. */
export const TRIES = 10;

/** The one-time code of set-up: 10 characters of Crockford's alphabet (50 bits), in RUN/setup-code for the console. */
export const openSetupCode = (run: Run) => {
  let wrong = 0;
  const renew = async (): Promise<void> => {
    wrong = 0;
    const digits = Array.from({ length: 10 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
    await run.write(FILE, `${digits.slice(0, 5)}-${digits.slice(5)}\n`, 0o600);
  };
  return {
    renew,
    /** Makes a code unless there is one, so that a restart of the agent leaves the one that is being typed. */
    offer: async (): Promise<void> => {
      if (normal((await run.read(FILE)) ?? '').length !== 10) await renew();
    },
    withdraw: (): Promise<void> => run.remove(FILE),
    /** Is this the code? Case, hyphens and the letters that look like digits do not matter. */
    check: async (typed: string): Promise<boolean> => {
      const code = normal((await run.read(FILE)) ?? '');
      if (code.length === 10 && timingSafeEqual(digest(normal(typed)), digest(code))) return true;
      wrong += 1;
      if (wrong >= TRIES) await renew();
      return false;
    },
  };
};

export type SetupCode = ReturnType<typeof openSetupCode>;

const FILE = 'setup-code';

/** Without I, L, O and U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

const normal = (text: string): string =>
  text.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
