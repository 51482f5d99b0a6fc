import test from 'ava';
import { fillHostile, hostile } from './fill.ts';
import { pagePaths } from './pages.ts';
import { readyUi } from './ui.ts';

const objectPaths = ['addresses', 'address-groups', 'services', 'service-groups'].flatMap((page) =>
  Object.values(hostile).flatMap((name) => [
    `/firewall/objects/${page}/edit?name=${encodeURIComponent(name)}`,
    `/firewall/objects/${page}/delete?name=${encodeURIComponent(name)}`,
    `/firewall/objects/${page}?q=${encodeURIComponent(name)}`,
  ]),
);
const rulePaths = ['r1', 'r2', 'r3', 'r4'].flatMap((id) => [
  `/firewall/bot/rules/${id}`,
  `/firewall/bot/rules/${id}/delete`,
  `/firewall/bot/rules/${id}/move`,
  `/firewall/bot/selected?do=heading&rule=${id}`,
  `/firewall/bot/rules/new?copy=${id}`,
]);
const searchPaths = [
  '/firewall/bot',
  '/services/dhcp',
  '/logs/firewall',
  '/logs/proxy',
  '/firewall/objects/default-services',
].map((path) => `${path}?q=${encodeURIComponent(hostile.markup)}`);

test('names, remarks, leases, log lines and searches of any content are text on every page', async (t) => {
  const ui = await readyUi(t);
  await fillHostile(ui);
  for (const path of [...pagePaths, ...objectPaths, ...rulePaths, ...searchPaths]) {
    await ui.admin.get(path);
    t.is(ui.admin.status, 200, `${path} ${ui.reports.join()}`);
    assertInert(t, ui.admin.page.html, path);
  }
  await ui.admin.get('/firewall/bot');
  for (const name of Object.values(hostile)) t.true(ui.admin.page.text.includes(name.replace(/\s+/g, ' ')), name);
  await ui.admin.get('/services/dhcp');
  t.true(ui.admin.page.text.includes(hostile.markup), 'the name in a lease is shown as text');
});

test('what a form sends back is text, also ten thousand characters of it', async (t) => {
  const ui = await readyUi(t);
  const nasty = `${hostile.markup}"'><script src=//evil.example></script>${'ה'.repeat(9_900)}`;
  const forms: [page: string, action: string][] = [
    ['/network', '/network'],
    ['/services/proxy', '/services/proxy'],
    ['/services/dhcp', '/services/dhcp'],
    ['/services/dhcp', '/services/dhcp/dns'],
    ['/services/dhcp/lease', '/services/dhcp/lease'],
    ['/firewall/bot/settings', '/firewall/bot/settings'],
    ['/firewall/bot/rules/new', ''],
    ['/firewall/objects/addresses/new', ''],
    ['/firewall/objects/services/new', ''],
    ['/firewall/objects/address-groups/new', ''],
    ['/firewall/objects/service-groups/new', ''],
  ];
  for (const [page, action] of forms) {
    await ui.admin.get(page);
    const form = ui.admin.page.forms.find((one) => one.action === action && one.method === 'post');
    const fields = (form?.fields ?? []).filter(([name]) => !['csrf', 'step', 'was', 'revision', 'seen'].includes(name));
    // A dozen at a time: together they would be more than a form may hold.
    for (let first = 0; first < fields.length; first += 12) {
      await ui.admin.get(page);
      const typed = fields.slice(first, first + 12).map(([name]) => [name, nasty]);
      await ui.admin.submit(action, { ...Object.fromEntries(typed), step: page.includes('groups') ? 'save' : 'next' });
      t.is(ui.admin.status, 422, `${page} ${action}: ${ui.admin.page.text.slice(0, 200)}`);
      assertInert(t, ui.admin.page.html, page);
    }
  }
  t.deepEqual(ui.reports, []);
});

test('addresses that nobody offers are answered in words', async (t) => {
  const { admin, reports } = await readyUi(t);
  for (const path of [
    '/nothing',
    '/firewall/bot/rules/..%2f..',
    '/firewall/objects/addresses/edit?name=%00',
    '/firewall/objects/addresses/edit',
    '/static/../main-web.ts',
    '/static/%2e%2e/app.ts',
    '/firewall/bot/rules/new/nothing',
  ]) {
    await admin.get(path);
    t.is(admin.status, 404, path);
    t.regex(admin.page.text, /does not exist/);
  }
  for (const query of [
    'page=-1',
    'page=1e9',
    'page=NaN',
    'page=1&page=2',
    'q[]=x',
    'q=a&q=b',
    'before=x',
    'before=99999999999999999999',
  ]) {
    for (const path of ['/firewall/bot', '/logs/firewall', '/logs/proxy']) {
      await admin.get(`${path}?${query}`);
      t.is(admin.status, 200, `${path}?${query}`);
    }
  }
  t.deepEqual(reports, []);
});

/** No script, style or handler of the page's own, and nothing of the hostile markup alive. */
const assertInert = (
  t: { notRegex: (text: string, pattern: RegExp, message: string) => void },
  html: string,
  path: string,
) => {
  t.notRegex(html, /<script(?!( type="module")? src="\/static\/[a-z]+\.js\?[\w-]+"( defer)?><\/script>)/, path);
  t.notRegex(
    html,
    /<style|\sstyle=|<[^>]*\son[a-z]+=(?=[^>]*>)|javascript:/i.exec(html.replace(/="[^"]*"/g, '=""')) ? /[\s\S]/ : /$^/,
    path,
  );
  t.notRegex(html, /<img src=x|<b>/, path);
};
