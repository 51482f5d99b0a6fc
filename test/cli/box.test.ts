import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import type { Policy } from '../../src/policy/schema.ts';
import { handbookEdits } from '../lib/handbook.ts';
import { commandLine } from './box.ts';

const ADMIN = { do: 'section', section: 'settings', value: { adminMac: '00:16:3e:00:00:25' } } as const;

test('status says what the box is doing, for people and for programs', async (t) => {
  const box = await commandLine(t, { block: true });
  const said = await box.run(['status']);
  t.is(said.code, 0, said.err);
  t.regex(said.out, /^Host +greengate, Greengate 0 on twin, up 5 seconds\n/);
  t.regex(said.out, /^BOT +enabled: what no rule allows is blocked$/m);
  t.regex(said.out, /^GREEN +192\.168\.51\.254\/24, 00:16:3e:00:00:01$/m);
  t.regex(said.out, /^Notice +RED is down\.$/m);
  const json = await box.run(['status', '--json']);
  t.like(JSON.parse(json.out), { hostname: 'greengate', bot: 'enabled' });
});

test('policy and apply: out to a file, changed, said, tried, in force', async (t) => {
  const { lab, folder, run } = await commandLine(t);
  for (const edit of handbookEdits) await lab.root('policy.edit', { edit });
  t.is((await run(['policy', 'p.json'])).code, 0);
  const policy = JSON.parse(readFileSync(join(folder, 'p.json'), 'utf8')) as Policy;
  t.deepEqual(policy, JSON.parse((await run(['policy'])).out));
  const { revision } = await lab.root('policy.get', {});
  t.is((await run(['apply', 'p.json'])).out, 'Nothing changes.\n');
  t.is((await lab.root('policy.get', {})).revision, revision);

  const [first, second] = policy.rules;
  const wanted = {
    ...policy,
    rules: [second, { ...first, log: true }],
    addresses: [...policy.addresses, { name: 'Printer', value: '192.168.51.9' }],
    settings: { ...policy.settings, logging: false },
    blocks: [{ id: 'b9', host: '192.168.51.25', action: 'drop' }],
  };
  writeFileSync(join(folder, 'p.json'), JSON.stringify(wanted));
  const changes = [
    'Logging of what no rule matches is switched off.',
    'Address “Printer” is added: 192.168.51.9.',
    'Rule 1 “WebAccess PCs can access the proxy” moves here from place 2.',
    'Rule 2 “MailAccess PCs can use MailingServices”: its logging changes from off to on.',
    'Blocked hosts: 192.168.51.25, blocked is added.\n',
  ].join('\n');
  const tried = await run(['apply', '--dry-run', 'p.json']);
  t.is(tried.code, 0, tried.err);
  t.true(tried.out.startsWith(changes), tried.out);
  t.true(tried.out.endsWith('The box would take it. Nothing was changed.\n'));
  t.is((await lab.root('policy.get', {})).revision, revision);
  const applied = await run(['apply', '-'], JSON.stringify(wanted));
  t.deepEqual(applied, { code: 0, err: '', out: `${changes}In force as revision ${revision + 1}.\n` });
  t.is((await lab.root('policy.get', {})).policy.rules[0]?.id, second?.id);
});

test('a policy that cannot be is refused, each problem in its line', async (t) => {
  const { lab, folder, run } = await commandLine(t);
  const { policy, revision } = await lab.root('policy.get', {});
  writeFileSync(
    join(folder, 'bad.json'),
    JSON.stringify({
      ...policy,
      addresses: [
        { name: '\u001b[31mred', value: '192.168.51.9' },
        { name: 'Two', value: '192.168.51.300' },
      ],
    }),
  );
  for (const args of [
    ['apply', 'bad.json'],
    ['apply', 'bad.json', '--dry-run'],
    ['print', 'bad.json'],
  ]) {
    const said = await run(args);
    t.is(said.code, 1);
    t.is(said.out, '');
    t.deepEqual(
      said.err.split('\n').map((line) => line.split(': ')[0]),
      ['addresses/0/name', 'addresses/1/value', ''],
    );
    t.notRegex(said.err, /\u001b/);
  }
  const json = await run(['apply', 'bad.json', '--json']);
  t.is(json.code, 1);
  t.is((JSON.parse(json.out) as { problems: object[] }).problems.length, 2);
  const check = await run(['check', 'bad.json']);
  t.is(check.code, 1);
  t.like(JSON.parse(check.out)[1], { place: 'addresses/1/value', owner: 'Two' });
  t.regex((await run(['check', 'bad.json', '--text'])).out, /^addresses\/1\/value: Not an address/m);
  writeFileSync(join(folder, 'torn.json'), '{"schema":');
  t.is((await run(['apply', 'torn.json'])).code, 1);
  t.is((await run(['apply', 'nowhere.json'])).code, 1);
  t.is((await lab.root('policy.get', {})).revision, revision);
  lab.twin.checkProblems = [{ place: 'rules/0', owner: 'Mail', message: 'The kernel would not take this.' }];
  writeFileSync(join(folder, 'p.json'), JSON.stringify({ ...policy, dns: { servers: ['192.0.2.1'] } }));
  const kernel = await run(['apply', 'p.json']);
  t.deepEqual(kernel, { code: 1, out: '', err: 'rules/0: The kernel would not take this.\n' });
});

test('block, allow, unblock: for a time or until it is ended', async (t) => {
  const { lab, run } = await commandLine(t);
  const start = Math.floor(Date.now() / 1000);
  const blocks = async () => (await lab.root('policy.get', {})).policy.blocks;
  const said = await run(['block', '192.168.51.25', '--for', '1h30m', '--remark', 'Exam']);
  t.is(said.code, 0, said.err);
  t.regex(
    said.out,
    /^192\.168\.51\.25 is blocked until 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\. In force as revision \d+\.\n$/,
  );
  const [block] = await blocks();
  t.like(block, { host: '192.168.51.25', action: 'drop', remark: 'Exam', by: 'root' });
  t.true((block?.until ?? 0) >= start + 5400 && (block?.until ?? 0) < start + 5460);
  t.is((await run(['allow', '00:16:3E:00:00:35'])).code, 0);
  t.like((await blocks())[1], { host: '00:16:3e:00:00:35', action: 'accept', until: null });
  t.is((await run(['unblock', '00:16:3E:00:00:35'])).code, 0);
  t.is((await run(['unblock', block?.id ?? ''])).code, 0);
  t.deepEqual(await blocks(), []);
  t.is((await run(['unblock', '192.168.51.25'])).code, 1);
  t.is((await run(['block', 'nonsense!'])).code, 1);
});

test('enable, rules, leases', async (t) => {
  const { lab, run } = await commandLine(t);
  for (const edit of [...handbookEdits, ADMIN]) await lab.root('policy.edit', { edit });
  await lab.root('policy.edit', { edit: { do: 'toggleRule', id: 'r2', enabled: false } });
  lab.twin.packets = { r1: { packets: 1234, bytes: 9 } };
  const rules = await run(['rules']);
  t.is(rules.code, 0, rules.err);
  t.regex(rules.out, /^1 +r1 +on +1\s?234 +MailAccess may reach any address outside/m);
  t.regex(rules.out, /^2 +r2 +off +0 +WebAccess/m);
  t.like(JSON.parse((await run(['rules', '--json'])).out)[0], { id: 'r1', packets: 1234 });
  t.regex((await run(['leases'])).out, /^192\.168\.51\.25 +00:16:3e:00:00:25 +until 1970-01-01 00:00:09 +pc$/m);
  t.regex((await run(['enable'])).out, /^BOT is enabled\. In force as revision \d+\.\n$/);
  t.is(lab.twin.held?.ruleset.mode, 'blocking');
});

test('explain: by a file on any machine, or by the policy in force; what is no question is told by its flag', async (t) => {
  const { lab, folder, run } = await commandLine(t, { block: true });
  for (const edit of handbookEdits) await lab.root('policy.edit', { edit });
  writeFileSync(join(folder, 'p.json'), JSON.stringify((await lab.root('policy.get', {})).policy));
  const asked = ['--from', '192.168.51.40', '--to', 'greengate', '--service', 'tcp/800', '--at', '2026-11-20T22:30'];
  for (const file of [['p.json'], []]) {
    const said = await run(['explain', ...file, ...asked]);
    t.is(said.code, 0, said.err);
    const answer = JSON.parse(said.out) as { at: number; steps: { rule: string; field: string | null }[] };
    t.like(answer, { verdict: 'accept', rule: 'WebAccess PCs can access the proxy', at: 1_795_213_800 });
    t.deepEqual(
      answer.steps.slice(-2).map(({ rule, field }) => [rule, field]),
      [
        ['MailAccess PCs can use MailingServices', 'source'],
        ['WebAccess PCs can access the proxy', null],
      ],
    );
  }
  // Whom the neighbour table knows can be asked about by MAC.
  const card = await run(['explain', '--from', '00:16:3e:00:00:25', '--to', '10.9.0.2', '--service', 'SMTP']);
  t.like(JSON.parse(card.out), { verdict: 'accept', packet: { from: '192.168.51.25' } });
  for (const [args, message] of [
    [['--to', 'greengate', '--service', 'tcp/25'], /^What --from is has to be said\.\nUsage: /],
    [[...asked.slice(0, 4), '--service', 'tcp/x'], /^--service: “x” is no port/],
    [[...asked, '--mac', 'x', '--source-port', 'y'], /^--mac: .* --source-port: “y” is no port/],
    [[...asked, '--why'], /Unknown option '--why'/],
  ] as const)
    for (const file of [['p.json'], []]) {
      const said = await run(['explain', ...file, ...args]);
      t.is(said.code, 2, said.err);
      t.is(said.out, '');
      t.regex(said.err, message);
    }
  t.is((await run(['explain', 'nowhere.json', ...asked])).code, 1);
});

test('lint: by a file on any machine, or of the policy in force', async (t) => {
  const { lab, folder, run } = await commandLine(t, { block: true });
  for (const edit of handbookEdits) await lab.root('policy.edit', { edit });
  const twice = handbookEdits.at(-1) as (typeof handbookEdits)[number];
  const { policy: sound } = await lab.root('policy.get', {});
  writeFileSync(join(folder, 'sound.json'), JSON.stringify(sound));
  t.deepEqual(await run(['lint', 'sound.json']), { code: 0, out: '[]\n', err: '' });
  t.deepEqual(await run(['lint']), { code: 0, out: '[]\n', err: '' });
  await lab.root('policy.edit', { edit: twice });
  const { policy } = await lab.root('policy.get', {});
  const last = policy.rules.length;
  writeFileSync(join(folder, 'p.json'), JSON.stringify(policy));
  for (const file of [['p.json'], []]) {
    const said = await run(['lint', ...file]);
    t.is(said.code, 0, said.err);
    t.like(JSON.parse(said.out), {
      length: 1,
      0: { kind: 'duplicate', number: last, fix: { do: 'deleteRule', id: policy.rules.at(-1)?.id } },
    });
    const [finding] = JSON.parse(said.out) as { packet: { from: string; port: number } }[];
    const { from, port } = finding?.packet ?? { from: '', port: 0 };
    const shown = await run(['explain', ...file, '--from', from, '--to', 'greengate', '--service', `tcp/${port}`]);
    t.is((JSON.parse(shown.out) as { number: number }).number, last - 1);
    t.is(
      (await run(['lint', ...file, '--text'])).out,
      `rule ${last}: Rule ${last - 1} (“WebAccess PCs can access the proxy”) says exactly the same.\n`,
    );
  }
  t.is((await run(['lint', 'nowhere.json'])).code, 1);
  t.is((await run(['lint', 'p.json', 'p.json'])).code, 2);
});

test('log: the newest lines, and what comes then, also in a new file', async (t) => {
  const { logs, run, start } = await commandLine(t);
  t.is((await run(['log'])).code, 1);
  const line = (port: number) =>
    `${JSON.stringify({
      'oob.prefix': 'GREEN DROP default',
      'oob.time.sec': 1_795_380_474,
      'oob.in': 'green',
      'ip.protocol': 6,
      src_ip: '192.168.51.25',
      dest_ip: '203.0.113.9',
      src_port: 52416,
      dest_port: port,
      'mac.saddr.str': '00:16:3e:00:00:25',
    })}\n`;
  const file = join(logs, 'firewall.json');
  for (let port = 1; port <= 3000; port += 1) appendFileSync(file, line(port));
  const two = await run(['log', '-n', '2']);
  t.is(
    two.out,
    [2999, 3000]
      .map(
        (port) =>
          `2026-11-22 20:47:54 GREEN DROP green TCP 192.168.51.25:52416 (00:16:3e:00:00:25) -> 203.0.113.9:${port} default\n`,
      )
      .join(''),
  );
  t.is((await run(['log', 'firewall', '--lines', '3000'])).out.split('\n').length, 3001);
  const follow = start(['log', '-f', '--lines=1', '--json']);
  const until = async (word: string) => {
    for (let tries = 0; tries < 300 && !follow.said().out.includes(word); tries += 1) await sleep(100);
  };
  await until('3000');
  appendFileSync(file, line(4001).slice(0, 50));
  await sleep(700);
  appendFileSync(file, `${line(4001).slice(50)}no line at all\n`);
  await sleep(700);
  renameSync(file, `${file}.1`);
  writeFileSync(file, line(4002));
  await until('4002');
  t.deepEqual(
    follow
      .said()
      .out.trim()
      .split('\n')
      .map((one) => (JSON.parse(one) as { destinationPort: number }).destinationPort),
    [3000, 4001, 4002],
  );
  t.not((await follow.interrupt()).code, null);
  writeFileSync(
    join(logs, 'proxy.log'),
    `${JSON.stringify({ time: 1_795_380_474, ms: 5, client: '192.168.51.35', status: 200, method: 'GET', url: 'http://www.example.com/\u001b[31m', bytes: 9, hier: 'TCP_MISS/HIER_DIRECT' })}\n`,
  );
  const proxy = await run(['log', 'proxy']);
  t.regex(proxy.out, /^2026-11-22 20:47:54 192\.168\.51\.35 200 TCP_MISS 9 GET http:\/\/www\.example\.com\//);
  t.notRegex(proxy.out, /\u001b/);
});

test('without an agent there is a sentence, and 1', async (t) => {
  const { lab, run } = await commandLine(t);
  lab.run = join(lab.run, 'elsewhere');
  t.deepEqual(await run(['status']), {
    code: 1,
    out: '',
    err: 'The agent does not answer: this is not the box, or the agent is not running.\n',
  });
});

test('generations and restore: what was in force, what would change, and back to it', async (t) => {
  const { lab, run } = await commandLine(t, { block: true });
  for (const edit of handbookEdits) await lab.root('policy.edit', { edit });
  const wanted = lab.box.generation.number;
  const { policy } = lab.box.generation;
  await lab.root('policy.edit', {
    edit: { do: 'save', collection: 'addresses', value: { name: '\u202ered', value: '192.168.51.9' } },
  });
  const list = await run(['generations']);
  t.is(list.code, 0, list.err);
  t.regex(
    list.out,
    new RegExp(`^${wanted + 1} +in force +20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d +root +added to`),
  );
  t.regex(list.out, new RegExp(`^${wanted} +20\\d\\d-.* +root +added a rule: “WebAccess PCs`, 'm'));
  t.notRegex(list.out, /\u202e/);
  t.like(JSON.parse((await run(['generations', '--json'])).out)[1], { number: wanted, inForce: false });

  const said = 'Address “\ufffdred” is removed; it was 192.168.51.9.\n';
  const tried = await run(['restore', String(wanted), '--dry-run']);
  t.deepEqual(tried, { code: 0, err: '', out: `${said}Nothing was changed.\n` });
  t.is(lab.box.generation.number, wanted + 1);
  const done = await run(['restore', String(wanted)]);
  t.deepEqual(done, { code: 0, err: '', out: `${said}In force as revision ${wanted + 2}.\n` });
  t.deepEqual(lab.box.generation.policy, policy);
  t.is((await run(['restore', String(wanted)])).out, 'Nothing changes.\n');
  t.is(lab.box.generation.number, wanted + 2);
  const gone = await run(['restore', '999']);
  t.deepEqual(gone, { code: 1, out: '', err: 'There is no generation 999, or it is kept no longer.\n' });
  for (const args of [['restore'], ['restore', 'x'], ['restore', '0'], ['restore', '1', '2'], ['generations', '1']])
    t.is((await run(args)).code, 2, args.join(' '));
});
