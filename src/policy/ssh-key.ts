/**
 * What is wrong with a line of authorized_keys whose shape the schema has let through; null: nothing. sshd itself would pass over
 * such a line without a word: the key's body must name the same type again (RFC 4253, section 6.6), and be whole.
 */
export const sshKeyFault = (line: string): string | null => {
  const [type = '', base64 = ''] = line.trim().split(/ +/);
  const parts = partsOf(bytesOf(base64));
  if (parts === null) return DAMAGED;
  const [named = '', ...rest] = parts;
  if (named !== type) return `The key says of itself that it is no ${type}. Copy the whole line.`;
  if (type === 'ssh-rsa') return rsaFault(rest);
  const curve = /nistp\d+/.exec(type)?.[0];
  if (curve !== undefined && rest.shift() !== curve) return DAMAGED;
  const [point = ''] = rest;
  const whole = curve === undefined ? point.length === ED25519 : isOnCurve(curve, point);
  // A key in hardware says also for what, in a text.
  const purpose = !type.startsWith('sk-') ? rest.length === 1 : rest.length === 2 && !rest[1]?.includes('\0');
  return whole && purpose ? null : DAMAGED;
};

const DAMAGED = 'The key is damaged: part of it is missing. Copy the whole line.';

/** Bytes of an Ed25519 key (RFC 8709). */
const ED25519 = 32;

/** The curves y² = x³ − 3x + b modulo p (FIPS 186-4, D.1.2). */
const curves: Record<string, { bytes: number; p: bigint; b: bigint }> = {
  nistp256: {
    bytes: 32,
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  nistp384: {
    bytes: 48,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
  nistp521: {
    bytes: 66,
    p: 2n ** 521n - 1n,
    b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
  },
};

/** Both coordinates of a point, with a 4 before them (RFC 5656, section 3.1). Almost no damaged key is still on its curve. */
const isOnCurve = (name: string, point: string): boolean => {
  const curve = curves[name];
  if (curve === undefined || point.length !== 1 + 2 * curve.bytes || point.charCodeAt(0) !== 4) return false;
  const { bytes, p, b } = curve;
  const [x, y] = [numberOf(point.slice(1, 1 + bytes)), numberOf(point.slice(1 + bytes))];
  return x < p && y < p && (y * y - (x * x * x - 3n * x + b)) % p === 0n;
};

const numberOf = (bytes: string): bigint =>
  [...bytes].reduce((sum, char) => sum * 256n + BigInt(char.charCodeAt(0)), 0n);

/** Exponent and modulus, neither of which may look negative. 2048 bits are 256 bytes, and one more for the sign. */
const rsaFault = (numbers: string[]): string | null => {
  if (numbers.length !== 2 || numbers.some((one) => one === '' || one.charCodeAt(0) > 127)) return DAMAGED;
  return (numbers[1]?.length ?? 0) < 256 ? 'An RSA key needs at least 2048 bits.' : null;
};

/** Nothing unless it is spelled as it would be printed: sshd takes no other spelling. */
const bytesOf = (base64: string): string => {
  try {
    const bytes = atob(base64);
    return btoa(bytes) === base64 ? bytes : '';
  } catch {
    return '';
  }
};

/** The body is a row of lengths (four bytes, the highest first) and that many bytes. */
const partsOf = (body: string): string[] | null => {
  const parts: string[] = [];
  for (let at = 0; at < body.length; ) {
    const [a = 0, b = 0, c = 0, d = 0] = [0, 1, 2, 3].map((offset) => body.charCodeAt(at + offset));
    const length = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
    const part = body.slice(at + 4, at + 4 + length);
    if (part.length !== length || Number.isNaN(length)) return null;
    parts.push(part);
    at += 4 + length;
  }
  return parts.length >= 2 ? parts : null;
};
