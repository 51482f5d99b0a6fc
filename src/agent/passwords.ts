import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { makeLock } from './lock.ts';

/** Shortest and longest password, in characters. */
export const PASSWORD_MIN = 10;
export const PASSWORD_MAX = 200;

/** Why a password cannot be set, as one sentence; null when it can. */
export const passwordFault = (password: string): string | null => {
  const length = [...password].length;
  if (length < PASSWORD_MIN) return `A password needs at least ${PASSWORD_MIN} characters; this one has ${length}.`;
  return length > PASSWORD_MAX ? `A password has at most ${PASSWORD_MAX} characters.` : null;
};

/** A new hash as a PHC string: argon2id, 19 MiB, 2 passes, 1 lane (OWASP's first choice for small machines). */
export const hashPassword = async (password: string): Promise<string> => {
  const salt = randomBytes(16);
  const tag = await derive(password, salt, cost);
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${encode(salt)}$${encode(tag)}`;
};

/** Is this the password of the hash? Takes the same time for no hash (null: no such user) as for a wrong password. */
export const verifyPassword = async (hash: string | null, password: string): Promise<boolean> => {
  const kept = parse(hash ?? nobody) ?? (parse(nobody) as Kept);
  const tag = await derive(password.slice(0, PASSWORD_MAX * 4), kept.salt, kept.cost);
  return timingSafeEqual(tag, kept.tag) && hash !== null && parse(hash) !== null;
};

type Cost = { memory: number; passes: number; parallelism: number };
type Kept = { cost: Cost; salt: Buffer; tag: Buffer };

const cost: Cost = { memory: 19_456, passes: 2, parallelism: 1 };

/** One hash at a time: two would double the memory, on a box that has 512 MB. */
const oneAtATime = makeLock();

const derive = (password: string, nonce: Buffer, { memory, passes, parallelism }: Cost): Promise<Buffer> =>
  oneAtATime(
    () =>
      new Promise((resolve, reject) => {
        const message = password.normalize('NFC');
        const options = { message, nonce, memory, passes, parallelism, tagLength: TAG };
        argon2('argon2id', options, (error, tag) => (error === null ? resolve(tag) : reject(error)));
      }),
  );

const TAG = 32;

const parse = (phc: string): Kept | null => {
  const match = /^\$argon2id\$v=19\$m=(\d{4,6}),t=(\d),p=(\d)\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})$/.exec(phc);
  if (match === null) return null;
  const [, memory, passes, parallelism, salt = '', tag = ''] = match;
  return {
    cost: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
};

const encode = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');

/** A hash that no password has. */
const nobody = `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`;
