import test from 'ava';
import { routes } from '../../src/web/api/routes.ts';
import { readyUi } from './ui.ts';

test('the page of the API names every call with an example, is linked from System, and takes a login', async (t) => {
  const { admin, browser } = await readyUi(t);
  await admin.get('/system');
  t.true(admin.page.links.includes('/api'));
  await admin.get('/api');
  t.is(admin.status, 200);
  for (const { method, path } of routes) t.true(admin.page.text.includes(`${method} ${path} `), `${method} ${path}`);
  t.true(
    admin.page.text.includes(
      `curl --cacert greengate.pem -H "$AUTH" -X PUT --json '{"enabled":false}' "$GG/rules/r1"`.replace('PUT', 'PATCH'),
    ),
  );
  t.true(admin.page.links.includes('/api/v1/openapi.json'));
  const stranger = browser();
  await stranger.get('/api');
  t.regex(stranger.path, /^\/login/);
});
