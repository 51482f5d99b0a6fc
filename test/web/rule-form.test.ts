import test, { type ExecutionContext } from 'ava';
import type { Edit } from '../../src/policy/edit.ts';
import { handbookEdits } from '../lib/handbook.ts';
import { hostile } from './fill.ts';
import { readyUi, type Ui } from './ui.ts';

const NEW = '/firewall/bot/rules/new';
const policyOf = async ({ lab }: Ui) => (await lab.web('policy.get', {}, lab.token)).policy;

const withObjects = async (t: ExecutionContext, rules = false) => {
  const ui = await readyUi(t);
  for (const edit of handbookEdits.slice(0, rules ? undefined : 4)) await ui.edit(edit);
  return ui;
};

type Ready = Awaited<ReturnType<typeof readyUi>>;
const fieldsIn = ({ admin }: Ready) => new Map(admin.page.forms.at(-1)?.fields);
/** The form, filled in and sent on to the review. */
const next = async ({ admin }: Ready, fields: Record<string, string>, path = NEW) => {
  await admin.get(path);
  await admin.submit('', { ...fields, step: 'next' });
};
const advanced: Edit = { do: 'section', section: 'settings', value: { advancedMode: true } };

test('the handbook rule: form, review in plain words with what changes, save', async (t) => {
  const ui = await withObjects(t);
  const { admin } = ui;
  await admin.get('/firewall/bot');
  t.true(admin.page.links.includes(NEW));
  const remark = 'WebAccess PCs can access the proxy';
  await next(ui, {
    source: 'pick',
    sourcePick: 'WebAccess',
    destination: 'greengate',
    servicePick: 'GreengateProxy',
    remark,
  });
  t.is(admin.page.title, 'Review rule · Greengate');
  t.regex(admin.page.text, /WebAccess may use Greengate itself by GreengateProxy \(TCP 800\)/);
  t.regex(admin.page.text, /may reach any web site through the proxy/);
  t.regex(admin.page.text, /What changes WebAccess may now also use Greengate itself by GreengateProxy\./);
  t.regex(admin.page.text, /Rule 1, the last one\. Remark: WebAccess PCs/);
  t.deepEqual(admin.page.forms.at(-1)?.buttons, ['Save rule', 'Back']);
  t.is((await policyOf(ui)).rules.length, 0, 'the review saves nothing');
  await admin.submit('', { step: 'save' });
  t.is(admin.path, '/firewall/bot');
  t.regex(admin.page.text, /Rule saved/);
  const [rule] = (await policyOf(ui)).rules;
  t.like(rule, { source: { kind: 'address', name: 'WebAccess' }, destination: { kind: 'greengate' }, remark });
});

test('a mail rule does not speak of the proxy, a rule that denies neither; log only says that it decides nothing', async (t) => {
  const ui = await withObjects(t);
  await next(ui, { servicePick: 'MailingServices' });
  t.regex(ui.admin.page.text, /Any host on GREEN may reach any address outside by MailingServices \(POP3, SMTP\)/);
  t.notRegex(ui.admin.page.text, /through the proxy/);
  await next(ui, { destination: 'greengate', service: 'any', action: 'reject' });
  t.regex(ui.admin.page.text, /may not use \(rejected\) Greengate itself by any service/);
  t.notRegex(ui.admin.page.text, /through the proxy/);
  await next(ui, { service: 'any', action: 'log' });
  t.regex(ui.admin.page.text, /is logged .*lets nothing through and stops nothing: it only writes to the log/);
});

test('faults stand beside their fields and everything typed stays', async (t) => {
  const ui = await withObjects(t);
  await ui.edit(advanced);
  const typed = {
    source: 'pick',
    sourcePick: '192.168.51.999',
    sourcePorts: '0',
    destination: 'pick',
    destinationPick: '',
    service: 'pick',
    servicePick: 'No such <b>service</b>',
    remark: 'x'.repeat(10_000),
    heading: 'y'.repeat(81),
    log: 'on',
    expiry: 'until',
    expiryDate: '2026-02-30',
    position: '7',
    limitFor: 'log',
    limitRate: 'many',
    limitBurst: '0',
    frame: 'month',
    monthFrom: '0',
    monthTo: '',
    frameStart: '25:00',
    frameEnd: '',
  };
  await next(ui, typed);
  t.is(ui.admin.status, 422);
  const { errors } = ui.admin.page;
  t.regex(errors.sourcePick ?? '', /Not an address/);
  t.regex(errors.sourcePorts ?? '', /Not a port/);
  t.regex(errors.destinationPick ?? '', /Choose an address or a group/);
  t.is(errors.remark, 'At most 200 characters.');
  t.is(errors.heading, 'At most 80 characters.');
  t.regex(errors.expiryDate ?? '', /Not a date/);
  t.regex(errors.position ?? '', /number from 1 to 1/);
  t.is(errors.limitRate, 'Not a number. Write a whole number.');
  t.is(errors.limitBurst, 'At least 1.');
  t.regex(errors.monthFrom ?? '', /Days are 1 to 31/);
  t.regex(errors.frameStart ?? '', /Not a time/);
  t.regex(errors.frameEnd ?? '', /Not a time/);
  const kept = fieldsIn(ui);
  for (const [name, value] of Object.entries(typed)) if (name !== 'position') t.is(kept.get(name), value, name);
  await next(ui, { servicePick: typed.servicePick });
  t.regex(ui.admin.page.errors.servicePick ?? '', /^No service is called “No such <b>service<\/b>”/);
});

test('ports, MACs and masks that cannot be are told at their fields', async (t) => {
  const ui = await withObjects(t);
  await ui.edit(advanced);
  const faultOf = async (fields: Record<string, string>) => {
    await next(ui, { service: 'any', ...fields });
    t.is(ui.admin.status, 422, JSON.stringify(fields));
    return ui.admin.page.errors;
  };
  const to = (destinationPick: string) => faultOf({ destination: 'pick', destinationPick });
  t.regex((await to('00:16:3e:12:34:56')).destinationPick ?? '', /cannot be a destination/);
  t.regex((await to('203.0.113.0/255.0.255.0')).destinationPick ?? '', /Not a netmask/);
  t.regex((await to('nobody')).destinationPick ?? '', /Nothing is called “nobody”/);
  t.regex((await to('x'.repeat(10_000))).destinationPick ?? '', /At most 200 characters/);
  t.regex((await faultOf({ source: 'pick', sourcePick: 'www.example.org' })).sourcePick ?? '', /only be a destination/);
  t.regex(
    (await faultOf({ service: 'newService', serviceNewName: 'Odd', serviceNewPorts: '65536' })).serviceNewPorts ?? '',
    /Not a port/,
  );
  t.regex(
    (await faultOf({ service: 'newService', serviceNewName: 'Odd', serviceNewPorts: '0' })).serviceNewPorts ?? '',
    /Not a port/,
  );
  t.regex(
    (await faultOf({ servicePick: 'SSH', service: 'pick', sourcePorts: '65536' })).sourcePorts ?? '',
    /Not a port/,
  );
  t.regex((await faultOf({ sourceInvert: 'on' })).sourceInvert ?? '', /needs something to leave out/);
  t.regex((await faultOf({ invertSourcePorts: 'on' })).invertSourcePorts ?? '', /needs ports/);
  t.deepEqual(ui.reports, []);
});

test('the position decides where the rule goes; Back keeps the form', async (t) => {
  const ui = await withObjects(t, true);
  const { admin } = ui;
  await next(ui, { servicePick: 'SSH', remark: 'mine', position: '1' });
  t.regex(admin.page.text, /Rule 1, before “ ?MailAccess PCs can use MailingServices ?”/);
  await admin.submit('', { step: 'back' });
  t.is(fieldsIn(ui).get('remark'), 'mine');
  t.is(fieldsIn(ui).get('position'), '1');
  await admin.submit('', { step: 'next' });
  await admin.submit('', { step: 'save' });
  const remarks = async () => (await policyOf(ui)).rules.map(({ remark }) => remark.split(' ')[0]);
  t.deepEqual(await remarks(), ['mine', 'MailAccess', 'WebAccess']);
  await next(ui, { position: '3' }, '/firewall/bot/rules/r3');
  await admin.submit('', { step: 'save' });
  t.deepEqual(await remarks(), ['MailAccess', 'WebAccess', 'mine']);
});

test('an address, a group and a service are made with the rule, as one change', async (t) => {
  const ui = await withObjects(t);
  const { admin } = ui;
  await next(ui, {
    source: 'newGroup',
    sourceGroupName: 'Teachers',
    sourceGroupMembers: 'MailAccess\r\n192.168.51.77\n\n00:16:3E:00:00:09\r\nmailaccess\n',
    destination: 'newAddress',
    destinationAddressName: 'School cloud',
    destinationAddressValue: '203.0.113.0/255.255.255.240',
    service: 'newService',
    serviceNewName: 'Cloud sync',
    serviceNewProtocol: 'tcp',
    serviceNewPorts: '8443, 9000-9010',
    serviceNewIcmp: 'left behind',
  });
  t.is(admin.status, 200, JSON.stringify(admin.page.errors));
  t.regex(admin.page.text, /Made with it Address 192\.168\.51\.77 : 192\.168\.51\.77/);
  t.regex(admin.page.text, /Service Cloud sync : TCP 8443, 9000-9010/);
  t.regex(admin.page.text, /Teachers may reach School cloud outside by Cloud sync \(TCP 8443, 9000-9010\)/);
  const { revision } = await ui.lab.web('policy.get', {}, ui.lab.token);
  await admin.submit('', { step: 'save' });
  t.regex(admin.page.text, /Rule saved/);
  const after = await ui.lab.web('policy.get', {}, ui.lab.token);
  t.is(after.revision, revision + 1, 'one change');
  t.like(after.policy.rules[0], {
    source: { kind: 'group', name: 'Teachers' },
    destination: { kind: 'address', name: 'School cloud' },
    service: { kind: 'service', name: 'Cloud sync' },
  });
  t.deepEqual(
    after.policy.addressGroups[0]?.members.map(({ name, kind }) => [name, kind]),
    [
      ['MailAccess', 'object'],
      ['192.168.51.77', 'object'],
      ['00:16:3E:00:00:09', 'object'],
    ],
  );
  t.is(after.policy.addresses.find(({ name }) => name === 'School cloud')?.value, '203.0.113.0/28');
  await next(ui, {
    source: 'newGroup',
    sourceGroupName: 'Staff',
    sourceGroupMembers: 'Teachers',
    service: 'newGroup',
    serviceGroupName: 'Everything useful',
    serviceGroupMembers: 'MailingServices\nSSH',
  });
  await admin.submit('', { step: 'save' });
  t.deepEqual(
    (await policyOf(ui)).serviceGroups[1]?.members.map(({ name, kind }) => [name, kind]),
    [
      ['MailingServices', 'group'],
      ['SSH', 'object'],
    ],
  );
});

test('what is made on the spot tells its faults at its own fields, and nothing is saved of it', async (t) => {
  const ui = await withObjects(t);
  await next(ui, {
    source: 'newAddress',
    sourceAddressName: 'mailACCESS',
    sourceAddressValue: '192.168.51.1-192.168.51.9',
    service: 'newService',
    serviceNewName: 'New',
    serviceNewPorts: '25',
  });
  t.regex(ui.admin.page.errors.sourceAddressName ?? '', /name is taken/);
  await ui.admin.submit('', {
    sourceAddressName: '',
    sourceAddressValue: '192.168.51.0/33',
    serviceNewName: ' ',
    step: 'next',
  });
  t.is(ui.admin.page.errors.sourceAddressName, 'The new address needs a name.');
  t.regex(ui.admin.page.errors.sourceAddressValue ?? '', /Not a netmask|Not an address/);
  t.is(ui.admin.page.errors.serviceNewName, 'The new service needs a name.');
  t.is(fieldsIn(ui).get('serviceNewPorts'), '25');
  await next(ui, {
    source: 'newGroup',
    sourceGroupName: 'G',
    sourceGroupMembers: 'MailAccess\nnobody',
    service: 'any',
  });
  t.regex(ui.admin.page.errors.sourceGroupMembers ?? '', /nobody/);
  await next(ui, { source: 'newGroup', sourceGroupName: '', sourceGroupMembers: '', service: 'any' });
  t.regex(ui.admin.page.errors.sourceGroupName ?? '', /needs a name/);
  t.truthy(ui.admin.page.errors.sourceGroupMembers);
  const { addresses, services, rules } = await policyOf(ui);
  t.deepEqual([addresses.length, services.length, rules.length], [2, 1, 0]);
});

test('names with markup, quotes and right-to-left letters are made and come back as they are', async (t) => {
  const ui = await withObjects(t);
  for (const name of [hostile.markup, hostile.rtl, hostile.template, `quote " ' \u200f mark`]) {
    await next(ui, {
      source: 'newAddress',
      sourceAddressName: name,
      sourceAddressValue: '192.168.51.90',
      service: 'any',
      remark: name.slice(0, 40),
    });
    t.is(ui.admin.status, 200, JSON.stringify(ui.admin.page.errors));
    t.true(ui.admin.page.text.includes(name.replace(/\s+/g, ' ')));
    t.false(ui.admin.page.html.includes('<img src=x'));
    await ui.admin.submit('', { step: 'save' });
    const policy = await policyOf(ui);
    const rule = policy.rules.at(-1);
    t.like(rule, { source: { kind: 'address', name } });
    await ui.admin.get(`/firewall/bot/rules/${rule?.id}`);
    t.is(fieldsIn(ui).get('sourcePick'), name);
    await ui.edit({ do: 'deleteRule', id: rule?.id ?? '' });
  }
});

test('a group that is called like an address keeps its own name in the list', async (t) => {
  const ui = await withObjects(t);
  await ui.edit({
    do: 'save',
    collection: 'addressGroups',
    value: { name: 'mailaccess', members: [{ name: 'WebAccess' }] },
  });
  await next(ui, { source: 'pick', sourcePick: 'mailaccess (group)', service: 'any' });
  await ui.admin.submit('', { step: 'save' });
  t.like((await policyOf(ui)).rules[0], { source: { kind: 'group', name: 'mailaccess' } });
  await ui.admin.get('/firewall/bot/rules/r1');
  t.is(fieldsIn(ui).get('sourcePick'), 'mailaccess (group)');
  await next(ui, { source: 'pick', sourcePick: 'mailaccess', service: 'any' });
  await ui.admin.submit('', { step: 'save' });
  t.like((await policyOf(ui)).rules[1], { source: { kind: 'address', name: 'MailAccess' } });
});

test('advanced mode: off it offers nothing of it but the way there; a rule that has such parts shows them all the same', async (t) => {
  const ui = await withObjects(t);
  const { admin } = ui;
  await admin.get(NEW);
  t.false(fieldsIn(ui).has('limitFor'));
  t.regex(admin.page.text, /turn on Advanced mode/);
  await admin.submit('', { remark: 'half typed', sourcePick: 'WebAccess', source: 'pick', step: 'advanced' });
  t.true((await policyOf(ui)).settings.advancedMode);
  t.is(fieldsIn(ui).get('remark'), 'half typed');
  t.true(fieldsIn(ui).has('limitFor'));
  const parts = {
    sourceInvert: 'on',
    sourcePorts: '1024-',
    servicePick: 'HTTPS',
    log: 'on',
    limitFor: 'both',
    limitRate: '30',
    limitPer: 'hour',
    limitBurst: '7',
    frame: 'week',
    frameStart: '22:00',
    frameEnd: '06:00',
  };
  await admin.submit('', { ...parts, step: 'next' }, ['day1', 'day2', 'day3', 'day4']);
  t.regex(
    admin.page.text,
    /Every host on GREEN but WebAccess from source port 1024- may reach any address outside by HTTPS/,
  );
  t.regex(admin.page.text, /on Fri from 22:00 to 06:00 of the next day/);
  t.regex(admin.page.text, /The source is inverted: the rule opens the way for every host but these/);
  t.regex(admin.page.text, /In its time frame: Everybody but WebAccess may now also/);
  await admin.submit('', { step: 'save' });
  const wanted = {
    source: { kind: 'address', name: 'WebAccess', invert: true },
    sourcePorts: '1024-',
    limit: { for: 'both', rate: 30, per: 'hour', burst: 7 },
    frame: { days: { kind: 'week', days: [5] }, start: '22:00', end: '06:00' },
  };
  t.like((await policyOf(ui)).rules[0], wanted);
  await ui.edit({ do: 'section', section: 'settings', value: { advancedMode: false } });
  await admin.get('/firewall/bot/rules/r1');
  t.regex(admin.page.text, /Advanced mode is off\. This rule has advanced parts; they are in force all the same/);
  await admin.submit('', { remark: 'Edited', step: 'next' });
  await admin.submit('', { step: 'save' });
  t.like((await policyOf(ui)).rules[0], { ...wanted, remark: 'Edited' });
});

test('days of the month and both inversions go through the form and back', async (t) => {
  const ui = await withObjects(t);
  await ui.edit(advanced);
  await next(ui, {
    destination: 'pick',
    destinationPick: '203.0.113.0/24',
    destinationInvert: 'on',
    servicePick: 'SSH',
    serviceInvert: 'on',
    sourcePorts: '80',
    invertSourcePorts: 'on',
    frame: 'month',
    monthFrom: '25',
    monthTo: '5',
  });
  await ui.admin.submit('', { step: 'save' });
  await next(ui, {}, '/firewall/bot/rules/r1');
  t.regex(
    ui.admin.page.text,
    /everything but 203\.0\.113\.0\/24 outside by every service but SSH.* from day 25 to 5 of the month/,
  );
  await ui.admin.submit('', { step: 'save' });
  t.like((await policyOf(ui)).rules[0], {
    destination: { kind: 'typed', value: '203.0.113.0/24', invert: true },
    service: { kind: 'service', name: 'SSH', invert: true },
    invertSourcePorts: true,
    frame: { days: { kind: 'month', from: 25, to: 5 }, start: '08:00', end: '17:00' },
  });
});
