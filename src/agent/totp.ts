import { createHash, createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';

/** Seconds that one code lasts (RFC 6238's default). */
export const STEP = 30;
export const RECOVERY_CODES = 8;

/** A new secret: 160 bits (RFC 4226, section 4), in base32 as authenticator apps take it. */
export const newSecret = (): string => base32(randomBytes(20));

/** The address that authenticator apps read from a QR code: SHA-1, 6 digits and 30 seconds are what all of them know. */
export const otpauthUri = (secret: string, user: string, box: string): string => {
  const label = `${encodeURIComponent(`Greengate ${box}`)}:${encodeURIComponent(user)}`;
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(`Greengate ${box}`)}`;
};

/** The code of a time step: HOTP (RFC 4226) with SHA-1 and 6 digits. */
export const codeAt = (secret: string, step: number): string => {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', fromBase32(secret)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0xf;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
};

/**
 * The time step of a typed code, one step early or late at most, and later than `used`, the step of the last code that was
 * taken; null when it is none. `now` is seconds since the epoch.
 */
export const stepOf = (secret: string, typed: string, now: number, used: number): number | null => {
  const code = typed.replaceAll(/\s/g, '');
  if (!/^\d{6}$/.test(code)) return null;
  const current = Math.floor(now / STEP);
  const steps = [current - 1, current, current + 1];
  return steps.find((step) => step > used && step >= 0 && same(codeAt(secret, step), code)) ?? null;
};

/** One-time codes for a lost phone, 50 bits each, and the hashes to keep. */
export const newRecovery = (): { codes: string[]; hashes: string[] } => {
  const codes = Array.from({ length: RECOVERY_CODES }, () => {
    const letters = Array.from({ length: 10 }, () => CROCKFORD[randomInt(32)]).join('');
    return `${letters.slice(0, 5)}-${letters.slice(5)}`;
  });
  return { codes, hashes: codes.map(recoveryHash) };
};

/** The hash of a recovery code as typed: case, hyphens and letters that look like digits do not matter. */
export const recoveryHash = (typed: string): string => {
  const code = typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');
  return createHash('sha256').update(code).digest('hex');
};

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** RFC 4648. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const base32 = (bytes: Buffer): string => {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => BASE32[Number.parseInt(five, 2)]).join('');
};

const fromBase32 = (text: string): Buffer => {
  const bits = [...text].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
};

const same = (one: string, other: string): boolean => timingSafeEqual(Buffer.from(one), Buffer.from(other));
