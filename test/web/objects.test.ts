import test from 'ava';
import { handbookEdits } from '../lib/handbook.ts';
import { readyUi, type Ui } from './ui.ts';

const policyOf = async ({ lab }: Ui) => (await lab.web('policy.get', {}, lab.token)).policy;
const base = '/firewall/objects';

test('the handbook objects are made by their forms', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await admin.get(`${base}/addresses`);
  t.regex(admin.page.text, /Make the first address/);
  for (const [name, value] of [
    ['MailAccess', '192.168.51.0/255.255.255.224'],
    ['WebAccess', '192.168.51.32/255.255.255.224'],
  ] as const) {
    await admin.get(`${base}/addresses/new`);
    await admin.submit('', { name, value });
    t.is(admin.path, `${base}/addresses`);
  }
  await admin.get(`${base}/services/new`);
  await admin.submit('', { name: 'GreengateProxy', protocol: 'tcp', ports: '800' });
  await admin.get(`${base}/service-groups/new`);
  await admin.submit('', { name: 'MailingServices', add: 'POP3', step: 'add' });
  t.regex(admin.page.text, /POP3 TCP 110/);
  await admin.submit('', { add: 'SMTP', step: 'save' }, ['step']);
  t.is(admin.path, `${base}/service-groups`, 'a member that was chosen but not added is taken along');
  t.regex(admin.page.text, /MailingServices POP3, SMTP/);
  t.like(await policyOf(ui), {
    addresses: [
      { name: 'MailAccess', value: '192.168.51.0/27', remark: '' },
      { name: 'WebAccess', value: '192.168.51.32/27', remark: '' },
    ],
    services: [{ name: 'GreengateProxy', protocol: 'tcp', ports: '800' }],
    serviceGroups: [{ name: 'MailingServices', members: [{ name: 'POP3' }, { name: 'SMTP' }] }],
  });
});

test('faults stand beside their fields and everything typed stays', async (t) => {
  const ui = await readyUi(t);
  const { admin } = ui;
  await admin.get(`${base}/addresses/new`);
  await admin.submit('', { name: 'x'.repeat(10_000), value: '192.168.51.0/33', remark: 'kept' });
  t.is(admin.status, 422);
  t.is(admin.page.errors.name, 'At most 200 characters.');
  t.regex(admin.page.errors.value ?? '', /Not a netmask/);
  t.is(new Map(admin.page.forms.at(-1)?.fields).get('remark'), 'kept');
  await admin.submit('', { name: 'GREEN network', value: '10.0.0.1' });
  t.regex(admin.page.errors.name ?? '', /name of a default network/);
  await admin.get(`${base}/services/new`);
  await admin.submit('', { name: 'Odd', protocol: 'udp', ports: '80-20' });
  t.regex(admin.page.errors.ports ?? '', /Not a port/);
  await admin.get(`${base}/service-groups/new`);
  await admin.submit('', { name: 'Empty', step: 'save' }, ['step']);
  t.is(admin.page.errors.members, 'A group needs at least one enabled member.');
});

test('an object in use says where, cannot be deleted, and its new name is followed', async (t) => {
  const ui = await readyUi(t);
  for (const edit of handbookEdits) await ui.edit(edit);
  const { admin } = ui;
  await admin.get(`${base}/addresses`);
  t.regex(
    admin.page.text,
    /MailAccess Network 192\.168\.51\.0\/27 1 rule rule 1 “MailAccess PCs can use MailingServices”/,
  );
  t.true(admin.page.links.includes('/firewall/bot/rules/r1'));
  await admin.get(`${base}/addresses/delete?name=MailAccess`);
  t.regex(admin.page.text, /cannot be deleted while it is in use/);
  await admin.submit(`${base}/addresses/delete`, { name: 'MailAccess' });
  t.regex(admin.page.text, /“MailAccess” is in use by rule 1/);
  t.is((await policyOf(ui)).addresses.length, 2);
  await admin.get(`${base}/addresses/edit?name=MailAccess`);
  await admin.submit('', { name: 'Post / mail & <b>' });
  t.like((await policyOf(ui)).rules[0], { source: { kind: 'address', name: 'Post / mail & <b>' } });
  await ui.edit({ do: 'deleteRule', id: 'r1' });
  await admin.get(`${base}/addresses/delete?name=${encodeURIComponent('Post / mail & <b>')}`);
  await admin.submit(`${base}/addresses/delete`, {});
  t.is((await policyOf(ui)).addresses.length, 1);
});

test('members of a group are switched off and removed', async (t) => {
  const ui = await readyUi(t);
  for (const edit of handbookEdits) await ui.edit(edit);
  const { admin } = ui;
  await admin.get(`${base}/service-groups/edit?name=MailingServices`);
  await admin.submit('', { enabled: ['0'], step: 'save' }, ['step']);
  t.regex(admin.page.text, /Rules that change/);
  await admin.submit('', { step: 'confirm' });
  t.deepEqual((await policyOf(ui)).serviceGroups[0]?.members, [
    { name: 'POP3', kind: 'object', enabled: true },
    { name: 'SMTP', kind: 'object', enabled: false },
  ]);
  await admin.get(`${base}/service-groups/edit?name=MailingServices`);
  await admin.submit('', { remove: '0' });
  t.notRegex(admin.page.text, /POP3 TCP 110/);
  await admin.submit('', { enabled: ['0'], step: 'save' }, ['step']);
  await admin.submit('', { step: 'confirm' });
  t.deepEqual((await policyOf(ui)).serviceGroups[0]?.members, [{ name: 'SMTP', kind: 'object', enabled: true }]);
});

test('default services and networks are shown, without a way to change them', async (t) => {
  const { admin } = await readyUi(t);
  await admin.get(`${base}/default-services?q=pop3`);
  t.regex(admin.page.text, /POP3 TCP 110/);
  await admin.get(`${base}/default-networks`);
  t.regex(admin.page.text, /GREEN Network Network 192\.168\.51\.0\/24/);
  t.false(admin.page.links.some((link) => link.includes('/edit') || link.includes('/delete')));
});
