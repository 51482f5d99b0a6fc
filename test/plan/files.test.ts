import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { compile } from '../../src/compile/compile.ts';
import { dotted } from '../../src/plan/dnsmasq.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import { users } from '../../src/plan/users.ts';
import { defaultPolicy } from '../../src/policy/defaults.ts';
import { edited } from '../lib/handbook.ts';

const top = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'gg-plan-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const policy = edited(defaultPolicy(), [
  {
    do: 'section',
    section: 'network',
    value: { hostname: 'gate', red: { mode: 'static', address: '10.9.0.50', netmask: '24', gateway: '10.9.0.2' } },
  },
  {
    do: 'section',
    section: 'dhcp',
    value: { fixed: [{ mac: '02:00:00:00:05:46', address: '192.168.51.70', name: 'printer' }] },
  },
  { do: 'section', section: 'dns', value: { servers: ['10.9.0.2'] } },
  { do: 'section', section: 'proxy', value: { cache: true, safePorts: '80, 443, 8000-8080' } },
]);
const { files } = compile(policy, applianceFacts(true, 1_795_420_000));

test('the user ids are those of the image', (t) => {
  const lines = readFileSync(join(top, 'rootfs/etc/passwd'), 'utf8').split('\n');
  for (const [name, id] of Object.entries(users)) {
    t.true(
      lines.some((line) => line.startsWith(`${name}:`) && Number(line.split(':')[2]) === id),
      `${name} should be ${id}`,
    );
  }
});

test('dnsmasq takes its configuration', (t) => {
  const text = files['dnsmasq.conf'] ?? '';
  t.regex(text, /^dhcp-host=02:00:00:00:05:46,192\.168\.51\.70,printer$/m);
  t.regex(text, /^dhcp-range=192\.168\.51\.100,192\.168\.51\.199,255\.255\.255\.0,720m$/m);
  const path = join(folder, 'dnsmasq.conf');
  writeFileSync(path, text);
  t.notThrows(() => execFileSync('dnsmasq', ['--test', '-C', path], { stdio: 'pipe' }));
});

test('dnsmasq takes names with capitals that would be no international ones', (t) => {
  const odd = edited(policy, [
    { do: 'section', section: 'network', value: { hostname: 'TT--3', domain: 'Lan.xn--a', names: ['GATE.xn--a'] } },
    {
      do: 'section',
      section: 'dhcp',
      value: { fixed: [{ mac: '02:00:00:00:05:46', address: '192.168.51.70', name: 'tt--T3' }] },
    },
  ]);
  const texts = compile(odd, applianceFacts(true, 1_795_420_000)).files;
  const path = join(folder, 'odd.conf');
  writeFileSync(path, texts['dnsmasq.conf'] ?? '');
  t.notThrows(() => execFileSync('dnsmasq', ['--test', '-C', path], { stdio: 'pipe' }));
  t.is(texts.hosts, '192.168.51.254 tt--3 gate.xn--a\n');
});

test('squid takes its configuration', (t) => {
  const path = join(folder, 'squid.conf');
  writeFileSync(path, files['squid.conf'] ?? '');
  const { status, stderr } = spawnSync('squid', ['-k', 'parse', '-f', path], { encoding: 'utf8' });
  t.is(status, 0, stderr);
  t.false(/FATAL|ERROR/.test(stderr), stderr);
  t.regex(files['squid.conf'] ?? '', /^acl safe port 80 443 8000-8080$/m);
});

test('sh reads the network file, and finds nothing but values in it', (t) => {
  const path = join(folder, 'network.env');
  writeFileSync(path, files['network.env'] ?? '');
  const said = execFileSync(
    'sh',
    ['-euc', `. ${path}; echo "$GREEN_CIDR $RED_MODE $RED_CIDR $RED_GATEWAY $LOWEST_PORT $HOSTNAME"`],
    { encoding: 'utf8' },
  );
  t.is(said.trim(), '192.168.51.254/24 static 10.9.0.50/24 10.9.0.2 445 gate');
  for (const line of (files['network.env'] ?? '').trim().split('\n')) t.regex(line, /^[A-Z_]+='[^']*'$/);
});

test('the UI listens where the policy says, under its names', (t) => {
  t.deepEqual(JSON.parse(files['web.json'] ?? ''), {
    address: '192.168.51.254',
    port: 445,
    names: ['gate', 'gate.lan'],
  });
});

test('a netmask is dotted, whichever way it was written', (t) => {
  t.is(dotted('27'), '255.255.255.224');
  t.is(dotted('255.255.255.0'), '255.255.255.0');
  t.is(dotted('8'), '255.0.0.0');
});
