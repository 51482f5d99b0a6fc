import test from 'ava';
import type { Policy } from '../../src/policy/schema.ts';
import { ApiClient } from './api-client.ts';
import { hostile } from './fill.ts';
import { readyUi } from './ui.ts';

/** Odd values by the API: names of any script in a path and back, what is refused and where, two programs at once. */
type Problems = { problems: { place: string; message: string }[] };

test('an object of any name is found, changed and deleted by its path', async (t) => {
  const ui = await readyUi(t);
  const client = new ApiClient(ui.url, ui.lab.token);
  const names = [...Object.values(hostile), '\u202egnirts\u202c', 'a/b?c#d%2f', '..', `"'<>&;`];
  for (const name of names) {
    const made = await client.post('/addresses', { name, value: '192.168.51.9' });
    t.is(made.status, 201, name);
    const path = (made.headers.get('location') ?? '').replace('/api/v1', '');
    // A program of the fetch kind takes the dots away before it asks.
    if (name === '..') continue;
    t.like((await client.get(path)).json as object, { name, value: '192.168.51.9' });
    t.is((await client.put(path, { name, value: '192.168.51.10' })).status, 200, name);
    t.is((await client.delete(path)).status, 200, name);
  }
  for (const name of ['x'.repeat(10_000), 'a\nb', ' ', '\u2028']) {
    const refused = await client.post('/addresses', { name, value: '192.168.51.9' });
    t.is(refused.status, 422);
    t.true((refused.json as Problems).problems.every(({ place }) => place.endsWith('/name')));
  }
});

test('what is refused is told at its field', async (t) => {
  const ui = await readyUi(t);
  const client = new ApiClient(ui.url, ui.lab.token);
  const before = (await client.get('/policy')).json as Policy;
  const rule = { source: { kind: 'any' }, destination: { kind: 'any' }, service: { kind: 'any' }, action: 'drop' };
  for (const [method, path, body, place, message] of [
    ['PUT', '/settings', { uiPort: 0 }, 'settings/uiPort', /^Not a port\. Ports are 1 to 65535\.$/],
    ['PUT', '/proxy', { port: 65536 }, 'proxy/port', /^Not a port\. Ports are 1 to 65535\.$/],
    ['PUT', '/ssh', { port: 65536 }, 'ssh/port', /^Not a port\. Ports are 1 to 65535\.$/],
    ['POST', '/services', { name: 'x', protocol: 'tcp', ports: '0' }, 'services/0/ports', /^Not a port/],
    ['POST', '/services', { name: 'x', protocol: 'udp', ports: '65536' }, 'services/0/ports', /^Not a port/],
    ['PUT', '/network', { green: { netmask: '255.0.255.0' } }, 'network/green/netmask', /^Not a netmask/],
    ['POST', '/addresses', { name: 'x', value: '10.0.0.0/255.0.255.0' }, 'addresses/0/value', /^Not an address/],
    [
      'POST',
      '/rules',
      { ...rule, destination: { kind: 'typed', value: '00:16:3e:12:34:56' } },
      'rules/0/destination/value',
      /cannot be a destination/,
    ],
    [
      'PUT',
      '/dhcp',
      { fixed: [{ mac: '02:00:00:00:05:46', address: '192.168.51.70', name: '-foo' }] },
      'dhcp/fixed/0/name',
      /^Letters and digits only/,
    ],
  ] as const) {
    const refused = await client.call(method, path, { body });
    t.is(refused.status, 422, place);
    const { problems } = refused.json as Problems;
    t.deepEqual(
      problems.map((one) => one.place),
      [place],
    );
    t.regex(problems[0]?.message ?? '', message);
  }
  t.deepEqual((await client.get('/policy')).json, before as never);
});

test('a body nested without end is refused, not stumbled over', async (t) => {
  const { url, lab, reports } = await readyUi(t);
  const headers = { authorization: `Bearer ${lab.token}`, 'content-type': 'application/json' };
  const body = `{"schema":2,"rules":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
  const refused = await fetch(`${url}/api/v1/policy`, { method: 'PUT', headers, body });
  t.is(refused.status, 400);
  t.deepEqual(await refused.json(), { error: 'The body is nested too deeply.' });
  t.deepEqual(reports, []);
});

test('of two programs that save the same thing at once one is told', async (t) => {
  const ui = await readyUi(t);
  const client = new ApiClient(ui.url, ui.lab.token);
  const seen = (await client.get('/policy')).headers.get('etag') ?? '';
  const both = await Promise.all(
    ['one.example', 'two.example'].map((name) =>
      client.put('/network', { names: [name] }, { headers: { 'if-match': seen } }),
    ),
  );
  t.deepEqual(both.map(({ status }) => status).sort(), [200, 412]);
  const kept = ((await client.get('/network')).json as { names: string[] }).names;
  t.deepEqual(kept, [both[0]?.status === 200 ? 'one.example' : 'two.example']);
});
