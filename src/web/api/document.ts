import { z } from 'zod';
import type { QueryField, Route } from './route.ts';
import { type SchemaName, schemas, sentences } from './schemas.ts';

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of these calls. `base` is where they begin. */
export const apiDocument = (routes: readonly Route[], base: string): Json => ({
  openapi: '3.1.0',
  info: {
    title: 'Greengate',
    version: '1',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    description:
      'What the user interface can do to the policy, this can. Every call but this document needs a token, made under System → Accounts, as “Authorization: Bearer gg_…”. Whatever comes from the policy has an ETag; with If-Match a change is refused (412) when somebody else saved meanwhile.',
  },
  servers: [{ url: base }],
  security: [{ token: [] }],
  tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
  paths: pathsOf(routes),
  components: {
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    responses: errorResponses,
    schemas: componentSchemas(),
  },
});

/** The parameters of a path, in their order: `/rules/{id}/move` has `id`. */
export const parametersOf = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');

/** What a refusal means, by its status. Every call with a body or a token may answer these. */
export const refusals: Record<string, string> = {
  400: 'The request has the wrong shape.',
  401: 'No token, or one that is not known.',
  403: 'The role of this user does not allow it, or a password is wrong.',
  404: 'There is no such thing.',
  409: 'It cannot be done now.',
  412: 'If-Match names another revision: somebody else saved meanwhile.',
  413: 'The body is too long.',
  415: 'The body is no application/json.',
  422: 'Refused: the problems say where and why. Nothing was changed.',
  429: 'Too many tries; `retryAfter` is seconds.',
  503: 'The agent does not answer.',
};

function pathsOf(routes: readonly Route[]): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const item = paths[route.path] ?? {};
    item[route.method.toLowerCase()] = operation(route);
    paths[route.path] = item;
  }
  return paths;
}

function operation(route: Route): Json {
  const { body } = route;
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    ...(route.open ? { security: [] } : {}),
    parameters: parameters(route),
    ...(body === undefined
      ? {}
      : { requestBody: { required: !body.optional, content: json(reference(body.schema), body.example) } }),
    responses: responses(route),
  };
}

/** `POST /rules/{id}/move` is `postRulesIdMove`. */
function operationId({ method, path }: Route): string {
  const words = path.split(/\W+/).filter((word) => word !== '');
  return `${method.toLowerCase()}${words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('')}`;
}

const writes = ({ method }: Route): boolean => method !== 'GET';
const changesPolicy = (route: Route): boolean => writes(route) && route.answer.schema === 'Saved';
const heedsIfMatch = (route: Route): boolean => changesPolicy(route) || route.draft === true;

function parameters(route: Route): Json[] {
  return [
    ...parametersOf(route.path).map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...Object.entries(route.query ?? {}).map(([name, field]) => ({
      name,
      in: 'query',
      description: field.text,
      schema: fieldSchema(field),
    })),
    ...(route.policy ? [header('If-None-Match', 'An ETag: 304 when the policy still is that one.')] : []),
    ...(heedsIfMatch(route) ? [header('If-Match', 'An ETag: 412 when the policy is another one meanwhile.')] : []),
  ];
}

const header = (name: string, description: string): Json => ({
  name,
  in: 'header',
  description,
  schema: { type: 'string' },
});

const fieldSchema = ({ type }: QueryField): Json => (type === 'integer' ? { type, minimum: 0 } : { type });

function responses(route: Route): Json {
  const { schema, list, created, text } = route.answer;
  const body = list ? { type: 'array', items: reference(schema) } : reference(schema);
  const etag = route.policy || changesPolicy(route);
  const headers = {
    ...(etag ? { ETag: { description: 'The policy’s revision.', schema: { type: 'string' } } } : {}),
    ...(created ? { Location: { description: 'Where it is.', schema: { type: 'string' } } } : {}),
  };
  return {
    [created ? '201' : '200']: {
      description: text,
      ...(Object.keys(headers).length > 0 ? { headers } : {}),
      content: json(body),
    },
    ...(route.policy ? { 304: { description: 'Unchanged.' } } : {}),
    ...Object.fromEntries(refusalsOf(route).map((status) => [status, { $ref: `#/components/responses/${status}` }])),
  };
}

function refusalsOf(route: Route): string[] {
  if (route.open) return [];
  const some = new Set(['401', '403', '503']);
  if (route.path.includes('{')) for (const status of ['400', '404']) some.add(status);
  if (route.query !== undefined) some.add('400');
  if (writes(route)) for (const status of ['400', '409', '422', '429']) some.add(status);
  if (route.body !== undefined) for (const status of ['413', '415']) some.add(status);
  if (heedsIfMatch(route)) some.add('412');
  return [...some].sort();
}

const reference = (name: SchemaName): Json => ({ $ref: `#/components/schemas/${name}` });

const json = (schema: Json, example?: unknown): Json => ({
  'application/json': { schema, ...(example === undefined ? {} : { example }) },
});

const errorResponses = Object.fromEntries(
  Object.entries(refusals).map(([status, description]) => [status, { description, content: json(reference('Error')) }]),
);

/** zod's own words for each shape; a shape inside another is a reference. What goes in is described: defaults may be left out. */
function componentSchemas(): Json {
  const registry = z.registry<{ id: string; description?: string }>();
  for (const [id, schema] of Object.entries(schemas)) {
    const description = sentences[id as SchemaName];
    registry.add(schema, description === undefined ? { id } : { id, description });
  }
  const made = z.toJSONSchema(registry, {
    io: 'input',
    unrepresentable: 'any',
    uri: (id) => `#/components/schemas/${id}`,
  });
  return Object.fromEntries(
    Object.entries(made.schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [
      id,
      id.endsWith('Change') ? withoutDefaults(schema) : schema,
    ]),
  );
}

/** What is left out of a change stays as it is, whatever it would be at first. */
const withoutDefaults = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(withoutDefaults);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(([key]) => key !== 'default');
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutDefaults(value)]));
};
