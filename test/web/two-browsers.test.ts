import test, { type ExecutionContext } from 'ava';
import { PASSWORD } from '../agent/lab.ts';
import type { Browser } from './browser.ts';
import { fillOffice } from './fill.ts';
import { readyUi, type Ui } from './ui.ts';

/** Two browsers at the same thing: who comes second is told, and what was typed stays. */
type Both = Ui & { admin: Browser };
const policyOf = async ({ lab }: Ui) => (await lab.web('policy.get', {}, lab.token)).policy;

const start = async (t: ExecutionContext): Promise<Both> => {
  const ui = await readyUi(t, { block: true });
  await fillOffice(ui);
  return ui;
};

const elsewhere = (ui: Ui) =>
  ui.edit({ do: 'save', collection: 'addresses', value: { name: `Other ${Math.random()}`, value: '10.0.0.2' } });

const field = ({ admin }: Both, action: string, name: string): string | undefined =>
  new Map(admin.page.forms.find((one) => one.action === action && one.method === 'post')?.fields).get(name);

test('a fault does not make a form forget how old it is', async (t) => {
  const ui = await start(t);
  const { admin } = ui;
  for (const [path, wrong, right] of [
    ['/network', { hostname: 'not a name!' }, { hostname: 'gate', domain: 'mine' }],
    ['/firewall/bot/settings', { adminMac: 'nobody' }, { adminMac: '00:16:3e:00:00:25', moreAdmins: '10.9.9.9' }],
  ] as [string, Record<string, string>, Record<string, string>][]) {
    await admin.get(path);
    await elsewhere(ui);
    await admin.submit(path, wrong);
    t.is(admin.status, 422, path);
    await admin.submit(path, right);
    t.is(admin.status, 409, path);
    t.regex(admin.page.text, /Somebody else saved a change while you were here/, path);
    for (const [name, value] of Object.entries(right)) t.is(field(ui, path, name), value, `${path} ${name}`);
    await admin.submit(path, right);
    t.is(admin.status, 200, `${path}: ${JSON.stringify(admin.page.errors)}`);
  }
});

test('network cards that somebody else exchanged meanwhile are told', async (t) => {
  const ui = await start(t);
  const { admin } = ui;
  await admin.get('/network');
  const [green = '', red = ''] = ['green', 'red'].map((name) => field(ui, '/network/cards', name));
  await ui.lab.web('nics.set', { green: red, red: green }, ui.lab.token);
  await admin.submit('/network/cards', {});
  t.is(admin.status, 409);
  t.regex(admin.page.errors.red ?? '', /Somebody else changed the cards meanwhile/);
  t.is(field(ui, '/network/cards', 'green'), green, 'the choice stays');
  await admin.submit('/network/cards', {});
  t.is(admin.status, 200);
});

test('a new port of the user interface does not go through unseen', async (t) => {
  const ui = await start(t);
  const { admin } = ui;
  await admin.get('/firewall/bot/settings');
  await elsewhere(ui);
  await admin.submit('/firewall/bot/settings', { uiPort: '4450' });
  t.is(admin.status, 409);
  t.is(field(ui, '/firewall/bot/settings', 'uiPort'), '4450');
  t.is((await policyOf(ui)).settings.uiPort, 445);
});

test('a rule that somebody changed during the review is told on the way back, too', async (t) => {
  const ui = await start(t);
  const { admin } = ui;
  await admin.get('/firewall/bot/rules/r1');
  await admin.submit('', { remark: 'mine', step: 'next' }, ['step']);
  const { id, ...rule } = (await policyOf(ui)).rules.find((one) => one.id === 'r1') ?? { id: '' };
  await ui.edit({ do: 'saveRule', id, value: { ...rule, action: 'drop' } });
  await admin.submit('', { step: 'back' }, ['step']);
  t.is(admin.status, 409);
  t.regex(admin.page.text, /Somebody else changed this rule meanwhile\. It says now: MailAccess may not reach/);
  t.is(field(ui, '', 'remark'), 'mine');
});

test('a place typed wrong does not make the move forget how old the list was', async (t) => {
  const ui = await start(t);
  const { admin } = ui;
  await admin.get('/firewall/bot/selected?do=move&rule=r1');
  await ui.edit({ do: 'deleteRule', id: 'r2' });
  await admin.submit('/firewall/bot/selected/done', { where: 'position', number: '99' });
  t.is(admin.status, 422);
  await admin.submit('/firewall/bot/selected/done', { where: 'position', number: '1' });
  t.regex(admin.page.text, /Somebody else saved a change meanwhile.* You wanted to move rule 2 to position 1/);
});

test('a host that somebody else blocked meanwhile is not blocked over it unseen', async (t) => {
  const ui = await start(t);
  const { admin } = ui;
  await admin.get('/firewall/blocks/new?host=192.168.51.25');
  await ui.edit({ do: 'block', host: '192.168.51.25', action: 'drop', until: null, by: 'eva', remark: 'For good' });
  await admin.submit('/firewall/blocks/new', { by: 'address', action: 'accept', expiry: '30', remark: 'mine' });
  t.is(admin.status, 409);
  t.regex(
    admin.page.text,
    /This host is blocked already by admin : “ For good ”\. What you choose here takes its place/,
  );
  t.is(field(ui, '/firewall/blocks/new', 'remark'), 'mine');
  t.like((await policyOf(ui)).blocks, [{ action: 'drop', remark: 'For good' }]);
  await admin.submit('/firewall/blocks/new', {});
  t.like((await policyOf(ui)).blocks, [{ action: 'accept', remark: 'mine' }]);
});

test('a user whose role somebody else changed meanwhile keeps it until that was seen', async (t) => {
  const ui = await start(t);
  const { admin } = ui;
  const save = (role: 'viewer' | 'operator', create: boolean) =>
    ui.lab.web(
      'users.save',
      { name: 'eva', role, create, password: PASSWORD, ...(create ? { newPassword: 'a long password' } : {}) },
      ui.lab.token,
    );
  await save('viewer', true);
  const path = '/system/users/edit?name=eva';
  await admin.get(path);
  await save('operator', false);
  await admin.submit(path, { role: 'administrator', password: PASSWORD });
  t.is(admin.page.errors.role, 'Somebody else made this user operator meanwhile. Choose the role again.');
  t.is(field(ui, path, 'role'), 'administrator');
  await admin.submit(path, { role: 'administrator', password: PASSWORD });
  t.regex(admin.page.text, /User eva changed/);
});

test('a fixed lease is deleted as it was seen, and comes back', async (t) => {
  const ui = await start(t);
  const { admin } = ui;
  const lease = (mac: string, address: string) => ({ mac, address, name: '', remark: '' });
  const fixed = [lease('00:16:3e:00:00:71', '192.168.51.71'), lease('00:16:3e:00:00:72', '192.168.51.72')];
  const set = (list: typeof fixed) => ui.edit({ do: 'section', section: 'dhcp', value: { fixed: list } });
  await set(fixed);
  await admin.get('/services/dhcp/lease?mac=00:16:3e:00:00:71');
  const third = lease('00:16:3e:00:00:73', '192.168.51.73');
  await set([...fixed, third]);
  const sent = () => admin.page.forms.find(({ action }) => action === '/services/dhcp/lease')?.fields;
  await admin.post('/services/dhcp/lease/delete', new URLSearchParams(sent()));
  t.is(admin.status, 409);
  t.is((await policyOf(ui)).dhcp.fixed.length, 3);
  await admin.post('/services/dhcp/lease/delete', new URLSearchParams(sent()));
  t.regex(admin.page.text, /Fixed lease deleted\. Undo/);
  const fourth = lease('00:16:3e:00:00:74', '192.168.51.74');
  await set([...(await policyOf(ui)).dhcp.fixed, fourth]);
  await admin.submit('/undo', {});
  t.regex(admin.page.text, /The fixed lease is back/);
  t.deepEqual((await policyOf(ui)).dhcp.fixed, [...fixed, third, fourth], 'with what came meanwhile');
});

test('ready-made rules that were ticked stay so when somebody else saved', async (t) => {
  const ui = await start(t);
  const { admin } = ui;
  await admin.get('/firewall/bot/ready-made');
  await elsewhere(ui);
  await admin.submit('/firewall/bot/ready-made', { starter: 'ntp' });
  t.is(admin.status, 409);
  const { fields = [] } = admin.page.forms.find(({ action }) => action === '/firewall/bot/ready-made') ?? {};
  t.true(fields.some(([name, value]) => name === 'starter' && value === 'ntp'));
  await admin.submit('/firewall/bot/ready-made', {});
  t.regex(admin.page.text, /1 rule added/);
});
