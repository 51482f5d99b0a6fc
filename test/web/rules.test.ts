import test from 'ava';
import { PASSWORD } from '../agent/lab.ts';
import { handbookEdits } from '../lib/handbook.ts';
import { fillMany } from './fill.ts';
import { readyUi, type Ui } from './ui.ts';

const policyOf = async ({ lab }: Ui) => (await lab.web('policy.get', {}, lab.token)).policy;

const withObjects = async (t: Parameters<typeof readyUi>[0]) => {
  const ui = await readyUi(t);
  for (const edit of handbookEdits.slice(0, 4)) await ui.edit(edit);
  return ui;
};

test('a rule is edited in place, copied, switched, logged, moved and deleted', async (t) => {
  const ui = await withObjects(t);
  for (const edit of handbookEdits.slice(4)) await ui.edit(edit);
  const { admin } = ui;
  const remarks = async () => (await policyOf(ui)).rules.map(({ remark }) => remark.split(' ')[0]);
  await admin.get('/firewall/bot/rules/r1');
  await admin.submit('', { remark: 'Edited', step: 'next' });
  await admin.submit('', { step: 'save' });
  t.deepEqual(await remarks(), ['Edited', 'WebAccess'], 'it stays where it was');

  await admin.get('/firewall/bot/rules/new?copy=r1');
  t.is(new Map(admin.page.forms.at(-1)?.fields).get('sourcePick'), 'MailAccess');

  await admin.get('/firewall/bot');
  const act = async (path: string, fields: Record<string, string>) => {
    const form = admin.page.forms.find((one) => one.action === '/firewall/bot' && one.method === 'post');
    await admin.post(path, new URLSearchParams([...(form?.fields ?? []), ...Object.entries(fields)]));
    t.is(admin.path, '/firewall/bot');
  };
  await act('/firewall/bot/rules/r1/toggle', { enabled: 'no' });
  await act('/firewall/bot/rules/r1/toggle', { log: 'yes' });
  t.like((await policyOf(ui)).rules[0], { id: 'r1', enabled: false, log: true });
  await act('/firewall/bot/rules/r1/move', { position: '1' });
  t.deepEqual(await remarks(), ['WebAccess', 'Edited']);

  await admin.get('/firewall/bot/rules/r1/delete');
  t.regex(admin.page.text, /MailAccess .* may use MailingServices/);
  await admin.submit('/firewall/bot/rules/r1/delete', {});
  t.deepEqual(await remarks(), ['WebAccess']);
  t.regex(admin.page.text, /Rule deleted/);
});

test('what happened to a rule meanwhile is said, not hidden', async (t) => {
  const ui = await withObjects(t);
  for (const edit of handbookEdits.slice(4)) await ui.edit(edit);
  await ui.admin.get('/firewall/bot');
  const fields = ui.admin.page.forms.find((one) => one.action === '/firewall/bot' && one.method === 'post')?.fields;
  await ui.edit({ do: 'deleteRule', id: 'r1' });
  await ui.admin.post('/firewall/bot/rules/r1/toggle', new URLSearchParams([...(fields ?? []), ['enabled', 'no']]));
  t.regex(ui.admin.page.text, /not there any more/);
  await ui.admin.get('/firewall/bot/rules/r1');
  t.is(ui.admin.status, 404);
});

test('2000 rules page and filter on the server, each page below 100 KB, the default action last', async (t) => {
  const ui = await readyUi(t);
  await fillMany(ui, 2000);
  const { admin } = ui;
  await admin.get('/firewall/bot');
  t.true(admin.page.html.length < 100_000, `${admin.page.html.length}`);
  t.regex(admin.page.text, /Workplace 50 may work/);
  t.notRegex(admin.page.text, /Workplace 51 may work|Default action/);
  await admin.get('/firewall/bot?page=40');
  t.regex(admin.page.text, /Workplace 2000 may work .* Default action/);
  await admin.get('/firewall/bot?q=workplace+1234');
  t.regex(admin.page.text, /Workplace 1234 may work/);
  t.regex(admin.page.text, /1 found in 2 000/);
  await admin.get('/firewall/bot?page=999999&q=');
  t.is(admin.status, 200);
  await admin.get('/firewall/objects/addresses?page=3');
  t.true(admin.page.html.length < 100_000);
});

test('BOT is enabled and disabled from the page; disabling asks for the password', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await admin.get('/firewall/bot');
  t.regex(admin.page.text, /BOT is not configured yet/);
  await admin.submit('/firewall/bot/enable', {});
  t.regex(admin.page.text, /BOT was not enabled\. .*MAC address/);
  await admin.get('/firewall/bot/settings');
  t.is(
    new Map(admin.page.forms.at(-1)?.fields).get('adminMac'),
    '00:16:3e:00:00:25',
    'prefilled with what the box sees',
  );
  t.is(new Map(admin.page.forms.at(-1)?.fields).get('uiPort'), '445');
  await admin.submit('/firewall/bot/settings', {});
  const offer = admin.page.forms.find(({ fields }) => fields.some(([name]) => name === 'offer'));
  await admin.post('/firewall/bot/enable', new URLSearchParams(offer?.fields));
  t.regex(admin.page.text, /BOT is on: nothing leaves GREEN/);
  t.true((await policyOf(ui)).settings.enabled);
  await admin.get('/firewall/bot/disable');
  await admin.submit('/firewall/bot/disable', { password: 'wrong' });
  t.is(admin.page.errors.password, 'The password is wrong.');
  t.true((await policyOf(ui)).settings.enabled);
  await admin.submit('/firewall/bot/disable', { password: PASSWORD });
  t.false((await policyOf(ui)).settings.enabled);
  await admin.get('/logs/proxy');
  t.regex(admin.page.text, /BOT is off: GREEN reaches RED freely/, 'the bar is on every page');
});

test('a wrong Admin MAC is asked about once while BOT is on, and can be saved', async (t) => {
  const ui = await readyUi(t, { block: true });
  const { admin } = ui;
  await admin.get('/firewall/bot/settings');
  await admin.submit('/firewall/bot/settings', { adminMac: 'not a MAC' });
  t.regex(admin.page.errors.adminMac ?? '', /Not a MAC address/);
  await admin.submit('/firewall/bot/settings', { adminMac: '02-00-00-00-00-99' });
  t.regex(admin.page.text, /This would lock this computer out.*iptables -F BOT_INPUT/);
  t.is((await policyOf(ui)).settings.adminMac, '00:16:3e:00:00:25');
  await admin.submit('/firewall/bot/settings', { sure: 'yes' });
  t.is((await policyOf(ui)).settings.adminMac, '02:00:00:00:00:99');
});

test('released at the console is said on every page', async (t) => {
  const ui = await readyUi(t, { block: true });
  ui.lab.twin.released = true;
  await ui.admin.get('/network');
  t.regex(ui.admin.page.text, /BOT was released at the console/);
});

test('enabling BOT from a computer that is no administrator’s is asked about first, and keeps what was chosen', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await ui.edit({ do: 'section', section: 'settings', value: { adminMac: '02:00:00:00:00:99' } });
  await admin.get('/firewall/bot');
  const offer = admin.page.forms.find(({ fields }) => fields.some(([name]) => name === 'offer'));
  await admin.post('/firewall/bot/enable', new URLSearchParams(offer?.fields));
  t.regex(admin.page.text, /This would lock this computer out.*127\.0\.0\.1 with the MAC 00:16:3e:00:00:25/);
  t.false((await policyOf(ui)).settings.enabled);
  const asked = admin.page.forms.find(({ fields }) => fields.some(([name]) => name === 'offer'))?.fields ?? [];
  await admin.post('/firewall/bot/enable', new URLSearchParams(asked));
  t.false((await policyOf(ui)).settings.enabled, 'without the tick it is asked again');
  await admin.post('/firewall/bot/enable', new URLSearchParams([...asked, ['sure', 'on']]));
  t.true((await policyOf(ui)).settings.enabled);
  t.true((await policyOf(ui)).rules.some(({ remark }) => /may use DNS/.test(remark)));
});
