import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SshFingerprint } from '../agent/api.ts';

/** What a client shows at its first login: the fingerprints of the host keys, as `ssh-keygen -l` prints them. Empty before SSH was first on. */
export const sshFingerprints = async (data: string): Promise<SshFingerprint[]> => {
  const line = await readFile(join(data, 'ssh/ssh_host_ed25519_key.pub'), 'utf8').catch(() => '');
  const [type = '', blob = ''] = line.split(' ');
  return type === '' ? [] : [{ type, fingerprint: fingerprintOf(blob) }];
};

/** `SHA256:…` of a public key in base64. */
export const fingerprintOf = (blob: string): string =>
  `SHA256:${createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '')}`;
