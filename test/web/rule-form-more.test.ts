import test, { type ExecutionContext } from 'ava';
import { handbookEdits } from '../lib/handbook.ts';
import { readyUi, type Ui } from './ui.ts';

const NEW = '/firewall/bot/rules/new';
const policyOf = async ({ lab }: Ui) => (await lab.web('policy.get', {}, lab.token)).policy;
const clock = () => Math.floor(Date.now() / 1000);

const withRules = async (t: ExecutionContext) => {
  const ui = await readyUi(t);
  for (const edit of handbookEdits) await ui.edit(edit);
  return ui;
};

type Ready = Awaited<ReturnType<typeof readyUi>>;
const fieldsIn = ({ admin }: Ready) => new Map(admin.page.forms.at(-1)?.fields);
const next = async ({ admin }: Ready, fields: Record<string, string>, path = NEW) => {
  await admin.get(path);
  await admin.submit('', { ...fields, step: 'next' });
};

test('a rule ends after a span, today, or at a moment in the zone of the box; what it had survives the form', async (t) => {
  const ui = await withRules(t);
  await ui.edit({ do: 'section', section: 'network', value: { timezone: 'Europe/Berlin' } });
  const expires = async () => (await policyOf(ui)).rules.at(-1)?.expires ?? 0;
  await next(ui, { servicePick: 'SSH', expiry: '30' });
  t.regex(ui.admin.page.text, /In force until .* \(Europe\/Berlin\)/);
  const before = clock();
  await ui.admin.submit('', { step: 'save' });
  t.true((await expires()) >= before + 1800 && (await expires()) < clock() + 1800 + 60);
  t.is((await expires()) % 60, 0);

  await next(ui, { servicePick: 'HTTPS', expiry: 'today' });
  await ui.admin.submit('', { step: 'save' });
  const end = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', timeStyle: 'medium' });
  t.is(end.format((await expires()) * 1000), '00:00:00');
  t.true((await expires()) > clock() && (await expires()) <= clock() + 25 * 3600);

  await next(ui, { servicePick: 'HTTP', expiry: 'until', expiryDate: '2087-07-01', expiryTime: '18:00' });
  await ui.admin.submit('', { step: 'save' });
  t.is(await expires(), Date.UTC(2087, 6, 1, 16) / 1000, 'summer time');
  const kept = (await expires()) + 17;
  const { policy } = await ui.lab.web('policy.get', {}, ui.lab.token);
  const rule = policy.rules.at(-1);
  await ui.edit({ do: 'saveRule', id: rule?.id ?? '', value: { ...rule, expires: kept } });
  await next(ui, { remark: 'again' }, `/firewall/bot/rules/${rule?.id}`);
  t.is(fieldsIn(ui).get('expiryTime'), '18:00');
  await ui.admin.submit('', { step: 'save' });
  t.is(await expires(), kept, 'seconds that the form does not show');

  await next(ui, { servicePick: 'SSH', expiry: 'until', expiryDate: '2001-01-01', expiryTime: '10:00' });
  t.regex(ui.admin.page.errors.expiryDate ?? '', /has passed/);
});

test('the same rule twice is refused with a link to the first, unless one of them is switched off', async (t) => {
  const ui = await withRules(t);
  const same = {
    source: 'pick',
    sourcePick: 'mailaccess',
    servicePick: 'MailingServices',
    remark: 'other words',
    log: 'on',
  };
  await next(ui, same);
  t.is(ui.admin.status, 422);
  t.regex(ui.admin.page.text, /Rule 1 says exactly this already/);
  t.true(ui.admin.page.links.includes('/firewall/bot/rules/r1'));
  t.is(fieldsIn(ui).get('remark'), 'other words');
  await next(ui, { ...same, action: 'drop' });
  t.regex(
    ui.admin.page.text,
    /Rule 1 .* above already decides everything that this rule speaks of: it would never be used/,
  );
  await next(ui, { ...same, expiry: '120' });
  t.is(ui.admin.status, 422, 'what ends earlier adds nothing');
  await ui.edit({ do: 'toggleRule', id: 'r1', enabled: false });
  await next(ui, same);
  t.regex(ui.admin.page.text, /Rule 1 says the same, but is switched off/);
  await next(ui, {}, '/firewall/bot/rules/r2');
  t.is(ui.admin.status, 200, 'a rule is not its own double');
});

test('a copy stands behind its rule with everything of it', async (t) => {
  const ui = await withRules(t);
  await ui.admin.get(`${NEW}?copy=r1`);
  const fields = fieldsIn(ui);
  t.is(fields.get('sourcePick'), 'MailAccess');
  t.is(fields.get('servicePick'), 'MailingServices');
  t.is(fields.get('position'), '2');
  await ui.admin.submit('', { sourcePick: 'WebAccess', step: 'next' });
  await ui.admin.submit('', { step: 'save' });
  t.deepEqual(
    (await policyOf(ui)).rules.map(({ id }) => id),
    ['r1', 'r3', 'r2'],
  );
});

test('a log line’s values become a draft: names where there are any, else a new service', async (t) => {
  const ui = await withRules(t);
  await ui.edit({ do: 'save', collection: 'addresses', value: { name: 'Reception', value: '192.168.51.70' } });
  const draft = async (query: string) => {
    await ui.admin.get(`${NEW}?${query}`);
    return Object.fromEntries(fieldsIn(ui));
  };
  t.like(await draft('source=192.168.51.70&destination=203.0.113.9&service=tcp/443&action=accept'), {
    source: 'pick',
    sourcePick: 'Reception',
    destination: 'pick',
    destinationPick: '203.0.113.9',
    service: 'pick',
    servicePick: 'HTTPS',
    action: 'accept',
  });
  t.like(await draft('source=192.168.51.71&destination=192.168.51.254&service=udp/123&action=drop'), {
    sourcePick: '192.168.51.71',
    destination: 'greengate',
    servicePick: 'Greengate NTP',
    action: 'drop',
  });
  t.like(await draft('destination=greengate&service=tcp/800'), { servicePick: 'Greengate proxy' });
  t.like(await draft('service=tcp/8443'), {
    service: 'newService',
    serviceNewName: 'TCP 8443',
    serviceNewProtocol: 'tcp',
    serviceNewPorts: '8443',
  });
  t.like(await draft('service=icmp'), { service: 'newService', serviceNewName: 'ICMP', serviceNewProtocol: 'icmp' });
  t.like(await draft('service=MailingServices&source=Reception&action=nonsense'), {
    servicePick: 'MailingServices',
    sourcePick: 'Reception',
    action: 'accept',
  });
  t.deepEqual(ui.reports, []);
});

test('two browsers: whoever comes second keeps everything typed and is told; sent again it goes through', async (t) => {
  const ui = await withRules(t);
  await next(ui, { remark: 'mine' }, '/firewall/bot/rules/r1');
  await ui.edit({ do: 'save', collection: 'addresses', value: { name: 'Other', value: '192.168.51.200' } });
  await ui.admin.submit('', { step: 'save' });
  t.is(ui.admin.status, 409);
  t.regex(ui.admin.page.text, /Somebody else saved a change/);
  t.is(fieldsIn(ui).get('remark'), 'mine');
  t.not((await policyOf(ui)).rules[0]?.remark, 'mine');
  await ui.admin.submit('', { step: 'next' });
  await ui.admin.submit('', { step: 'save' });
  t.is((await policyOf(ui)).rules[0]?.remark, 'mine');
});

test('a rule that somebody else changed or deleted while it was edited is never overwritten unseen', async (t) => {
  const ui = await withRules(t);
  await ui.admin.get('/firewall/bot/rules/r1');
  const { rules } = await policyOf(ui);
  await ui.edit({ do: 'saveRule', id: 'r1', value: { ...rules[0], action: 'reject' } });
  await ui.admin.submit('', { remark: 'mine', step: 'next' });
  t.is(ui.admin.status, 409);
  t.regex(
    ui.admin.page.text,
    /Somebody else changed this rule meanwhile\. It says now: MailAccess may not reach \(rejected\)/,
  );
  t.is(fieldsIn(ui).get('remark'), 'mine');
  await ui.admin.submit('', { step: 'next' });
  t.is(ui.admin.status, 200);
  await ui.edit({ do: 'deleteRule', id: 'r1' });
  await ui.admin.submit('', { step: 'save' });
  t.is(ui.admin.status, 409);
  t.regex(ui.admin.page.text, /Somebody deleted this rule meanwhile/);
  await ui.admin.submit(NEW, { step: 'next' });
  await ui.admin.submit('', { step: 'save' });
  t.like((await policyOf(ui)).rules[0], { remark: 'mine', action: 'accept' });
});

test('the list of hosts has what DHCP knows, by card and by address, and names are text', async (t) => {
  const ui = await withRules(t);
  ui.lab.twin.leases = async () => [
    { mac: '00:16:3e:00:00:25', address: '192.168.51.25', name: 'mail<b>room', expires: 9 },
  ];
  await ui.admin.get(NEW);
  const { html } = ui.admin.page;
  t.regex(
    html,
    /<option value="00:16:3e:00:00:25" label="mail&lt;b&gt;room, 192\.168\.51\.25" data-set="Seen on the network" data-only="source">/,
  );
  t.regex(html, /<option value="192\.168\.51\.25" label="mail&lt;b&gt;room, 00:16:3e:00:00:25"/);
  await next(ui, { source: 'pick', sourcePick: '00:16:3e:00:00:25', servicePick: 'SSH' });
  t.regex(ui.admin.page.text, /00:16:3e:00:00:25 may now also reach any address outside by SSH/);
});

test('the services of the box come first when the box is spoken of', async (t) => {
  const ui = await withRules(t);
  const at = (name: string) => ui.admin.page.html.indexOf(`<option value="${name}"`);
  await ui.admin.get(NEW);
  t.true(at('GreengateProxy') < at('Greengate proxy'));
  await ui.admin.get(`${NEW}?destination=greengate`);
  t.true(at('Greengate proxy') < at('GreengateProxy'));
  t.regex(ui.admin.page.html, /value="Greengate proxy" label="TCP 800"/);
});

test('what was typed beside another choice is told at the review', async (t) => {
  const ui = await withRules(t);
  await next(ui, { source: 'any', sourcePick: '192.168.51.9', servicePick: 'SSH' });
  t.regex(ui.admin.page.text, /“192\.168\.51\.9” was typed as well and is not used/);
});
