import test from 'ava';
import { PASSWORD, raw } from '../agent/lab.ts';
import { handbookEdits } from '../lib/handbook.ts';
import { ApiClient } from './api-client.ts';
import { readyUi } from './ui.ts';

test('generations by the API: listed, compared, restored unless the policy is another one meanwhile', async (t) => {
  const ui = await readyUi(t, { block: true });
  for (const edit of handbookEdits) await ui.edit(edit);
  const client = new ApiClient(ui.url, ui.lab.token);
  const { number: wanted, policy } = ui.lab.box.generation;
  await ui.edit({ do: 'save', collection: 'addresses', value: { name: 'Printer', value: '192.168.51.9' } });

  const list = await client.get('/generations');
  t.is(list.status, 200);
  const [first, second] = list.json as { time: number }[];
  t.like(first, { number: wanted + 1, user: 'admin', what: 'added to addresses: “Printer”', inForce: true });
  t.like(second, { number: wanted, damaged: false, inForce: false });

  const one = await client.get(`/generations/${wanted}`);
  t.deepEqual(one.json, {
    ...(second as object),
    differences: ['Address “Printer” is removed; it was 192.168.51.9.'],
  } as never);
  const etag = one.headers.get('etag') ?? '';
  t.is(etag, `"${wanted + 1}"`);
  t.is((await client.get(`/generations/${wanted}`, { headers: { 'if-none-match': etag } })).status, 304);

  const restore = (tag: string, which = wanted) =>
    client.post(`/generations/${which}/restore`, undefined, { headers: { 'if-match': tag } });
  t.is((await restore(`"${wanted}"`)).status, 412);
  t.is(ui.lab.box.generation.number, wanted + 1);
  t.is((await restore(etag, wanted + 1)).status, 409, 'it is in force already');
  const done = await restore(etag);
  t.deepEqual(done.json, { revision: wanted + 2, cut: 0, onTrial: false } as never);
  t.is(done.headers.get('etag'), `"${wanted + 2}"`);
  t.deepEqual(ui.lab.box.generation.policy, policy);
  t.deepEqual(((await client.get(`/generations/${wanted}`)).json as { differences: string[] }).differences, []);
  for (const odd of ['0', '999', 'x', '1e1', '%2e%2e', '99999999999']) {
    t.is((await client.get(`/generations/${odd}`)).status, 404, odd);
    t.is((await client.post(`/generations/${odd}/restore`)).status, 404, odd);
  }
});

test('a token of a viewer or an operator looks, and restores nothing', async (t) => {
  const ui = await readyUi(t, { block: true });
  const wanted = ui.lab.box.generation.number;
  await ui.edit({ do: 'save', collection: 'addresses', value: { name: 'Printer', value: '192.168.51.9' } });
  for (const role of ['viewer', 'operator']) {
    const made = { name: `test ${role}`, role, expires: null, password: PASSWORD };
    const { token } = (await raw(ui.lab.web, 'tokens.create', made, ui.lab.token)) as { token: string };
    const client = new ApiClient(ui.url, token);
    t.is((await client.get('/generations')).status, 200);
    t.is((await client.get(`/generations/${wanted}`)).status, 200);
    t.is((await client.post(`/generations/${wanted}/restore`)).status, 403);
  }
  t.is(ui.lab.box.generation.number, wanted + 1);
});
