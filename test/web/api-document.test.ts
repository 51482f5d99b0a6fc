import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { BASE, routes } from '../../src/web/api/routes.ts';
import { api } from './api-client.ts';
import { faultsOf, KEYWORDS, lookUp, type Schema } from './json-schema.ts';

test('the document has every call of the router, and no other', (t) => {
  const documented = Object.entries(api.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  t.deepEqual(documented.sort(), routes.map(({ method, path }) => `${method} ${path}`).sort());
  t.is(new Set(documented).size, documented.length);
  t.is(api.openapi, '3.1.0');
  t.deepEqual(api.servers, [{ url: BASE }]);
});

test('docs/api.md lists every call, and no other', (t) => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8');
  const listed = [...text.matchAll(/^\| `([A-Z]+ \/[^`]*)` \|/gm)].map(([, call]) => call);
  t.deepEqual(
    listed,
    routes.map(({ method, path }) => `${method} ${path}`),
  );
});

test('every reference leads somewhere, and every shape is used', (t) => {
  const used = new Set<string>();
  walk(api, (node) => {
    if (typeof node.$ref !== 'string') return;
    t.notThrows(() => lookUp(node.$ref as string, api));
    used.add(node.$ref);
  });
  const orphans = Object.keys(api.components.schemas).filter((name) => !used.has(`#/components/schemas/${name}`));
  t.deepEqual(orphans, []);
});

test('the shapes use only keywords that the tests can judge', (t) => {
  for (const [name, schema] of Object.entries(api.components.schemas)) t.deepEqual(unknownKeywords(schema), [], name);
});

test('every operation says who may call it, its parameters, its answer and its refusals', (t) => {
  const ids = new Set<string>();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(item)) {
      const name = `${method} ${path}`;
      t.false(ids.has(operation.operationId), name);
      ids.add(operation.operationId);
      const inPath = operation.parameters.filter((one) => one.in === 'path').map((one) => one.name);
      t.deepEqual(
        inPath,
        [...path.matchAll(/\{(\w+)\}/g)].map(([, one]) => one ?? ''),
        name,
      );
      const open = path === '/openapi.json';
      t.is(operation.security?.length === 0, open, name);
      const statuses = Object.keys(operation.responses);
      t.is(statuses.filter((status) => status.startsWith('2')).length, 1, name);
      t.is(statuses.includes('401'), !open, name);
    }
  }
});

test('every example is of the shape that its call takes', (t) => {
  for (const [path, item] of Object.entries(api.paths)) {
    for (const [method, { requestBody }] of Object.entries(item)) {
      if (requestBody === undefined) continue;
      const { schema, example } = requestBody.content['application/json'];
      t.deepEqual(faultsOf(example, schema, api), [], `${method} ${path}`);
    }
  }
});

test('the judge of the shapes does judge', (t) => {
  const rule = lookUp('#/components/schemas/Rule', api);
  const good = {
    id: 'r1',
    source: { kind: 'any' },
    destination: { kind: 'typed', value: '192.0.2.1' },
    service: { kind: 'any' },
    action: 'drop',
  };
  t.deepEqual(faultsOf(good, rule, api), []);
  for (const bad of [
    { ...good, id: 'R 1' },
    { ...good, action: 'allow' },
    { ...good, source: { kind: 'nobody' } },
    { ...good, enabled: 'yes' },
    { ...good, extra: 1 },
    { ...good, service: undefined },
    { ...good, limit: { for: 'log', rate: 0, per: 'second' } },
    [],
    null,
  ])
    t.not(faultsOf(JSON.parse(JSON.stringify(bad)), rule, api).length, 0, JSON.stringify(bad));
});

const walk = (node: unknown, visit: (node: Schema) => void): void => {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) visit(node as Schema);
  for (const inner of Object.values(node)) walk(inner, visit);
};

const unknownKeywords = (schema: Schema): string[] => {
  const own = Object.keys(schema).filter((key) => !KEYWORDS.has(key));
  const inside = [
    ...Object.values((schema.properties as Record<string, Schema>) ?? {}),
    ...[schema.anyOf, schema.oneOf, schema.items].flat(),
    schema.additionalProperties,
  ].filter((one): one is Schema => typeof one === 'object' && one !== null);
  return [...own, ...inside.flatMap(unknownKeywords)];
};
