import test from 'ava';
import { handbookEdits } from '../lib/handbook.ts';
import { readyUi, type Ui } from './ui.ts';

const policyOf = async ({ lab }: Ui) => (await lab.web('policy.get', {}, lab.token)).policy;
const base = '/firewall/objects';
const valuesOf = ({ admin }: Ui & { admin: { page: { forms: { fields: [string, string][] }[] } } }) =>
  new Map(admin.page.forms.at(-1)?.fields);

test('an address is a host, a network, a range, a MAC or a DNS name; a netmask has a field of its own, as in BOT', async (t) => {
  const ui = await readyUi(t);
  for (const fields of [
    { name: 'a', value: '192.168.51.35' },
    { name: 'b', value: '192.168.51.32', netmask: '255.255.255.224' },
    { name: 'c', value: '192.168.51.32', netmask: '27' },
    { name: 'd', value: '192.168.51.10 - 192.168.51.20' },
    { name: 'e', value: '00-16-3E-12-34-56' },
    { name: 'f', value: 'WWW.Example.org' },
    { name: 'g', value: 'fd00::1', netmask: '64' },
  ]) {
    await ui.admin.get(`${base}/addresses/new`);
    await ui.admin.submit('', fields);
    t.is(ui.admin.path, `${base}/addresses`, `${fields.name} ${JSON.stringify(ui.admin.page.errors)}`);
  }
  t.deepEqual(
    (await policyOf(ui)).addresses.map(({ value }) => value),
    [
      '192.168.51.35',
      '192.168.51.32/27',
      '192.168.51.32/27',
      '192.168.51.10-192.168.51.20',
      '00:16:3e:12:34:56',
      'www.example.org',
      'fd00::/64',
    ],
  );
  for (const text of ['a Host', 'b Network', 'd Range', 'e MAC', 'f DNS name'])
    t.true(ui.admin.page.text.includes(text), text);
  await ui.admin.get(`${base}/addresses/new`);
  await ui.admin.submit('', { name: 'h', value: '192.168.51.37/27' });
  t.regex(
    ui.admin.page.text,
    /Saved as the network 192\.168\.51\.32\/27/,
    'another address than the one typed is told',
  );
});

test('a wrong address says why, at its field, and what was typed stays', async (t) => {
  const ui = await readyUi(t);
  const cases: [Record<string, string>, string, RegExp][] = [
    [{ value: '10.0.0.0/255.0.255.0' }, 'value', /from the left it has ones/],
    [{ value: '10.0.0.0', netmask: '255.0.255.0' }, 'netmask', /from the left it has ones/],
    [{ value: '10.0.0.0/8', netmask: '8' }, 'netmask', /a netmask already/],
    [{ value: '00:16:3e:12:34:56', netmask: '24' }, 'netmask', /Only a network/],
    [{ value: '10.0.0.9-10.0.0.1' }, 'value', /from the lower address to the higher/],
    [{ value: '01:00:5e:00:00:01' }, 'value', /group of computers/],
    [{ value: 'intranet' }, 'value', /has a dot/],
    [{ value: '10.0.0.1\u202e' }, 'value', /Not an address/],
    [{ value: '"><script>' }, 'value', /Not an address/],
    [{ value: '10.0.0.1', name: 'two\nlines' }, 'name', /Line breaks/],
    [{ value: '10.0.0.1', name: 'x'.repeat(10_000) }, 'name', /At most 200/],
  ];
  for (const [fields, field, message] of cases) {
    await ui.admin.get(`${base}/addresses/new`);
    await ui.admin.submit('', { name: 'Odd', remark: 'kept', ...fields });
    t.is(ui.admin.status, 422);
    t.regex(ui.admin.page.errors[field] ?? '', message, JSON.stringify(fields).slice(0, 80));
    t.is(valuesOf(ui).get('remark'), 'kept');
    t.is(valuesOf(ui).get('value'), fields.value);
  }
});

test('services: other protocols, ICMP types by name and number, inversion in advanced mode', async (t) => {
  const ui = await readyUi(t);
  const make = async (fields: Record<string, string>) => {
    await ui.admin.get(`${base}/services/new`);
    return ui.admin.submit('', fields);
  };
  await make({ name: 'OSPF', protocol: 'other', otherProtocol: 'ospf', ports: 'left over' });
  await make({ name: 'Number', protocol: 'other', otherProtocol: '99' });
  await make({ name: 'Prohibited', protocol: 'icmp', icmpType: '3/13' });
  await make({ name: 'Odd type', protocol: 'icmp', icmpType: 'other', otherType: '42/1' });
  await make({ name: 'Ping 6', protocol: 'icmpv6', icmp6Type: '128' });
  t.notRegex(ui.admin.page.text, /Every port but these/);
  await ui.edit({ do: 'section', section: 'settings', value: { advancedMode: true } });
  await make({ name: 'Not the web', protocol: 'tcp', ports: '80, 443', invertPorts: 'on' });
  await make({ name: 'Not GRE', protocol: 'gre', invertProtocol: 'on' });
  const made = (await policyOf(ui)).services.map(({ remark, ...one }) => one);
  const plain = { invertProtocol: false, invertPorts: false, ports: '', icmpType: '' };
  t.deepEqual(made, [
    { ...plain, name: 'OSPF', protocol: 'ospf' },
    { ...plain, name: 'Number', protocol: '99' },
    { ...plain, name: 'Prohibited', protocol: 'icmp', icmpType: '3/13' },
    { ...plain, name: 'Odd type', protocol: 'icmp', icmpType: '42/1' },
    { ...plain, name: 'Ping 6', protocol: 'icmpv6', icmpType: '128' },
    { ...plain, name: 'Not the web', protocol: 'tcp', ports: '80, 443', invertPorts: true },
    { ...plain, name: 'Not GRE', protocol: 'gre', invertProtocol: true },
  ]);
  for (const text of [
    'ICMP type 3/13, Communication prohibited',
    'TCP, every port but 80, 443',
    'every protocol but GRE',
  ])
    t.true(ui.admin.page.text.includes(text), text);
  await ui.admin.get(`${base}/services/edit?name=Odd%20type`);
  t.is(valuesOf(ui).get('otherType'), '42/1');
  await ui.edit({ do: 'section', section: 'settings', value: { advancedMode: false } });
  await ui.admin.get(`${base}/services/edit?name=Not%20the%20web`);
  t.is(valuesOf(ui).get('invertPorts'), 'on', 'what is set stays to be seen without advanced mode');
  await ui.admin.submit('', { remark: 'still' });
  t.true((await policyOf(ui)).services.find(({ name }) => name === 'Not the web')?.invertPorts);
});

test('wrong services say why at the field where it was typed', async (t) => {
  const ui = await readyUi(t);
  for (const [fields, field, message] of [
    [{ protocol: 'tcp', ports: '0' }, 'ports', /Not a port/],
    [{ protocol: 'udp', ports: '65536' }, 'ports', /Not a port/],
    [{ protocol: 'tcp', ports: '' }, 'ports', /Not a port/],
    [{ protocol: 'other', otherProtocol: '' }, 'otherProtocol', /Write the name of the protocol/],
    [{ protocol: 'other', otherProtocol: '256' }, 'otherProtocol', /number from 0 to 255/],
    [{ protocol: 'icmp', icmpType: 'other', otherType: '256' }, 'otherType', /Not an ICMP type/],
    [{ protocol: 'icmpv6', icmp6Type: 'other', otherType6: '' }, 'otherType6', /Not an ICMP type/],
    [{ protocol: 'quic<b>' }, 'protocol', /Choose a protocol/],
  ] as [Record<string, string>, string, RegExp][]) {
    await ui.admin.get(`${base}/services/new`);
    await ui.admin.submit('', { name: 'Odd', ...fields });
    t.is(ui.admin.status, 422);
    t.regex(ui.admin.page.errors[field] ?? '', message, JSON.stringify(fields));
  }
  t.is((await policyOf(ui)).services.length, 0);
});

test('a default service is copied into an own one, under another name', async (t) => {
  const ui = await readyUi(t);
  await ui.admin.get(`${base}/default-services?q=pop3s`);
  t.true(ui.admin.page.links.includes(`${base}/services/new?copy=POP3S`));
  await ui.admin.get(`${base}/services/new?copy=POP3S`);
  await ui.admin.submit('', { ports: '995, 1995' });
  t.like((await policyOf(ui)).services[0], { name: 'POP3S (own)', protocol: 'tcp', ports: '995, 1995' });
  await ui.admin.get(`${base}/services/new?copy=POP3S`);
  t.is(valuesOf(ui).get('name'), 'POP3S (own 2)');
  await ui.admin.get(`${base}/addresses/new?copy=${encodeURIComponent('GREEN Network')}`);
  t.is(valuesOf(ui).get('value'), '192.168.51.0/24');
});

test('RED’s address is a dash until it has one', async (t) => {
  const ui = await readyUi(t);
  const was = await ui.lab.twin.observe();
  ui.lab.twin.observe = async () => ({ ...was, red: { ...was.red, address: '' } });
  await ui.admin.get(`${base}/default-networks`);
  t.regex(ui.admin.page.text, /RED Address — — RED has no address now/);
  ui.lab.twin.observe = async () => ({ ...was, red: { ...was.red, address: '198.51.100.20/24' } });
  await ui.admin.get(`${base}/default-networks`);
  t.regex(ui.admin.page.text, /RED Address Host 198\.51\.100\.20 .*RED Network Network 198\.51\.100\.0\/24/);
});

test('lists are sorted by a column, by the numbers in it, and keep that with the filter and the page', async (t) => {
  const ui = await readyUi(t);
  const { policy } = await ui.lab.web('policy.get', {}, ui.lab.token);
  const addresses = Array.from({ length: 120 }, (_, index) => ({
    name: `PC ${120 - index}`,
    value: `10.0.0.${index + 1}`,
  }));
  await ui.edit({ do: 'replace', value: { ...policy, addresses } });
  const first = async (query: string) => {
    await ui.admin.get(`${base}/addresses?${query}`);
    return /Actions (PC \d+)/.exec(ui.admin.page.text)?.[1];
  };
  t.is(await first(''), 'PC 120');
  t.is(await first('sort=name'), 'PC 1');
  t.true(ui.admin.page.links.includes(`${base}/addresses?sort=name&dir=down`), 'a second click turns it round');
  t.true(ui.admin.page.links.includes(`${base}/addresses?sort=name&page=2`), 'the next page is sorted the same way');
  t.is(await first('sort=name&page=2'), 'PC 51');
  t.is(await first('sort=detail&dir=down'), 'PC 1');
  t.is(await first('sort=name&q=PC+11'), 'PC 11');
  t.is(await first('sort=nothing&dir=x'), 'PC 120');
  await ui.edit({ do: 'save', collection: 'addressGroups', value: { name: 'G', members: [{ name: 'PC 7' }] } });
  t.is(await first('sort=used&dir=down'), 'PC 7');
});

test('groups hold groups; a circle is refused at the member; uses count what is held through groups', async (t) => {
  const ui = await readyUi(t);
  for (const edit of handbookEdits) await ui.edit(edit);
  const { admin } = ui;
  await admin.get(`${base}/address-groups/new`);
  await admin.submit('', { name: 'Inner', add: 'MailAccess', step: 'save' }, ['step']);
  await admin.get(`${base}/address-groups/new`);
  await admin.submit('', { name: 'Outer', add: 'Inner', step: 'save' }, ['step']);
  t.deepEqual((await policyOf(ui)).addressGroups[1]?.members, [{ name: 'Inner', kind: 'group', enabled: true }]);
  await admin.get(`${base}/addresses`);
  t.regex(admin.page.text, /MailAccess Network 192\.168\.51\.0\/27 2 groups, 1 rule/);
  await admin.get(`${base}/address-groups/delete?name=Inner`);
  t.regex(admin.page.text, /cannot be deleted while it is in use/);
  t.true(admin.page.links.includes(`${base}/address-groups/edit?name=Outer`));
  await admin.get(`${base}/address-groups/edit?name=Inner`);
  t.notRegex(admin.page.html, /<option value="Outer"/, 'what would make a circle is not offered');
  await admin.submit('', { add: 'Outer', step: 'save' }, ['step']);
  t.is(admin.status, 422);
  t.regex(admin.page.errors.member1 ?? '', /would put the group into itself/);
  await admin.get(`${base}/address-groups/edit?name=Inner`);
  await admin.submit('', { name: 'Core', step: 'save' }, ['step']);
  t.is((await policyOf(ui)).addressGroups[1]?.members[0]?.name, 'Core', 'a group’s new name is followed in groups');
});

test('members are added by a list of names; unknown ones are named and stay', async (t) => {
  const ui = await readyUi(t);
  for (const edit of handbookEdits) await ui.edit(edit);
  const { admin } = ui;
  await admin.get(`${base}/service-groups/new`);
  await admin.submit('', { name: 'Some', addMany: 'imap\r\nNope\nMailingServices\nimap', step: 'save' }, ['step']);
  t.is(admin.status, 422);
  t.is(admin.page.errors.addMany, 'Nothing is called “Nope”.');
  await admin.submit('', { addMany: '', step: 'save' }, ['step']);
  t.deepEqual((await policyOf(ui)).serviceGroups[1]?.members, [
    { name: 'IMAP', kind: 'object', enabled: true },
    { name: 'MailingServices', kind: 'group', enabled: true },
  ]);
});

test('two browsers: the second save is refused, keeps what was typed, and goes through when sent again', async (t) => {
  const ui = await readyUi(t);
  await ui.edit({ do: 'save', collection: 'addresses', value: { name: 'PC', value: '10.0.0.1' } });
  for (const [path, fields] of [
    [`${base}/addresses/edit?name=PC`, { remark: 'mine' }],
    [`${base}/services/new`, { name: 'Mine', ports: '81' }],
    [`${base}/address-groups/new`, { name: 'Mine', add: 'PC', step: 'save' }],
    ['/firewall/bot/settings', { moreAdmins: '10.9.9.9' }],
    ['/services/proxy', { safePorts: '80, 443, 8443' }],
    ['/services/dhcp/lease', { mac: '00:16:3e:00:00:77', address: '192.168.51.77' }],
  ] as [string, Record<string, string>][]) {
    await ui.admin.get(path);
    const action = ['/firewall/bot/settings', '/services/proxy', '/services/dhcp/lease'].includes(path) ? path : '';
    await ui.edit({ do: 'save', collection: 'addresses', value: { name: `Other ${path}`, value: '10.0.0.2' } });
    await ui.admin.submit(action, fields, ['step']);
    t.is(ui.admin.status, 409, path);
    t.regex(ui.admin.page.text, /Somebody else saved a change while you were here/);
    const shown = ui.admin.page.forms.find((one) => one.action === action && one.method === 'post');
    for (const [name, value] of Object.entries(fields))
      if (name !== 'step' && name !== 'add') t.is(new Map(shown?.fields).get(name), value, `${path} ${name}`);
    await ui.admin.submit(action, { ...fields, add: '' }, ['step', 'add']);
    t.is(ui.admin.status, 200, `${path}: ${JSON.stringify(ui.admin.page.errors)}`);
    t.not(ui.admin.path, path === '/services/proxy' ? '' : path);
  }
});

test('many addresses come from pasted lines: a preview, each bad line by number, one change', async (t) => {
  const ui = await readyUi(t);
  const before = (await ui.lab.web('policy.get', {}, ui.lab.token)).revision;
  const lines = [
    'Reception; 192.168.51.70; Front desk',
    '# a note',
    'Lab\t192.168.51.64/255.255.255.224\tRoom 12',
    'Bad one, 10.0.0.0/255.0.255.0',
    'reception, 192.168.51.71',
    '<script>alert(1)</script>; 192.168.51.72',
  ];
  await ui.admin.get(`${base}/addresses/many`);
  await ui.admin.submit('', { lines: lines.join('\r\n'), step: 'create' }, ['step']);
  t.is(ui.admin.status, 422);
  t.regex(ui.admin.page.text, /2 of 5 lines need a change/);
  t.regex(ui.admin.page.text, /4 Bad one 10\.0\.0\.0\/255\.0\.255\.0 Not a netmask/);
  t.regex(ui.admin.page.text, /5 reception 192\.168\.51\.71 This name is taken/);
  t.is(valuesOf(ui).get('lines'), lines.join('\r\n'));
  t.is((await policyOf(ui)).addresses.length, 0);
  const good = [lines[0], lines[2], lines[5]].join('\n');
  await ui.admin.submit('', { lines: good, step: 'check' }, ['step']);
  t.regex(ui.admin.page.text, /1 Reception 192\.168\.51\.70 Front desk Host/);
  t.is((await policyOf(ui)).addresses.length, 0, 'a preview makes nothing');
  await ui.admin.submit('', { step: 'create' });
  t.is(ui.admin.path, `${base}/addresses`);
  t.deepEqual(
    (await policyOf(ui)).addresses.map(({ name, value, remark }) => [name, value, remark]),
    [
      ['Reception', '192.168.51.70', 'Front desk'],
      ['Lab', '192.168.51.64/27', 'Room 12'],
      ['<script>alert(1)</script>', '192.168.51.72', ''],
    ],
  );
  t.is((await ui.lab.web('policy.get', {}, ui.lab.token)).revision, before + 1, 'one change');
});

test('many services come from pasted lines; too many lines are refused as a whole', async (t) => {
  const ui = await readyUi(t);
  await ui.admin.get(`${base}/services/many`);
  await ui.admin.submit(
    '',
    {
      lines: 'Ticketing, tcp 8443, 9000-9010, Ticket printers\nNames; 53/udp\nPong; icmp 0\nTunnel; gre',
      step: 'create',
    },
    ['step'],
  );
  t.deepEqual(
    (await policyOf(ui)).services.map(({ name, protocol, ports, icmpType, remark }) => [
      name,
      protocol,
      ports,
      icmpType,
      remark,
    ]),
    [
      ['Ticketing', 'tcp', '8443, 9000-9010', '', 'Ticket printers'],
      ['Names', 'udp', '53', '', ''],
      ['Pong', 'icmp', '', '0', ''],
      ['Tunnel', 'gre', '', '', ''],
    ],
  );
  await ui.admin.get(`${base}/services/many`);
  await ui.admin.submit('', { lines: 'x;tcp 1\n'.repeat(1001), step: 'create' }, ['step']);
  t.is(ui.admin.status, 422);
  t.regex(ui.admin.page.text, /These are 1001 lines\. At most 1000/);
});

test('a DNS name shows what it stands for now, or that it matches nothing yet', async (t) => {
  const ui = await readyUi(t);
  for (const [name, value] of [
    ['Updates', 'download.example.org'],
    ['Quiet', 'quiet.example.org'],
    ['Host', '10.0.0.1'],
  ])
    await ui.edit({ do: 'save', collection: 'addresses', value: { name, value } });
  const addresses = ['203.0.113.1', '203.0.113.2', '203.0.113.3', '203.0.113.4', '203.0.113.5', '2001:db8::5'];
  ui.lab.twin.resolved = async () => new Map([['download.example.org', addresses]]);
  await ui.admin.get(`${base}/addresses`);
  t.regex(ui.admin.page.text, /download\.example\.org now: 203\.0\.113\.1, .*203\.0\.113\.4 and 2 more/);
  t.regex(ui.admin.page.text, /quiet\.example\.org now: no address, matches nothing/);
  t.notRegex(ui.admin.page.text, /10\.0\.0\.1 (now:|no address)/);
  await ui.admin.get(`${base}/addresses/edit?name=Updates`);
  t.regex(ui.admin.page.text, /At present: 203\.0\.113\.1, 203/);
});
