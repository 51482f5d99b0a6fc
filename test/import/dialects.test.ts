import test from 'ava';
import { type ImportOptions, importFiles } from '../../src/import/import.ts';
import { oldServices } from '../../src/import/old-services.ts';
import { defaultServices } from '../../src/policy/default-services.ts';
import { defaultPolicy } from '../../src/policy/defaults.ts';
import { bot, ipcop, type Parts, week } from './lib/bot.ts';

const base = defaultPolicy();
const take = (files: Record<string, string>, options: Partial<ImportOptions> = {}) => {
  const found = importFiles(files, { base, ...options });
  return {
    ...found,
    rules: found.policy.rules,
    rule: found.policy.rules[0],
    line: found.report.find(({ file }) => file.endsWith('config')),
  };
};
const one = (parts: Parts, files: Record<string, string> = {}) => take({ config: bot(parts), ...files });

test('a real line of BOT 3, as the description gives it', (t) => {
  const config =
    'RULE,INPUT,on,std,defaultSrcNet,Green,off,custSrcAdr,WebAccess,off,-,off,defaultDestNet,Red,off,defaultDstIP,Any,off,custom,IPCopProxy,off,log,average,10/minute,off,-,-,accept,off,WebAccess PCs can use the proxy, all of them';
  const { rule, line } = take({
    config,
    customnetworks: 'WebAccess,ip,192.168.51.32,255.255.255.224,1\n',
    customservices: 'IPCopProxy,800,tcp,off,off,BLANK,1\n',
  });
  t.like(rule, {
    enabled: true,
    source: { kind: 'address', name: 'WebAccess' },
    destination: { kind: 'greengate' },
    service: { name: 'IPCopProxy' },
    action: 'accept',
    limit: null,
    remark: 'WebAccess PCs can use the proxy, all of them',
  });
  t.is(line?.outcome, 'imported');
});

const off: [string, Parts, RegExp][] = [
  ['Blue as source', { srcNet: 'Blue' }, /what GREEN sends/],
  ['an own interface as source', { srcNetType: 'custSrcNet', srcNet: 'tun0' }, /no interface “tun0”/],
  ['Orange as destination', { dstNetType: 'defaultDestNet', dstNet: 'Orange' }, /RED only/],
  ['an inverted source network', { invSrcNet: 'on' }, /every interface but/],
  ['an inverted destination network', { invDstNet: 'on' }, /every network but/],
  ['everything but Any', { invSrc: 'on' }, /which is nothing/],
  ['an unknown custom address', { srcType: 'custSrcAdr', src: 'Gone', invSrc: 'on' }, /No address is called “Gone”/],
  ['an unknown group', { srcType: 'groupSrcAdr', src: 'Gone' }, /No address group is called “Gone”/],
  [
    'an unknown default service',
    { serviceType: 'default', service: 'gopher2000' },
    /No service is called “gopher2000”/,
  ],
  ['an unknown action', { action: 'mirror' }, /action “mirror”/],
  ['a limit that is none', { limitFor: 'both', limit: 'often' }, /limit “often”/],
  ['a time frame without its line', { frame: 'on' }, /time frame is missing/],
  ['the network of Blue', { dst: 'Blue Network' }, /no Blue Network here/],
];
for (const [what, parts, why] of off)
  test(`comes in disabled: ${what}`, (t) => {
    const { rule, line } = take({ config: bot(parts), settings: 'ADV_MODE_ENABLE=on' });
    t.false(rule?.enabled);
    t.is(line?.outcome, 'imported disabled');
    t.regex(line?.why ?? '', why);
    t.regex(rule?.remark ?? '', /^\[off: /);
    t.false(
      (rule?.source as { invert?: boolean } | undefined)?.invert === true,
      'everything but a stand-in would be everything',
    );
  });

test('names: exact first, then whatever the case; defaults keep theirs', (t) => {
  const { policy, report } = take({
    customservices: 'Ping,4711,tcp,off,off,BLANK,1\nweb,8081,tcp,off,off,BLANK,1\nWeb,8082,tcp,off,off,BLANK,1\n',
    config:
      ['Ping', 'web', 'Web', 'WEB'].map((service) => bot({ serviceType: 'custom', service })).join('\n') +
      `\n${bot({ serviceType: 'default', service: 'HTTP' })}`,
  });
  t.deepEqual(
    policy.services.map(({ name }) => name),
    ['Ping (imported)', 'web', 'Web (imported)'],
  );
  t.deepEqual(
    policy.rules.map(({ service }) => (service as { name: string }).name),
    ['Ping (imported)', 'web', 'Web (imported)', 'web', 'HTTP'],
  );
  t.regex(report.find(({ text }) => text.startsWith('Ping'))?.why ?? '', /called “Ping \(imported\)”/);
});

test('two objects of one name and two meanings: rules with it come in disabled', (t) => {
  const { rule, report } = one(
    { srcType: 'custSrcAdr', src: 'A' },
    { customnetworks: 'A,ip,10.0.0.1,,1\nA,ip,10.0.0.2,,1\n' },
  );
  t.false(rule?.enabled);
  t.is(report.filter(({ file, outcome }) => file === 'customnetworks' && outcome === 'refused').length, 1);
});

test('objects of both layouts, and what is wrong with others', (t) => {
  const { policy, report } = take({
    'firewall/customservices':
      '1,Old web,8080,tcp,off,off,BLANK\n2,Unreach,,icmp,off,off,host-unreachable\n3,Tunnel,,47,off,off,BLANK\n4,Not 25,25,tcp,on,off,BLANK\nNew,*,tcpudp,off,off,BLANK,0\nBad,70000,tcp,off,off,BLANK,0\nIcmp all,,icmp,off,off,ALL,2\n',
    'firewall/customnetworks':
      '1,Old net,10.1.0.0,255.255.0.0\nHoles,ip,10.0.0.0,255.0.255.0,0\nPC,mac,00-16-3E-00-00-05,,1\n10.2.0.0/16,ip,10.2.0.0,16,0\n',
  });
  t.deepEqual(
    policy.services.map(({ name, protocol, ports, invertPorts, icmpType }) => [
      name,
      protocol,
      ports,
      invertPorts,
      icmpType,
    ]),
    [
      ['Old web', 'tcp', '8080', false, ''],
      ['Unreach', 'icmp', '', false, '3/1'],
      ['Tunnel', '47', '', false, ''],
      ['Not 25', 'tcp', '25', true, ''],
      ['New', 'tcp&udp', '*', false, ''],
      ['Icmp all', 'icmp', '', false, ''],
    ],
  );
  t.deepEqual(
    policy.addresses.map(({ value }) => value),
    ['10.1.0.0/16', '00:16:3e:00:00:05', '10.2.0.0/16'],
  );
  t.deepEqual(
    report.filter(({ outcome }) => outcome === 'refused').map(({ why }) => why),
    [
      'Not a port. Write one port, a range or a list: 25 or 8000-8080 or 80, 443.',
      '“255.0.255.0” is not a netmask. One with holes never was.',
    ],
  );
});

test('a rule that the parser refuses is dropped with the parser’s own sentence', (t) => {
  const { rules, report } = take({
    config: [
      bot({ dstType: 'ipDestTxt', dst: '00:16:3e:00:00:05' }),
      bot({ srcType: 'textSrcAdrip', src: '10.0.0.0/255.0.255.0' }),
      bot(),
    ].join('\n'),
  });
  t.is(rules.length, 1);
  t.deepEqual(
    report.map(({ outcome }) => outcome),
    ['refused', 'refused', 'imported'],
  );
  t.regex(report[0]?.why ?? '', /MAC address cannot be a destination/);
  t.regex(report[1]?.why ?? '', /^Not an address/);
});

test('groups: members switched off, default members, and one that is missing', (t) => {
  const { policy, rules } = take({
    addressGroups:
      'GROUP,Good,1,Remark\nADDRESS,Good,Private Network 10.0.0.0,default,on\nADDRESS,Good,Any,default,off\nGROUP,Torn,1,\nADDRESS,Torn,Gone,custom,on\nGROUP,Dark,1,\nADDRESS,Dark,Green Network,default,off\n',
    config: ['Good', 'Torn', 'Dark'].map((src) => bot({ srcType: 'groupSrcAdr', src })).join('\n'),
  });
  t.deepEqual(
    rules.map(({ enabled }) => enabled),
    [true, false, false],
  );
  t.deepEqual(
    policy.addressGroups[0]?.members.map(({ name, enabled }) => [name, enabled]),
    [
      ['Private Network 10.0.0.0', true],
      ['Any', false],
    ],
  );
});

const limits: [Parts, object | null][] = [
  [{}, null],
  [{ log: 'on' }, { for: 'log', rate: 10, per: 'minute', burst: 5 }],
  [{ limitFor: 'none', log: 'on' }, null],
  [
    { limitFor: 'acceptOrDeny', limit: '3/sec' },
    { for: 'action', rate: 3, per: 'second', burst: 5 },
  ],
  [
    { limitFor: 'both', limit: '7' },
    { for: 'both', rate: 7, per: 'second', burst: 5 },
  ],
  [
    { limitFor: 'both', limitType: 'burst', limit: '9' },
    { for: 'both', rate: 3, per: 'hour', burst: 9 },
  ],
  [
    { action: 'logOnly', limitFor: 'both', limit: '2/hour' },
    { for: 'log', rate: 2, per: 'hour', burst: 5 },
  ],
];
for (const [parts, limit] of limits)
  test(`limit of ${JSON.stringify(parts)}`, (t) => t.deepEqual(one(parts).rule?.limit, limit as never));

test('IPCop 2: outgoing, access to the box, and what has no place here', (t) => {
  const { rules, report, policy, questions } = take({
    'var/ipcop/firewall/settings':
      "ADMIN_MAC='00:16:3e:00:00:07'\nUSE_ADMIN_MAC=on\nADV_MODE_ENABLE=off\nADMIN_GREEN_1=on\n",
    'var/ipcop/firewall/policy': 'Green,half-open,off,reject,-,off\nBlue,open,on,reject,on,off\n',
    'var/ipcop/firewall/config': [
      ipcop('OUTGOING', { srcType: 'textSrcAdrip', src: '192.168.51.9', remark: 'a, b' }),
      ipcop('INPUT', { serviceType: 'default', service: 'IPCop proxy' }),
      ipcop('PORTFW', { srcNet: 'Red', dst: '192.168.51.5', ext: 'Red Address', remark: 'web' }),
      ipcop('EXTERNAL', { srcNet: 'Red' }),
      ipcop('PINHOLES', { srcNet: 'Orange' }),
    ].join('\n'),
  });
  t.deepEqual(
    rules.map(({ enabled, heading, service }) => [enabled, heading, service.kind === 'any' ? '' : service.name]),
    [
      [true, '', ''],
      [true, '', 'Greengate proxy'],
      [false, 'Not carried over', ''],
      [false, 'Not carried over', ''],
      [false, 'Not carried over', ''],
      ...['Greengate DNS', 'Greengate NTP', 'Greengate proxy', 'Ping'].map((name) => [false, 'Policy of Green', name]),
    ] as never,
  );
  t.is(rules[0]?.remark, 'a, b');
  t.regex(rules[2]?.remark ?? '', /^Not carried over, port forwarding: Red .*192\.168\.51\.5.*\(web\)$/);
  t.deepEqual(
    rules.slice(2, 5).map(({ action, destination }) => [action, (destination as { value: string }).value]),
    Array(3).fill(['drop', '0.0.0.0']),
  );
  t.deepEqual(
    report.filter(({ file }) => file.endsWith('/config')).map(({ outcome }) => outcome),
    ['imported', 'imported', 'note', 'note', 'note'],
  );
  t.like(policy.settings, { enabled: false, adminMac: '00:16:3e:00:00:07', logging: false, defaultDeny: 'reject' });
  t.deepEqual(
    questions.map(({ id, answer }) => [id, answer]),
    [['green', 'closed']],
  );
});

test('IPCop 2’s open Green, when the owner wants it', (t) => {
  const files = { policy: 'Green,open,on,drop,-,off\n', config: ipcop('OUTGOING', { action: 'drop' }) };
  t.deepEqual(take(files, { green: 'as-written' }).rules.at(-1), {
    ...take(files).rules.at(-1),
    enabled: true,
  } as never);
  t.is(take(files, { green: 'as-written' }).rules.length, 6);
});

test('a frame over midnight is two rules with the days named', (t) => {
  const { rules, report } = take({
    config: `${bot({ frame: 'on' })}\n${week(0, '0000010', '22:00', '06:00')}`,
    settings: 'ADV_MODE_ENABLE=on',
  });
  t.deepEqual(
    rules.map(({ frame }) => frame),
    [
      { days: { kind: 'week', days: [5] }, start: '00:00', end: '06:00' },
      { days: { kind: 'week', days: [5] }, start: '22:00', end: '00:00' },
    ],
  );
  t.true(report.find(({ text }) => text.startsWith('TIME'))?.review);
});

test('a frame behind the wrong rule puts the rule that it names out of force', (t) => {
  const config = [bot({ frame: 'on' }), bot({ remark: 'second' }), week(0, '1111111', '08:00', '17:00')].join('\n');
  const { rules } = take({ config, settings: 'ADV_MODE_ENABLE=on' });
  t.deepEqual(
    rules.map(({ enabled }) => enabled),
    [false, true],
  );
});

test('below mine: mine stay first, what is there already is used, names of mine are not taken', (t) => {
  const mine = {
    ...base,
    addresses: [
      { name: 'A', value: '10.0.0.1', remark: '' },
      { name: 'B', value: '10.0.0.2', remark: '' },
    ],
    rules: take({ config: bot({ remark: 'mine' }) }).rules,
  };
  const { policy } = importFiles(
    {
      customnetworks: 'A,ip,10.0.0.1,,1\nB,ip,10.9.9.9,,1\n',
      config: bot({ srcType: 'custSrcAdr', src: 'B' }),
      settings: 'ADMIN_MAC=00:16:3e:00:00:01',
    },
    { base: mine, mode: 'below' },
  );
  t.deepEqual(
    policy.addresses.map(({ name, value }) => [name, value]),
    [
      ['A', '10.0.0.1'],
      ['B', '10.0.0.2'],
      ['B (imported)', '10.9.9.9'],
    ],
  );
  t.deepEqual(
    policy.rules.map(({ id, source }) => [id, (source as { name?: string }).name]),
    [
      ['r1', undefined],
      ['r2', 'B (imported)'],
    ],
  );
  t.is(policy.settings.adminMac, '');
});

test('duplicates come in off; another folder of rules is not mixed in', (t) => {
  const { rules, report } = take({
    'fwrules/config': `${bot({ remark: 'a' })}\n${bot({ remark: 'b' })}`,
    'BOT_3.0/config': bot({ action: 'drop' }),
    'ethernet/settings': 'GREEN_DEV=eth0',
  });
  t.deepEqual(
    rules.map(({ enabled }) => enabled),
    [true, false],
  );
  t.deepEqual(
    report.map(({ file, outcome }) => [file, outcome]),
    [
      ['fwrules/config', 'imported'],
      ['fwrules/config', 'imported disabled'],
      ['BOT_3.0/config', 'refused'],
      ['ethernet/settings', 'note'],
    ],
  );
});

test('every old service’s name leads to a default service or to a port; some 250 are known', (t) => {
  const ours = new Set(defaultServices.map(({ name }) => name));
  for (const [name, value] of oldServices)
    t.true('ours' in value ? ours.has(value.ours) : /^\d+$/.test(value.ports), name);
  t.true(oldServices.size > 220, String(oldServices.size));
});
