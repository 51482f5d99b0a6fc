import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { CertificateInfo } from '../agent/api.ts';

/** A fault in what was sent, at the field it is in. */
export type PairFault = { field: 'chain' | 'key'; message: string };

/** What was sent, as it is kept: key, certificate and the others of its chain in one file, which is written whole or not. */
export type Pair = { pem: string; info: CertificateInfo };

/**
 * Reads a certificate with its chain and its private key, as PEM. `now`: seconds since the epoch. Browsers take RSA of 2048 bits at least, and the
 * curves P-256 and P-384, and nothing else.
 */
export const readPair = (chain: string, keyText: string, now: number): Pair | PairFault => {
  const certificates = certificatesIn(chain);
  if (certificates === null)
    return chainFault('One of the certificates cannot be read: it is damaged, or cut off at its end.');
  if (certificates.length === 0)
    return chainFault('There is no certificate in it. PEM is text that begins with “-----BEGIN CERTIFICATE-----”.');
  if (certificates.length > MOST)
    return chainFault(`These are more than ${MOST} certificates. Leave out what is not of the chain.`);
  const key = keyIn(keyText);
  if ('message' in key) return key;
  const own = certificates.find((one) => one.checkPrivateKey(key));
  if (own === undefined) return keyFault('This key belongs to none of the certificates.');
  const info = infoOf(own);
  if (info.to <= now) return chainFault('This certificate has expired.');
  if (info.from > now)
    return chainFault('This certificate is not valid yet. Look whether the clock of the box is right.');
  const others = certificates.filter((one) => one !== own).map(String);
  const pem = [key.export({ type: 'pkcs8', format: 'pem' }) as string, own.toString(), ...others].join('');
  return { pem, info };
};

/** What a file of `readPair` holds; null when it cannot be used, or its certificate has expired. */
export const keptPair = (pem: string | null, now: number): CertificateInfo | null => {
  if (pem === null) return null;
  const pair = readPair(pem, pem, now);
  return 'info' in pair ? pair.info : null;
};

/** A certificate in words. */
export const infoOf = (certificate: X509Certificate): CertificateInfo => ({
  fingerprint: certificate.fingerprint256,
  subject: oneLine(certificate.subject),
  issuer: oneLine(certificate.issuer),
  names: (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((name) => /^(DNS|IP Address):/.test(name))
    .map((name) => name.replace(/^(DNS|IP Address):/, '')),
  from: Math.floor(Date.parse(certificate.validFrom) / 1000),
  to: Math.floor(Date.parse(certificate.validTo) / 1000),
});

const MOST = 10;

/** Null when one of them is damaged. */
const certificatesIn = (text: string): X509Certificate[] | null => {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length < (text.match(/-----BEGIN CERTIFICATE-----/g) ?? []).length) return null;
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return null;
  }
};

const keyIn = (text: string): KeyObject | PairFault => {
  const block = /-----BEGIN (?:EC |RSA |ENCRYPTED )?PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/.exec(
    text,
  )?.[0];
  if (block === undefined)
    return keyFault('There is no private key in it. PEM is text that begins with “-----BEGIN PRIVATE KEY-----”.');
  if (/ENCRYPTED/.test(block))
    return keyFault('This key is guarded by a passphrase, which nobody types when the box starts. Take it off first.');
  let key: KeyObject;
  try {
    key = createPrivateKey(block);
  } catch {
    return keyFault('This key cannot be read: it is damaged, or cut off at its end.');
  }
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  const known = key.asymmetricKeyType === 'rsa' ? modulusLength >= 2048 : CURVES.has(namedCurve);
  return known
    ? key
    : keyFault('Browsers take no such key: RSA with 2048 bits or more, or the curves P-256 and P-384.');
};

const CURVES = new Set(['prime256v1', 'secp384r1']);

const chainFault = (message: string): PairFault => ({ field: 'chain', message });
const keyFault = (message: string): PairFault => ({ field: 'key', message });

const oneLine = (name: string): string => (name ?? '').split('\n').join(', ');
