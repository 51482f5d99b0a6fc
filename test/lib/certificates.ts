import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Made = { cert: string; key: string };

/** What openssl is told: `key` as in `-newkey` and its options, `days` that it is valid, from today unless `from` (`YYYYMMDDHHMMSSZ`) is told. */
export type Wanted = { name: string; names?: string; key?: string[]; days?: number; pass?: string };

/** A certificate that vouches for itself, with its key, as PEM. */
export const certificate = ({ name, names = `DNS:${name}`, key = EC, days = 90, pass }: Wanted): Made => {
  const folder = mkdtempSync(join(tmpdir(), 'greengate-certificate-'));
  try {
    const at = (file: string) => join(folder, file);
    const guard = pass === undefined ? ['-nodes'] : ['-passout', `pass:${pass}`];
    writeFileSync(at('conf'), '[req]\ndistinguished_name=n\n[n]\n');
    const words = ['req', '-x509', '-config', at('conf'), '-newkey', ...key, ...guard, '-subj', `/CN=${name}`];
    const more = ['-addext', `subjectAltName=${names}`, '-days', String(days)];
    execFileSync('openssl', [...words, ...more, '-keyout', at('key'), '-out', at('cert')], { stdio: 'ignore' });
    return { cert: readFileSync(at('cert'), 'utf8'), key: readFileSync(at('key'), 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const EC = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
