import type { Route } from '../api/route.ts';
import { BASE, routes } from '../api/routes.ts';
import type { Pages } from '../context.ts';
import { showPage } from '../frame.ts';

/** The JSON API for people: every call with an example for curl, from the table that drives the API itself. */
export const apiPages: Pages = (router, web) => {
  router.get('/api', async (ctx) => {
    const groups = [...Map.groupBy(routes, ({ tag }) => tag)].map(([tag, calls]) => ({
      tag,
      calls: calls.map((route) => ({ ...callOf(route), example: exampleOf(route) })),
    }));
    const origin = `${ctx.protocol}://${ctx.host}`;
    await showPage(web, ctx, { title: 'API', nav: 'system' }, 'api.njk', {
      groups,
      base: `${origin}${BASE}`,
      host: ctx.host.includes(':') ? ctx.host : `${ctx.host}:443`,
      document: `${BASE}/openapi.json`,
    });
  });
};

const callOf = ({ method, path, summary, query = {} }: Route) => ({
  method,
  path,
  summary,
  query: Object.entries(query).map(([name, { text }]) => ({ name, text })),
});

/** `curl --cacert greengate.pem -H "$AUTH" -X PUT --json '{…}' "$GG/settings"`. */
const exampleOf = ({ method, path, body, open }: Route): string =>
  [
    'curl --cacert greengate.pem',
    ...(open ? [] : ['-H "$AUTH"']),
    ...(method === (body === undefined ? 'GET' : 'POST') ? [] : [`-X ${method}`]),
    ...(body === undefined ? [] : [`--json '${JSON.stringify(body.example)}'`]),
    `"$GG${filled(path)}"`,
  ].join(' ');

/** A path with values that such a call could have. */
const filled = (path: string): string => {
  const name = path.startsWith('/service') ? 'GreengateProxy' : 'MailAccess';
  return path
    .replace('{name}', path.includes('groups') ? (path.startsWith('/service') ? 'MailingServices' : 'Offices') : name)
    .replace('{id}', path.startsWith('/blocks') ? '192.168.51.25' : 'r1');
};
