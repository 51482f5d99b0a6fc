import test from 'ava';
import { codeAt, STEP } from '../../src/agent/totp.ts';
import { PASSWORD } from '../agent/lab.ts';
import { ApiClient } from './api-client.ts';
import { readyUi } from './ui.ts';

type Ui = Awaited<ReturnType<typeof readyUi>>;

/** Users, the second step, tokens and the log of changes, as a browser without script sees them. */
const OTHER = 'another long password';
const path = '/system/users';

const addUser = async (ui: Ui, name: string, role: string) => {
  await ui.admin.get(`${path}/new`);
  await ui.admin.submit(`${path}/new`, { name, role, newPassword: OTHER, again: OTHER, password: PASSWORD });
};

const loggedIn = async (ui: Ui, user: string, more: Record<string, string> = {}) => {
  const browser = ui.browser();
  await browser.get('/login');
  await browser.submit('/login', { user, password: OTHER, ...more });
  return browser;
};

test('an administrator adds a user, changes the role, deletes', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await addUser(ui, 'eva', 'viewer');
  t.is(admin.path, path);
  t.regex(admin.page.text, /User eva added/);
  t.regex(admin.page.text, /eva Viewer/);
  const eva = await loggedIn(ui, 'eva');
  t.is(eva.path, '/');
  await eva.get(path);
  t.is(eva.status, 403);
  await eva.get('/system');
  t.notRegex(eva.page.html, /Reboot|Restart |console-password|\/system\/users/);
  const edit = `${path}/edit?name=eva`;
  await admin.get(edit);
  await admin.submit(edit, { role: 'operator', password: PASSWORD });
  t.regex(admin.page.text, /eva Operator/);
  await eva.get('/');
  t.is(eva.path, '/login', 'a new role logs out');
  await admin.get(`${path}/delete?name=eva`);
  await admin.submit(`${path}/delete?name=eva`, { password: 'wrong' });
  t.is(admin.page.errors.password, 'The password is wrong.');
  await admin.submit(`${path}/delete?name=eva`, { password: PASSWORD });
  t.notRegex(admin.page.text, /eva Operator/);
});

test('faults stand at their fields, and what was typed stays, but for passwords', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await addUser(ui, '<b>', 'viewer');
  t.regex(admin.page.errors.name ?? '', /1 to 40 letters/);
  t.regex(admin.page.html, /value="&lt;b&gt;"/);
  t.notRegex(admin.page.html, new RegExp(OTHER));
  await admin.submit(`${path}/new`, { name: 'eva', newPassword: OTHER, again: 'other', password: PASSWORD });
  t.is(admin.page.errors.again, 'The two passwords differ.');
  await admin.submit(`${path}/new`, { name: 'eva', newPassword: 'short', again: 'short', password: PASSWORD });
  t.regex(admin.page.errors.newPassword ?? '', /at least 10/);
  await admin.get(`${path}/edit?name=admin`);
  await admin.submit(`${path}/edit?name=admin`, { role: 'viewer', password: PASSWORD });
  t.regex(admin.page.errors.role ?? '', /last administrator/);
});

test('the second step: set up with a picture, asked for at login, recovery codes shown once', async (t) => {
  const ui = await readyUi(t);
  await addUser(ui, 'otto', 'operator');
  const otto = await loggedIn(ui, 'otto');
  await otto.get('/system/account');
  await otto.submit('/system/account/totp', { totpPassword: OTHER });
  t.regex(otto.page.html, /src="data:image\/svg\+xml;base64,/);
  const secret = /name="secret" value="([A-Z2-7]{32})"/.exec(otto.page.html)?.[1] ?? '';
  const code = (later: number) => codeAt(secret, Math.floor(Date.now() / 1000 / STEP) + later);
  await otto.submit('/system/account/totp/confirm', { code: '000 00' });
  t.regex(otto.page.errors.code ?? '', /not the code of now/);
  await otto.submit('/system/account/totp/confirm', { code: code(-1) });
  const recovery = otto.page.text.match(/[0-9A-Z]{5}-[0-9A-Z]{5}/g) ?? [];
  t.is(recovery.length, 8);
  const again = await loggedIn(ui, 'otto');
  t.is(again.path, '/login');
  t.regex(again.page.text, /password of otto is right.*Type the code that your phone shows now/);
  t.deepEqual(again.page.errors, {}, 'to be asked for the code is no mistake');
  t.regex(again.page.html, /<input[^>]*id="code"[^>]* autofocus/);
  t.false(again.page.html.includes(OTHER), 'the password does not go back to the browser');
  await again.submit('/login', { code: '12345' });
  t.regex(again.page.errors.code ?? '', /not the code/);
  await again.submit('/login', { code: code(0) });
  t.is(again.path, '/', 'the password is not asked for again');
  const third = await loggedIn(ui, 'otto');
  await third.submit('/login', { first: 'made up', code: code(0) });
  t.regex(third.page.errors.password ?? '', /Type the password again/);
  await third.submit('/login', { user: 'otto', password: OTHER });
  await third.submit('/login', { code: recovery[0] ?? '' });
  t.is(third.path, '/');
  const wrong = ui.browser();
  await wrong.get('/login');
  await wrong.submit('/login', { user: 'otto', password: 'not the password' });
  t.notRegex(wrong.page.html, /name="code"/, 'who does not know the password learns nothing');
  await third.get('/system/account');
  await third.submit('/system/account/totp/remove', { totpPassword: OTHER });
  t.regex(third.page.text, /second step is off/);
});

test('a token is shown once, works for the API, and not any more when revoked', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await admin.get('/system/account');
  const fields = { tokenName: 'class room', tokenRole: 'viewer', tokenSpan: 'month' };
  await admin.submit('/system/account/token', { ...fields, tokenPassword: 'wrong' });
  t.is(admin.page.errors.tokenPassword, 'The password is wrong.');
  await admin.submit('/system/account/token', { ...fields, tokenPassword: PASSWORD });
  const token = /gg_[\w-]{43}/.exec(admin.page.text)?.[0] ?? '';
  const client = new ApiClient(ui.url, token);
  t.is((await client.get('/policy')).status, 200);
  await admin.get('/system/account');
  t.notRegex(admin.page.html, new RegExp(token));
  const revoke = /\/system\/account\/token\/revoke\?id=\w+/.exec(admin.page.html)?.[0] ?? '';
  await admin.get(revoke);
  await admin.submit('/system/account/token/revoke', {});
  t.regex(admin.page.text, /Token revoked/);
  t.is((await client.get('/policy')).status, 401);
});

test('a token ends with a date’s day in the zone of the box, or is told why not', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await ui.edit({ do: 'section', section: 'network', value: { timezone: 'America/New_York' } });
  await admin.get('/system/account');
  const fields = { tokenName: 'until', tokenRole: 'viewer', tokenSpan: 'date', tokenPassword: PASSWORD };
  await admin.submit('/system/account/token', { ...fields, tokenDate: '' });
  t.regex(admin.page.errors.tokenDate ?? '', /Not a date/);
  await admin.submit('/system/account/token', { ...fields, tokenDate: '2020-01-01' });
  t.is(admin.page.errors.tokenDate, 'This day is over already.');
  t.is(new Map(admin.page.forms.at(-1)?.fields).get('tokenName'), 'until', 'what was typed stays');
  await admin.submit('/system/account/token', { ...fields, tokenDate: '2099-12-31' });
  const { tokens } = await ui.lab.web('tokens.list', {}, ui.lab.token);
  t.is(tokens[0]?.expires, Date.UTC(2100, 0, 1, 5) / 1000);
  await admin.get('/system/account');
  t.regex(admin.page.text, /until Viewer .* Fri 1 Jan 2100, 00:00 never/);
});

test('an administrator sees the tokens of all users and revokes them; nobody else does', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await addUser(ui, 'eva', 'operator');
  const eva = await loggedIn(ui, 'eva');
  await eva.get('/system/account');
  const fields = { tokenName: 'class room', tokenRole: 'operator', tokenSpan: 'never', tokenPassword: OTHER };
  await eva.submit('/system/account/token', fields);
  const client = new ApiClient(ui.url, /gg_[\w-]{43}/.exec(eva.page.text)?.[0] ?? '');
  t.is((await client.get('/policy')).status, 200);
  await admin.get(path);
  t.true(admin.page.links.includes(`${path}/tokens?q=eva`));
  await admin.get(`${path}/tokens?q=eva`);
  t.regex(admin.page.text, /eva class room Operator \w{3} \d+ \w{3}, [\d:]{5} no end \w{3} \d+ \w{3}, [\d:]{5}/);
  await admin.get(`${path}/edit?name=eva`);
  await admin.submit(`${path}/edit?name=eva`, { role: 'viewer', password: PASSWORD });
  await admin.get(`${path}/tokens`);
  t.regex(admin.page.text, /eva class room Viewer/, 'never more than its user may');
  const revoke = admin.page.links.find((link) => link.startsWith(`${path}/tokens/revoke`)) ?? '';
  await admin.get(revoke);
  t.regex(admin.page.text, /token class room of eva is refused/);
  await admin.submit(`${path}/tokens/revoke`, {});
  t.is((await client.get('/policy')).status, 401);
  t.regex(admin.page.text, /Token revoked\. .*Nobody has a token/);
  const again = await loggedIn(ui, 'eva');
  await again.get(`${path}/tokens`);
  t.is(again.status, 403);
});

test('the bar on top says who is logged in as what', async (t) => {
  const ui = await readyUi(t);
  await addUser(ui, 'eva', 'viewer');
  await ui.admin.get('/');
  t.regex(ui.admin.page.text, /admin Administrator Log out/);
  t.regex((await loggedIn(ui, 'eva')).page.text, /eva Viewer Log out/);
});

test('Logs → Changes tells who changed what, from where, and filters', async (t) => {
  const ui = await readyUi(t);
  await addUser(ui, 'eva', 'viewer');
  await ui.admin.get('/logs/changes');
  t.regex(ui.admin.page.text, /admin 127\.0\.0\.1 added user eva \(viewer\)/);
  await ui.admin.get('/logs/changes?q=nobody did this');
  t.regex(ui.admin.page.text, /Nothing here holds/);
});

for (const [path, field, value] of [
  ['/network', 'domain', 'office'],
  ['/services/ssh', 'port', '2222'],
  ['/services/time', 'servers', 'ntp.example.org'],
] as const)
  test(`two browsers save ${path} at once: the second is told, and loses nothing`, async (t) => {
    const ui = await readyUi(t);
    const other = ui.browser();
    await other.get('/login');
    await other.submit('/login', { user: 'admin', password: PASSWORD });
    await other.get(path);
    await ui.admin.get(path);
    await ui.admin.submit(path, {});
    await other.submit(path, { [field]: value });
    t.regex(other.page.text, /Somebody else saved a change while you were here/);
    t.true(other.page.html.includes(value));
    await other.submit(path, { [field]: value });
    t.regex(other.page.text, /Saved/);
  });

test('after the console’s reset the others log in beside the one who types the code', async (t) => {
  const ui = await readyUi(t);
  await addUser(ui, 'eva', 'viewer');
  await ui.lab.root('admin.reset', {});
  const browser = ui.browser();
  await browser.get('/');
  t.is(browser.path, '/setup');
  t.true(browser.page.links.includes('/login'));
  await browser.get('/login');
  t.true(browser.page.links.includes('/setup'));
  await browser.submit('/login', { user: 'eva', password: OTHER });
  t.is(browser.path, '/');
  t.regex(browser.page.text, /eva/);
  const owner = ui.browser();
  await owner.get('/setup');
  await owner.submit('/setup', { code: await ui.lab.code() });
  await owner.submit('/setup', { password: 'a wholly new one', again: 'a wholly new one' });
  await owner.get(path);
  t.regex(owner.page.text, /eva Viewer/);
  await browser.get('/setup');
  t.is(browser.path, '/');
});
