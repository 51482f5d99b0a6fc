/**
 * What is wrong with a line of authorized_keys whose shape the schema has let through; null: nothing. sshd itself would pass over
 * such a line without a word: the key's body must name the same type again (RFC 4253, section 6.6), and be whole.
 */
export const sshKeyFault = (line: string): string | null => {
  const [type = '', base64 = ''] = line.trim().split(/ +/);
  const parts = partsOf(bytesOf(base64));
  if (parts === null) return 'The key is damaged: part of it is missing. Copy the whole line.';
  if (parts[0] !== type) return `The key says of itself that it is no ${type}. Copy the whole line.`;
  // The second number of an RSA key is its modulus; 2048 bits are 256 bytes, and one more for the sign.
  if (type === 'ssh-rsa' && (parts[2]?.length ?? 0) < 256) return 'An RSA key needs at least 2048 bits.';
  return null;
};

const bytesOf = (base64: string): string => {
  try {
    return atob(base64);
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
