import test from 'ava';
import type { Policy } from '../../src/policy/schema.ts';
import { PASSWORD, raw } from '../agent/lab.ts';
import { handbookEdits } from '../lib/handbook.ts';
import { ApiClient } from './api-client.ts';
import { readyUi } from './ui.ts';

test('a token does what its role allows, no more; revoked, it does nothing', async (t) => {
  const ui = await readyUi(t);
  for (const edit of handbookEdits) await ui.edit(edit);
  const make = async (role: 'viewer' | 'operator' | 'administrator') => {
    const wanted = { name: `test ${role}`, role, expires: null, password: PASSWORD };
    const made = await raw(ui.lab.web, 'tokens.create', wanted, ui.lab.token);
    const { token, id } = made as { token: string; id: string };
    return { id, client: new ApiClient(ui.url, token) };
  };
  const [viewer, operator, administrator] = [await make('viewer'), await make('operator'), await make('administrator')];
  const printer = { name: 'Printer', value: '192.168.51.9' };
  const tries = async (client: ApiClient) => [
    (await client.get('/policy')).status,
    (await client.get('/status')).status,
    (await client.get('/log/firewall')).status,
    (await client.post('/check', { do: 'deleteRule', id: 'r1' })).status,
    (await client.patch('/rules/r1', { log: true })).status,
    (await client.post('/blocks', { host: '192.168.51.25', for: 60 })).status,
    (await client.post('/edits', [{ do: 'toggleRule', id: 'r1', log: false }])).status,
    (await client.post('/addresses', printer)).status,
    (
      await client.post('/edits', [
        { do: 'toggleRule', id: 'r1', log: false },
        { do: 'deleteRule', id: 'r1' },
      ])
    ).status,
    (await client.post('/bot/disable', { password: PASSWORD })).status,
  ];
  const [look, checks] = [[200, 200, 200], (await tries(viewer.client))[3] ?? 0];
  t.true([200, 403].includes(checks));
  t.deepEqual(await tries(viewer.client), [...look, checks, 403, 403, 403, 403, 403, 403]);
  t.deepEqual((await tries(operator.client)).toSpliced(3, 1), [...look, 200, 201, 200, 403, 403, 403]);
  t.deepEqual(await tries(administrator.client), [...look, 200, 200, 201, 200, 201, 200, 403]);
  const { blocks } = (await viewer.client.get('/policy')).json as Policy;
  t.like(blocks[0], { host: '192.168.51.25' });
  await raw(ui.lab.web, 'tokens.revoke', { id: viewer.id }, ui.lab.token);
  t.is((await viewer.client.get('/policy')).status, 401);
});
