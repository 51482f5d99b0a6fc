import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { CertificateInfo, Certificates } from '../agent/api.ts';
import type { Disk } from './disk.ts';
import { replaceFile } from './durable.ts';
import { infoOf, keptPair, type PairFault, readPair } from './uploaded-certificate.ts';

/** Runs a program to its end and returns its stdout; throws when it fails. Implemented by `machine/run.ts`. */
export type RunProgram = (program: string, args: string[], input?: string) => Promise<string>;

export type SecretsOptions = {
  disk: Disk;
  /** The data directory. */
  root: string;
  run: RunProgram;
  openssl: string;
  /** The group of the web process, which may read the key; null leaves the owner as it is (development without root). */
  webGroup: number | null;
  /** Seconds since the epoch. */
  clock: () => number;
};

/** The web server's certificate and the console's password, as files on the data partition. */
export const openSecrets = (options: SecretsOptions) => ({
  /**
   * Makes or renews the self-signed certificate unless it already has exactly these names; keeps the key. Returns the SHA-256 fingerprint of the
   * one that the pages show: an uploaded one, as long as it can be used.
   */
  certificate: async (address: string, names: string[]): Promise<string> => {
    const { disk, root } = options;
    const wanted = [`IP Address:${address}`, ...names.map((name) => `DNS:${name}`)];
    const paths = { key: join(root, 'tls', 'key.pem'), cert: join(root, 'tls', 'cert.pem') };
    await disk.mkdir(join(root, 'tls'));
    const newKey = await ensureKey(options, paths.key);
    const kept = newKey ? null : parseCertificate(await disk.read(paths.cert));
    if (kept === null || !isGood(kept, wanted, options.clock())) await makeCertificate(options, paths, address, names);
    const uploaded = keptPair(await disk.read(uploadedAt(root)), options.clock());
    // As for the own key: a power loss may have come before it the last time.
    if (uploaded !== null && options.webGroup !== null) await disk.owner(uploadedAt(root), 0, options.webGroup);
    return (uploaded ?? infoOf(new X509Certificate((await disk.read(paths.cert)) ?? ''))).fingerprint;
  },
  /** The box's own certificate and the uploaded one, in words. `usable` false: it has expired or is damaged, and the own one is shown. */
  certificates: async (): Promise<Certificates> => {
    const { disk, root, clock } = options;
    const own = parseCertificate(await disk.read(join(root, 'tls', 'cert.pem')));
    const pem = await disk.read(uploadedAt(root));
    const usable = keptPair(pem, clock());
    // Of one that has expired it is still said what it was.
    const info = usable ?? keptPair(pem, 0) ?? infoOrNull(parseCertificate(pem));
    return { own: infoOrNull(own), uploaded: pem === null ? null : { info, usable: usable !== null } };
  },
  /** Keeps an uploaded certificate with its key, for the pages to show. A fault leaves everything as it was. */
  uploadCertificate: async (chain: string, key: string): Promise<PairFault | CertificateInfo> => {
    const { disk, root, webGroup, clock } = options;
    const pair = readPair(chain, key, clock());
    if (!('info' in pair)) return pair;
    await disk.mkdir(join(root, 'tls'));
    await replaceFile(disk, uploadedAt(root), pair.pem, 0o640);
    if (webGroup !== null) await disk.owner(uploadedAt(root), 0, webGroup);
    return pair.info;
  },
  /** Forgets the uploaded one. */
  dropCertificate: async (): Promise<void> => {
    await options.disk.remove(uploadedAt(options.root));
    await options.disk.sync(join(options.root, 'tls'));
  },
  /** Keeps the SHA-512 crypt hash of the console's password; an empty password removes it. Both libcs of the bases know $6$. */
  setConsolePassword: async (password: string): Promise<void> => {
    const path = join(options.root, 'console-password');
    if (password === '') {
      await options.disk.remove(path);
      await options.disk.sync(options.root);
      return;
    }
    const hash = await options.run(options.openssl, ['passwd', '-6', '-stdin'], `${password}\n`);
    await replaceFile(options.disk, path, `${hash.trim()}\n`, 0o600);
  },
});

/** Key and chain in one file: a power loss leaves no key beside the certificate of another. */
const uploadedAt = (root: string): string => join(root, 'tls', 'uploaded.pem');

const infoOrNull = (certificate: X509Certificate | null): CertificateInfo | null =>
  certificate === null ? null : infoOf(certificate);

/** True when a new key had to be made. The owner is set each time: a power loss may have come before it the last time. */
const ensureKey = async ({ disk, webGroup }: SecretsOptions, path: string): Promise<boolean> => {
  const isNew = !isKey((await disk.read(path)) ?? '');
  if (isNew) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await replaceFile(disk, path, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, 0o640);
  }
  if (webGroup !== null) await disk.owner(path, 0, webGroup);
  return isNew;
};

const isKey = (pem: string): boolean => {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'ec';
  } catch {
    return false;
  }
};

const parseCertificate = (pem: string | null): X509Certificate | null => {
  try {
    return pem === null ? null : new X509Certificate(pem);
  } catch {
    return null;
  }
};

/** A clock that was wrong at the first boot makes a certificate that is not valid now. */
const isGood = (cert: X509Certificate, wanted: string[], now: number): boolean =>
  sorted((cert.subjectAltName ?? '').split(', ')) === sorted(wanted) &&
  Date.parse(cert.validFrom) / 1000 <= now &&
  Date.parse(cert.validTo) / 1000 > now + 30 * 86_400;

const sorted = (list: string[]): string => [...new Set(list)].sort().join();

const makeCertificate = async (
  { disk, run, openssl }: SecretsOptions,
  paths: { key: string; cert: string },
  address: string,
  names: string[],
): Promise<void> => {
  const config = `${paths.cert}.conf`;
  await disk.write(config, configOf(address, names), 0o600);
  const args = ['req', '-x509', '-new', '-sha256', '-days', '3650', '-config', config, '-key', paths.key];
  await replaceFile(disk, paths.cert, await run(openssl, args), 0o644);
  await disk.remove(config);
};

/** Our own file: neither base is sure to have openssl's. */
const configOf = (address: string, names: string[]): string => `[req]
prompt = no
distinguished_name = name
x509_extensions = server
[name]
CN = ${names[0] ?? address}
O = Greengate
[server]
subjectAltName = ${[`IP:${address}`, ...names.map((name) => `DNS:${name}`)].join(',')}
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
`;
