import test, { type ExecutionContext } from 'ava';
import type { Policy, Rule } from '../../src/policy/schema.ts';
import { handbookEdits } from '../lib/handbook.ts';
import { packetLine } from '../lib/log-lines.ts';
import { ApiClient, api } from './api-client.ts';
import type { Browser } from './browser.ts';
import { readyUi, type Ui } from './ui.ts';

const ready = async (t: ExecutionContext, { filled = true } = {}): Promise<Ui & { admin: Browser; api: ApiClient }> => {
  const ui = await readyUi(t);
  if (filled) for (const edit of handbookEdits) await ui.edit(edit);
  return { ...ui, api: new ApiClient(ui.url, ui.lab.token) };
};

const etag = (answer: { headers: Headers }): string => answer.headers.get('etag') ?? '';

test('without a token nothing is answered but the document; a cookie is no token', async (t) => {
  const { api: client, url, admin } = await ready(t, { filled: false });
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of Object.keys(item)) {
      if (path === '/openapi.json') continue;
      const body = method === 'get' ? {} : { raw: '{}' };
      const answer = await client.call(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'x'), { token: '', ...body });
      t.is(answer.status, 401, `${method} ${path}`);
      t.is(answer.headers.get('www-authenticate'), 'Bearer realm="Greengate"');
    }
  }
  t.is((await client.get('/policy', { token: 'A'.repeat(43) })).status, 401);
  t.is((await client.get('/policy', { token: `gg_${'A'.repeat(43)}` })).status, 401);
  await admin.get('/');
  t.is(admin.status, 200);
  const cookie = [...admin.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  t.regex(cookie, /session=/);
  t.is((await client.get('/policy', { token: '', headers: { cookie } })).status, 401);
  t.is((await fetch(`${url}/api/v1/openapi.json`)).status, 200);
});

test('the handbook’s example by the API, every call of the objects and rules', async (t) => {
  const { api: client, lab } = await ready(t, { filled: false });
  for (const [path, body] of [
    ['/addresses', { name: 'MailAccess', value: '192.168.51.0/255.255.255.224' }],
    ['/addresses', { name: 'WebAccess', value: '192.168.51.32/255.255.255.224' }],
    ['/address-groups', { name: 'Both', members: [{ name: 'MailAccess' }, { name: 'WebAccess' }] }],
    ['/services', { name: 'GreengateProxy', protocol: 'tcp', ports: '800' }],
    ['/service-groups', { name: 'MailingServices', members: [{ name: 'POP3' }, { name: 'SMTP' }] }],
  ] as const) {
    const made = await client.post(path, body);
    t.is(made.status, 201);
    const location = made.headers.get('location') ?? '';
    t.is(location, `/api/v1${path}/${body.name}`);
    const [list, one] = [await client.get(path), await client.get(`${path}/${body.name}`)];
    t.deepEqual((list.json as object[]).at(-1), one.json);
    t.like(one.json as object, { name: body.name });
  }
  const rule = {
    source: { kind: 'address', name: 'MailAccess' },
    destination: { kind: 'any' },
    service: { kind: 'group', name: 'MailingServices' },
    action: 'accept',
  };
  const first = await client.post('/rules', rule);
  t.is(first.headers.get('location'), '/api/v1/rules/r1');
  const second = await client.post('/rules?position=0', { ...rule, action: 'drop' });
  t.like(second.json as object, { id: 'r2' });
  const order = async () => ((await client.get('/rules')).json as Rule[]).map(({ id }) => id);
  t.deepEqual(await order(), ['r2', 'r1']);
  t.is((await client.post('/rules/r2/move', { position: 1 })).status, 200);
  t.deepEqual(await order(), ['r1', 'r2']);
  t.is((await client.patch('/rules/r1', { enabled: false, log: true })).status, 200);
  t.like((await client.get('/rules/r1')).json as object, { enabled: false, log: true, action: 'accept' });
  t.is((await client.put('/rules/r1?position=1', { ...rule, remark: 'Mail' })).status, 200);
  t.like((await client.get('/rules/r1')).json as object, { enabled: true, remark: 'Mail' });
  t.deepEqual(await order(), ['r2', 'r1']);
  t.is((await client.put('/addresses/mailaccess', { name: 'Mail', value: '192.168.51.0/27' })).status, 200);
  t.like((await client.get('/rules/r1')).json as object, { source: { kind: 'address', name: 'Mail' } });
  t.is((await client.delete('/addresses/Mail')).status, 422);
  t.is((await client.delete('/address-groups/Both')).status, 200);
  t.is((await client.delete('/rules/r2')).status, 200);
  t.is((await client.post('/rules', { ...rule, source: { kind: 'any' }, id: 'r2' })).status, 201);
  t.is((await client.post('/rules', { ...rule, source: { kind: 'any' }, id: 'r2' })).status, 409);
  t.deepEqual(await order(), ['r1', 'r2']);
  t.deepEqual((await lab.web('policy.get', {}, lab.token)).policy.rules[0]?.remark, 'Mail');
});

test('what is not there is 404, whichever way it is asked for; a method that is not there is 405', async (t) => {
  const { api: client } = await ready(t);
  const rule = { source: { kind: 'any' }, destination: { kind: 'any' }, service: { kind: 'any' }, action: 'drop' };
  for (const answer of [
    await client.get('/rules/r9'),
    await client.put('/rules/r9', rule),
    await client.patch('/rules/r9', { enabled: true }),
    await client.delete('/rules/r9'),
    await client.post('/rules/r9/move', { position: 0 }),
    await client.get('/addresses/Nobody'),
    await client.put('/services/Nobody', { name: 'Nobody', protocol: 'tcp', ports: '1' }),
    await client.delete('/service-groups/Nobody'),
    await client.delete('/blocks/b9'),
    await client.get('/nothing'),
    await client.get(''),
    await client.get('/rules/'),
  ]) {
    t.is(answer.status, 404);
    t.regex((answer.json as { error: string }).error, /\.$/);
  }
  const wrong = await client.call('PATCH', '/policy', { body: {} });
  t.is(wrong.status, 405);
  t.is(wrong.headers.get('allow'), 'GET, PUT, HEAD');
  t.is((await client.call('OPTIONS', '/policy')).status, 405);
  t.is((await client.get('/addresses/%E0%A4%A')).status, 400);
});

test('a refused change says where and why, and changes nothing', async (t) => {
  const { api: client } = await ready(t);
  const before = etag(await client.get('/policy'));
  const bad = await client.post('/addresses', { name: 'MailAccess', value: '192.168.51.999' });
  t.is(bad.status, 422);
  const { problems } = bad.json as { problems: { place: string; message: string }[] };
  t.deepEqual(
    problems.map(({ place }) => place),
    ['addresses/2/value'],
  );
  t.is((await client.post('/addresses', { name: 'MailAccess', value: '192.168.51.9' })).status, 422);
  t.is((await client.post('/rules', { source: { kind: 'any' } })).status, 422);
  t.is((await client.post('/rules', [])).status, 400);
  t.is((await client.post('/rules', undefined)).status, 400);
  t.is((await client.post('/rules', undefined, { raw: '{"id":' })).status, 400);
  t.is((await client.post('/rules/r1/move', { position: -1 })).status, 400);
  t.is((await client.patch('/rules/r1', { enabled: 'no' })).status, 400);
  t.is((await client.put('/settings', { uiPort: 800 })).status, 422);
  t.is((await client.put('/settings', { nothing: 1 })).status, 422);
  t.is((await client.post('/edits', { do: 'deleteRule', id: 'r1' })).status, 400);
  t.is((await client.post('/edits', [{ do: 'nothing' }])).status, 400);
  t.is(
    (await client.post('/addresses', undefined, { raw: 'x=1', headers: { 'content-type': 'text/plain' } })).status,
    415,
  );
  t.is((await client.post('/addresses', undefined, { raw: `{"name":"${'x'.repeat(1_000_001)}"}` })).status, 413);
  t.is(etag(await client.get('/policy')), before);
});

test('ETag, If-None-Match and If-Match: nobody’s change is lost', async (t) => {
  const { api: client, edit } = await ready(t);
  const seen = etag(await client.get('/rules/r1'));
  for (const path of ['/policy', '/rules', '/settings', '/addresses', '/blocks', '/greengate-services']) {
    t.is((await client.get(path, { headers: { 'if-none-match': seen } })).status, 304, path);
    t.is(etag(await client.get(path)), seen, path);
  }
  await edit({ do: 'toggleRule', id: 'r1', log: true });
  t.is((await client.get('/rules', { headers: { 'if-none-match': seen } })).status, 200);
  const late = { headers: { 'if-match': seen } };
  for (const answer of [
    await client.put('/settings', { logging: false }, late),
    await client.delete('/rules/r1', late),
    await client.post(
      '/rules',
      { source: { kind: 'any' }, destination: { kind: 'any' }, service: { kind: 'any' }, action: 'drop' },
      late,
    ),
    await client.post('/edits', [{ do: 'deleteRule', id: 'r1' }], late),
    await client.put('/settings', { logging: false }, { headers: { 'if-match': 'W/"1"' } }),
  ])
    t.is(answer.status, 412);
  const now = etag(await client.get('/rules'));
  t.not(now, seen);
  const saved = await client.put('/settings', { logging: false }, { headers: { 'if-match': now } });
  t.is(saved.status, 200);
  t.is(etag(saved), etag(await client.get('/policy')));
  t.is((await client.put('/settings', { logging: true }, { headers: { 'if-match': '*' } })).status, 200);
});

test('the whole policy goes out and in; sections merge; several edits are one change', async (t) => {
  const { api: client, lab } = await ready(t);
  const whole = (await client.get('/policy')).json as Policy;
  for (const section of ['settings', 'network', 'dhcp', 'dns', 'proxy', 'time', 'ssh'] as const)
    t.deepEqual((await client.get(`/${section}`)).json, whole[section] as never, section);
  t.is((await client.put('/dns', { servers: ['192.0.2.53'] })).status, 200);
  t.is((await client.put('/dhcp', { leaseMinutes: 60 })).status, 200);
  t.is((await client.put('/proxy', { cache: true })).status, 200);
  t.is((await client.put('/network', { names: ['gate.example'] })).status, 200);
  t.is((await client.put('/time', { serveGreen: false })).status, 200);
  t.is((await client.put('/ssh', { keys: [] })).status, 200);
  const after = (await client.get('/policy')).json as Policy;
  t.deepEqual(after.dhcp, { ...whole.dhcp, leaseMinutes: 60 });
  t.deepEqual(after.proxy, { ...whole.proxy, cache: true });
  t.is((await client.put('/policy', whole)).status, 200);
  t.deepEqual((await client.get('/policy')).json, whole as never);

  const edits = [
    { do: 'save', collection: 'addresses', value: { name: 'Printer', value: '192.168.51.9' } },
    { do: 'toggleRule', id: 'r1', enabled: false },
    { do: 'moveRule', id: 'r2', position: 0 },
  ];
  const revision = (await lab.root('policy.get', {})).revision;
  t.deepEqual((await client.post('/check', edits)).status, 200);
  t.is((await client.post('/check', edits[0])).status, 200);
  const doubtful = await client.post('/check', [{ do: 'delete', collection: 'addresses', name: 'MailAccess' }]);
  t.is((doubtful.json as { problems: object[] }).problems.length, 1);
  t.is((await lab.root('policy.get', {})).revision, revision);
  t.is((await client.post('/edits', edits)).status, 200);
  const { policy, revision: next } = await lab.root('policy.get', {});
  t.is(next, revision + 1);
  t.deepEqual(
    policy.rules.map(({ id, enabled }) => [id, enabled]),
    [
      ['r2', true],
      ['r1', false],
    ],
  );
  const half = [edits[1], { do: 'deleteRule', id: 'r9' }];
  t.is((await client.post('/edits', half)).status, 422);
  t.is((await lab.root('policy.get', {})).revision, next);
});

test('why a packet is let through, and what is to be looked at', async (t) => {
  const { api: client } = await ready(t);
  const asked = { from: 'MailAccess', to: '203.0.113.9', service: 'SMTP' };
  const said = await client.post('/explain', asked);
  t.is(said.status, 200);
  t.like(said.json, { verdict: 'accept', origin: 'r1', number: 1, others: { length: 0 } });
  const limited = await client.post('/explain', { ...asked, from: '192.168.51.99', at: '2026-11-20T22:30' });
  t.like(limited.json, { verdict: 'drop', rule: null, steps: { 0: { field: 'source' } }, at: 1_795_213_800 });
  const wrong = await client.post('/explain', { ...asked, from: 'nobody', service: 'tcp/x' });
  t.is(wrong.status, 422);
  t.deepEqual(
    (wrong.json as { problems: { place: string }[] }).problems.map(({ place }) => place),
    ['from', 'service'],
  );
  t.is((await client.post('/explain', { from: 'MailAccess' })).status, 400);
  const clean = await client.get('/lint');
  t.deepEqual([clean.status, clean.json], [200, [] as never]);
  const [rule] = (await client.get('/rules')).json as [Rule];
  const { id: _, ...twin } = rule;
  t.is((await client.post('/rules', twin)).status, 201);
  const found = await client.get('/lint');
  t.like(found.json, { length: 1, 0: { kind: 'duplicate', by: { 0: { id: 'r1' } }, packet: { to: '203.0.113.1' } } });
  t.is((await client.get('/lint', { headers: { 'if-none-match': found.headers.get('etag') ?? '' } })).status, 304);
  const [saved, other] = [await client.post('/lint', []), await client.post('/lint', { do: 'deleteRule', id: 'r1' })];
  t.deepEqual([saved.status, saved.json], [200, [] as never], 'what is there already is not added');
  t.deepEqual([other.status, other.json], [200, [] as never]);
  const { fix } = (found.json as { fix: object }[])[0] ?? {};
  t.is((await client.post('/edits', [fix])).status, 200);
  t.deepEqual((await client.get('/lint')).json, [] as never);
});

test('what an edit would cut is told, and what it adds to be looked at; nothing is done', async (t) => {
  const { api: client, lab } = await ready(t);
  await client.patch('/rules/r1', { remark: 'Mail out' });
  await client.put('/settings', { adminMac: '00:16:3e:00:00:25' });
  await lab.web('bot.enable', { starters: [] }, lab.token);
  const open = { direction: 'forward', protocol: 6, sport: 4, dport: 25, expected: false, mark: 0 } as const;
  lab.twin.traffic = [{ ...open, src: '192.168.51.25', dst: '203.0.113.9', handle: 'mail' }];
  const [rule] = (await client.get('/rules')).json as [Rule];
  const told = await client.post('/affects', { do: 'deleteRule', id: rule.id });
  t.like(told.json, {
    bot: true,
    connections: 1,
    cut: { 0: { from: '192.168.51.25', service: 'tcp/25', was: { id: rule.id }, becomes: { verdict: 'drop' } } },
    rules: { 0: { id: rule.id, number: null, change: 'gone' } },
  });
  const { id: _, ...twin } = rule;
  const added = await client.post('/lint', [{ do: 'saveRule', value: twin }]);
  t.like(added.json, { length: 1, 0: { kind: 'duplicate' } });
  t.is(lab.twin.traffic.length, 1);
  t.is(((await client.get('/rules')).json as Rule[])[0]?.id, rule.id);
  const etag = (await client.get('/policy')).headers.get('etag') ?? '';
  await client.post('/addresses', { name: 'Other', value: '192.168.51.99' });
  const late = { headers: { 'if-match': etag } };
  t.is((await client.post('/affects', { do: 'deleteRule', id: rule.id }, late)).status, 412);
  t.is((await client.post('/lint', { do: 'deleteRule', id: rule.id }, late)).status, 412);
  t.is((await client.post('/affects', { do: 'deleteRule', id: 'r99' })).status, 422);
});

test('a policy of 2000 rules goes in and out', async (t) => {
  const { api: client } = await ready(t);
  const whole = (await client.get('/policy')).json as Policy;
  const [first] = whole.rules as [Rule];
  const rules = Array.from({ length: 2000 }, (_, index) => ({
    ...first,
    id: `r${index + 1}`,
    remark: `${index} ${'and why it was made '.repeat(9)}`.trim(),
  }));
  const text = JSON.stringify({ ...whole, rules });
  t.true(text.length > 1_000_000);
  t.is((await client.put('/policy', { ...whole, rules })).status, 200);
  t.is(((await client.get('/rules')).json as Rule[]).length, 2000);
  t.is((await client.post('/check', { do: 'replace', value: { ...whole, rules } })).status, 200);
});

test('programs that add rules at the same time all get one of their own', async (t) => {
  const { api: client } = await ready(t);
  const rule = { source: { kind: 'any' }, destination: { kind: 'any' }, service: { kind: 'any' }, action: 'drop' };
  const made = await Promise.all([1, 2, 3].map((remark) => client.post('/rules', { ...rule, remark: String(remark) })));
  const ids = made.map(({ json }) => (json as { id: string }).id);
  t.is(new Set(ids).size, 3);
  for (const [index, id] of ids.entries())
    t.like((await client.get(`/rules/${id}`)).json as object, { remark: String(index + 1) });
});

test('a host is blocked for a time, let through, and free again', async (t) => {
  const { api: client } = await ready(t);
  const start = Math.floor(Date.now() / 1000);
  const made = await client.post('/blocks', { host: '192.168.51.25', for: 1800, remark: 'Exam' });
  t.is(made.status, 201);
  const [block] = (await client.get('/blocks')).json as Policy['blocks'];
  t.like(block, { host: '192.168.51.25', action: 'drop', remark: 'Exam', id: (made.json as { id: string }).id });
  t.regex(block?.by ?? '', /admin/);
  t.true((block?.until ?? 0) >= start + 1800 && (block?.until ?? 0) < start + 1830);
  t.is((await client.post('/blocks', { host: '192.168.51.25', action: 'accept' })).status, 201);
  const after = (await client.get('/blocks')).json as Policy['blocks'];
  t.deepEqual(
    after.map(({ host, action, until }) => [host, action, until]),
    [['192.168.51.25', 'accept', null]],
  );
  t.is((await client.delete('/blocks/192.168.51.25')).status, 200);
  t.deepEqual((await client.get('/blocks')).json, [] as never);
  for (const [body, status] of [
    [{ host: '192.168.51.25', for: 0 }, 400],
    [{ host: '192.168.51.25', for: 60, until: start + 60 }, 400],
    [{ host: '192.168.51.25', until: start - 60 }, 422],
    [{ host: '192.168.51.25', fro: 60 }, 400],
    [{ host: 'nonsense!' }, 422],
    [{ host: '192.168.51.25', action: 'reject' }, 422],
    [{}, 400],
  ] as const) {
    const { status: answered } = await client.post('/blocks', body);
    t.true(answered === status || (status === 422 && answered === 400), JSON.stringify(body));
  }
});

test('status, leases, and what the box brings along', async (t) => {
  const { api: client } = await ready(t);
  t.like((await client.get('/status')).json as object, { hostname: 'greengate', bot: 'disabled' });
  t.is(((await client.get('/leases')).json as { mac: string }[])[0]?.mac, '00:16:3e:00:00:25');
  t.true(((await client.get('/default-services')).json as { name: string }[]).some(({ name }) => name === 'SMTP'));
  const networks = (await client.get('/default-networks')).json as { name: string; value: string }[];
  t.is(networks.find(({ name }) => name === 'GREEN Network')?.value, '192.168.51.0/24');
  t.is(networks.find(({ name }) => name === 'RED Address')?.value, '192.168.51.254');
  const own = (await client.get('/greengate-services')).json as { name: string; ports: string }[];
  t.is(own.find(({ name }) => name === 'Greengate UI')?.ports, '445');
});

test('BOT is enabled by the API, and disabled only with the password', async (t) => {
  const { api: client, edit, lab } = await ready(t);
  await edit({ do: 'section', section: 'settings', value: { adminMac: '00:16:3e:00:00:25' } });
  t.is((await client.post('/bot/enable')).status, 200);
  t.like((await client.get('/status')).json as object, { bot: 'enabled' });
  t.is((await client.put('/settings', { enabled: false })).status, 403);
  t.is((await client.post('/bot/disable', { password: 'a wrong one' })).status, 403);
  t.is((await client.post('/bot/disable', {})).status, 400);
  t.is(lab.twin.held?.ruleset.mode, 'blocking');
  t.is((await client.post('/bot/disable', { password: 'correct horse battery' })).status, 200);
  t.not(lab.twin.held?.ruleset.mode, 'blocking');
});

test('BOT’s switch heeds If-Match, too', async (t) => {
  const { api: client, edit, lab } = await ready(t);
  const old = { headers: { 'if-match': etag(await client.get('/policy')) } };
  await edit({ do: 'section', section: 'settings', value: { adminMac: '00:16:3e:00:00:25' } });
  const refused = await client.post('/bot/enable', {}, old);
  t.is(refused.status, 412);
  t.regex((refused.json as { error: string }).error, /Somebody else saved/);
  t.not(lab.twin.held?.ruleset.mode, 'blocking');
  t.is((await client.post('/bot/enable', { revision: 1 })).status, 400);
  t.is((await client.post('/bot/enable', 5)).status, 400);
  t.is((await client.post('/bot/enable', [])).status, 400);
  const seen = etag(await client.get('/policy'));
  const enabled = await client.post('/bot/enable', undefined, { headers: { 'if-match': seen } });
  t.is(enabled.status, 200);
  const password = { password: 'correct horse battery' };
  t.is((await client.post('/bot/disable', password, { headers: { 'if-match': seen } })).status, 412);
  t.is(lab.twin.held?.ruleset.mode, 'blocking');
  t.is((await client.post('/bot/disable', password, { headers: { 'if-match': etag(enabled) } })).status, 200);
  t.not(lab.twin.held?.ruleset.mode, 'blocking');
});

test('the logs: filters as in the pages, and a filter that does not exist is refused', async (t) => {
  const { api: client, writeLog } = await ready(t);
  const line = (second: number, change: object = {}) =>
    packetLine({ 'oob.time.sec': 1_795_380_474 + second, ...change });
  await writeLog('firewall.json', [line(0), line(1, { dest_port: 25, dest_ip: '203.0.113.9' }), line(2)]);
  type Line = { id: number; destinationPort: number; service: string };
  const lines = async (query: string) => ((await client.get(`/log/firewall${query}`)).json as { lines: Line[] }).lines;
  const all = await lines('');
  t.deepEqual(
    all.map(({ destinationPort, service }) => [destinationPort, service]),
    [
      [800, 'GreengateProxy'],
      [25, 'SMTP'],
      [800, 'GreengateProxy'],
    ],
  );
  t.is((await lines('?dport=25')).length, 1);
  t.is((await lines('?source=192.168.51.25&dport=800&limit=1')).length, 1);
  t.is((await lines(`?after=${all[1]?.id}`)).length, 1);
  t.is((await lines('?from=1795380475&until=1795380476')).length, 1);
  for (const query of ['?sorce=192.168.51.25', '?dport=x', '?limit=201', '?limit=0', '?before=1&after=2', '?q=a&q=b'])
    t.is((await client.get(`/log/firewall${query}`)).status, 400, query);
  t.deepEqual((await client.get('/log/proxy?denied=true&status=403&limit=10')).json, {
    lines: [],
    older: false,
    newer: false,
  } as never);
  t.is((await client.get('/log/proxy?denied=1')).status, 400);
});

test('foreign names of the box are refused as JSON; a silent agent is 503', async (t) => {
  const { api: client, url, lab, reports } = await ready(t);
  const { request } = await import('node:http');
  const status = await new Promise<[number | undefined, string | undefined]>((resolve, reject) => {
    const { port } = new URL(url);
    const sent = request({ port, host: '127.0.0.1', path: '/api/v1/openapi.json', headers: { host: 'evil.example' } });
    sent.on('response', (answer) => {
      answer.resume();
      resolve([answer.statusCode, answer.headers['content-type']]);
    });
    sent.on('error', reject);
    sent.end();
  });
  t.deepEqual(status, [421, 'application/json; charset=utf-8']);
  const { connectAgent } = await import('../../src/agent/client.ts');
  lab.web = connectAgent('/nonexistent/web.sock');
  const silent = await client.get('/policy');
  t.is(silent.status, 503);
  t.is(silent.headers.get('retry-after'), '5');
  t.deepEqual(reports, []);
});
