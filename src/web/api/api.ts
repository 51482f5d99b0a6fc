import { createHash } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import type { Agent } from '../../agent/client.ts';
import { visitorOf, type WebParts } from '../context.ts';
import { knownHost } from '../middleware/host.ts';
import { BODY_MAX, LARGE_BODY_MAX, readJson } from './body.ts';
import { answerError } from './errors.ts';
import { ApiRefusal, type Method, type Reply, type Route } from './route.ts';
import { BASE, routes } from './routes.ts';

/**
 * Answers every request below `/api/v1`, errors included, as JSON. It stands before the session's middleware: cookies mean
 * nothing here, so that no page of another site can make a browser call it; the token of the Authorization header goes to the agent.
 */
export const apiCalls =
  (parts: WebParts): Middleware =>
  async (ctx, next) => {
    if (ctx.path !== BASE && !ctx.path.startsWith(`${BASE}/`)) return next();
    try {
      await knownHost(parts.names)(ctx, () => answer(parts, ctx));
    } catch (error) {
      answerError(ctx, error, parts.report);
    }
  };

const answer = async (parts: WebParts, ctx: Context): Promise<void> => {
  const { route, params } = find(ctx);
  const token = route.open ? '' : tokenIn(ctx);
  const agent: Agent = (verb, input) => parts.agent(verb, input, token, visitorOf(ctx));
  // Before the body is read: whoever has no token, or may change nothing, sends the box nothing to hold.
  const { user, role } = route.open ? { user: '', role: null } : await agent('session', {});
  if (route.body?.large && role === 'viewer') throw new ApiRefusal(403, 'A viewer may look, not change.');
  const max = route.body?.large ? LARGE_BODY_MAX : BODY_MAX;
  const body = route.method === 'GET' ? undefined : await readJson(ctx, max);
  if (body === undefined && route.body !== undefined && !route.body.optional)
    throw new ApiRefusal(400, 'A JSON body is needed.');
  const call = { agent, logs: parts.logs, user, params, query: queryIn(ctx, route), body, revision: revisionIn(ctx) };
  send(ctx, route, await route.run(call));
};

const send = (ctx: Context, route: Route, { status = 200, body, revision, location }: Reply): void => {
  ctx.status = status;
  if (location !== undefined) ctx.set('Location', `${BASE}${location}`);
  if (revision !== undefined) ctx.set('ETag', `"${revision}"`);
  const text = JSON.stringify(body);
  if (route.open) ctx.set('ETag', `"${createHash('sha256').update(text).digest('base64url').slice(0, 16)}"`);
  ctx.set('Cache-Control', 'no-store');
  if (route.method === 'GET' && known(ctx)) {
    ctx.status = 304;
    return;
  }
  ctx.type = 'json';
  ctx.body = text;
};

/** Does If-None-Match name this very answer? Koa's own look gives way to a Cache-Control that programs add unasked. */
const known = (ctx: Context): boolean => {
  const tag = ctx.response.get('ETag');
  const given = ctx
    .get('If-None-Match')
    .split(',')
    .map((one) => one.trim().replace(/^W\//, ''));
  return tag !== '' && (given.includes(tag) || given.includes('*'));
};

type Found = { route: Route; params: Record<string, string> };

/** Each path once, with its methods. */
const table = [...Map.groupBy(routes, ({ path }) => path)].map(([path, group]) => ({
  names: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''),
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '([^/]+)')}$`),
  group: new Map<string, Route>(group.map((route) => [route.method, route])),
}));

const find = (ctx: Context): Found => {
  const path = ctx.path.slice(BASE.length);
  for (const { names, pattern, group } of table) {
    const values = pattern.exec(path)?.slice(1);
    if (values === undefined) continue;
    const route = group.get(ctx.method === 'HEAD' ? ('GET' satisfies Method) : ctx.method);
    if (route === undefined) {
      ctx.set('Allow', [...group.keys(), ...(group.has('GET') ? ['HEAD'] : [])].join(', '));
      throw new ApiRefusal(405, `${ctx.method} is not among the calls of ${path}.`);
    }
    return { route, params: Object.fromEntries(names.map((name, index) => [name, decoded(values[index] ?? '')])) };
  }
  throw new ApiRefusal(404, `There is no such call. ${BASE}/openapi.json lists all.`);
};

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ApiRefusal(400, 'The address is not encoded as it should be.');
  }
};

const tokenIn = (ctx: Context): string => {
  const token = /^Bearer +([\w-]{1,200})$/i.exec(ctx.get('Authorization'))?.[1];
  if (token === undefined) throw new ApiRefusal(401, 'A token is needed: Authorization: Bearer gg_…');
  return token;
};

/** Every field once, and of its kind; a field that is not known would be a filter that filters nothing. */
const queryIn = (ctx: Context, { query: known = {} }: Route): Record<string, string> => {
  const found: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(ctx.querystring)) {
    const field = Object.hasOwn(known, name) ? known[name] : undefined;
    if (field === undefined) throw new ApiRefusal(400, `This call knows no “${name}” in its query.`, name);
    if (Object.hasOwn(found, name)) throw new ApiRefusal(400, `“${name}” is there twice.`, name);
    if (field.type === 'integer' && !/^\d{1,15}$/.test(value))
      throw new ApiRefusal(400, `“${name}” must be a whole number.`, name);
    if (field.type === 'boolean' && value !== 'true' && value !== 'false')
      throw new ApiRefusal(400, `“${name}” must be true or false.`, name);
    if (value.length > 200) throw new ApiRefusal(400, `“${name}” is too long.`, name);
    found[name] = value;
  }
  return found;
};

/** The revision that If-Match names; `*` is any. */
const revisionIn = (ctx: Context): number | undefined => {
  const header = ctx.get('If-Match').trim();
  if (header === '' || header === '*') return undefined;
  const revision = /^"(\d{1,15})"$/.exec(header)?.[1];
  if (revision === undefined) throw new ApiRefusal(412, 'If-Match takes one ETag of this API, such as "12".');
  return Number(revision);
};
