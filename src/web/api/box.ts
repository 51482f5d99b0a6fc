import { portNamer } from '../port-names.ts';
import type { FirewallQuery, LogQuery, ProxyQuery } from '../ports.ts';
import { ApiRefusal, type Call, type QueryField, type Route } from './route.ts';
import { heedingIfMatch, policyOf } from './saving.ts';

const text = (words: string): QueryField => ({ type: 'string', text: words });
const number = (words: string): QueryField => ({ type: 'integer', text: words });

const place = {
  q: text('Text found anywhere in the line.'),
  from: number('From this moment on, in seconds since 1970.'),
  until: number('Up to this moment.'),
  before: number('Only lines older than the one with this id: the next page.'),
  after: number('Only lines newer than the one with this id: how to follow the log.'),
  limit: number('How many lines, 1 to 200; 50 when left out.'),
};

/** The box itself: what it is doing, its leases and logs, and BOT's switch. */
export const boxRoutes: Route[] = [
  {
    method: 'GET',
    path: '/status',
    tag: 'Box',
    summary: 'What the box is doing: BOT, interfaces, services, counters per rule',
    answer: { schema: 'Status', text: 'Times are seconds since 1970, sizes bytes.' },
    run: async ({ agent }) => ({ body: await agent('status', {}) }),
  },
  {
    method: 'GET',
    path: '/leases',
    tag: 'Box',
    summary: 'The DHCP leases',
    answer: { schema: 'Lease', list: true, text: '`expires` is seconds since 1970, 0 for never.' },
    run: async ({ agent }) => ({ body: (await agent('leases.get', {})).leases }),
  },
  {
    method: 'GET',
    path: '/log/firewall',
    tag: 'Box',
    summary: 'The firewall log, newest first',
    query: {
      chain: text('GREEN DROP, GREEN ACCEPT, RED DROP …'),
      iface: text('green or red.'),
      protocol: text('TCP, UDP, ICMP …'),
      source: text('Address of the sender.'),
      sport: number('Port of the sender.'),
      mac: text('MAC of the sender.'),
      destination: text('Address of the receiver.'),
      dport: number('Port of the receiver.'),
      origin: text('Id of the rule, or default, admin …'),
      ...place,
    },
    answer: { schema: 'FirewallLog', text: 'Lines; `older` and `newer` say whether there are more.' },
    run: async (call) => {
      const page = call.logs.firewall(firewallQuery(call));
      const { policy } = await policyOf(call);
      const serviceOf = portNamer(policy);
      const own = policy.network.green.address;
      const lines = page.lines.map((line) => ({
        ...line,
        service: serviceOf(line.protocol, line.destinationPort, line.destination === own),
      }));
      return { body: { ...page, lines } };
    },
  },
  {
    method: 'GET',
    path: '/log/proxy',
    tag: 'Box',
    summary: 'The proxy’s log, newest first',
    query: {
      client: text('Address of the client.'),
      host: text('Host of the URL.'),
      status: number('HTTP status.'),
      denied: { type: 'boolean', text: 'Only requests that the proxy refused.' },
      ...place,
    },
    answer: { schema: 'ProxyLog', text: 'Lines; `older` and `newer` say whether there are more.' },
    run: async (call) => ({ body: call.logs.proxy(proxyQuery(call)) }),
  },
  trialRoute(
    'trial.keep',
    'Keep the change that is on trial; by its own user, on a connection opened after it came into force',
    'It is confirmed.',
  ),
  trialRoute('trial.undo', 'Undo the change that is on trial', 'What was confirmed before is in force again.'),
  {
    method: 'POST',
    path: '/bot/enable',
    tag: 'Box',
    summary: 'Enable BOT',
    body: { schema: 'Enable', example: {}, optional: true },
    answer: { schema: 'Saved', text: 'BOT is enabled.' },
    run: async (call) => {
      const body = fieldsOf<{ starters?: string[] }>(call.body ?? {});
      const saved = await heedingIfMatch(call, (revision) => call.agent('bot.enable', { ...body, ...revision }));
      return { body: saved, revision: saved.revision };
    },
  },
  {
    method: 'POST',
    path: '/bot/disable',
    tag: 'Box',
    summary: 'Disable BOT; asks for the user’s password again',
    body: { schema: 'Password', example: { password: 'your password' } },
    answer: { schema: 'Saved', text: 'BOT is disabled: GREEN reaches RED freely.' },
    run: async (call) => {
      const body = fieldsOf<{ password: string }>(call.body);
      const saved = await heedingIfMatch(call, (revision) => call.agent('bot.disable', { ...body, ...revision }));
      return { body: saved, revision: saved.revision };
    },
  },
];

/** A change on trial, kept or undone; `status` shows it. */
function trialRoute(verb: 'trial.keep' | 'trial.undo', summary: string, text: string): Route {
  return {
    method: 'POST',
    path: `/${verb.replace('.', '/')}`,
    tag: 'Box',
    summary,
    answer: { schema: 'Revision', text },
    run: async ({ agent }) => {
      const { revision } = await agent(verb, {});
      return { body: { revision }, revision };
    },
  };
}

/** The agent judges the fields; the revision comes from If-Match and from nowhere else. */
const fieldsOf = <T extends object>(body: unknown): T => {
  if (typeof body !== 'object' || body === null || Array.isArray(body) || Object.hasOwn(body, 'revision'))
    throw new ApiRefusal(400, 'The body is an object with the fields of this call, and no others.');
  return body as T;
};

const firewallQuery = ({ query }: Call): FirewallQuery => ({
  ...placeOf(query),
  ...texts(query, ['chain', 'iface', 'protocol', 'source', 'mac', 'destination', 'origin']),
  ...(query.sport === undefined ? {} : { sourcePort: Number(query.sport) }),
  ...(query.dport === undefined ? {} : { destinationPort: Number(query.dport) }),
});

const proxyQuery = ({ query }: Call): ProxyQuery => ({
  ...placeOf(query),
  ...texts(query, ['client', 'host']),
  ...(query.status === undefined ? {} : { status: Number(query.status) }),
  ...(query.denied === 'true' ? { denied: true } : {}),
});

const placeOf = (query: Record<string, string>): LogQuery => {
  if (query.before !== undefined && query.after !== undefined)
    throw new ApiRefusal(400, 'Give `before` or `after`, not both.', 'after');
  const limit = Number(query.limit ?? 50);
  if (limit < 1 || limit > 200) throw new ApiRefusal(400, 'A limit is 1 to 200.', 'limit');
  const numbers = (['before', 'after', 'from', 'until'] as const).flatMap((name) =>
    query[name] === undefined ? [] : [[name, Number(query[name])]],
  );
  return { limit, ...Object.fromEntries(numbers), ...(query.q === undefined ? {} : { text: query.q }) };
};

const texts = (query: Record<string, string>, names: string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (query[name] === undefined ? [] : [[name, query[name]]])));
