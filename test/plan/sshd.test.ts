import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { chronyConf } from '../../src/plan/chrony.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import { authorizedKeys, sshdConfig } from '../../src/plan/sshd.ts';
import { policySchema, SCHEMA } from '../../src/policy/schema.ts';
import { sshKeyFault } from '../../src/policy/ssh-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'gg-sshd-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const facts = applianceFacts(true, 1_795_420_000);
const policyWith = (sections: object) => policySchema.parse({ schema: SCHEMA, ...sections });

/** `make golden` rewrites the texts, as those of the rules. */
const golden = (name: string, text: string): string => {
  const file = join(import.meta.dirname, 'golden', name);
  if (process.env.GOLDEN === 'write') writeFileSync(file, text);
  return readFileSync(file, 'utf8');
};

const key = (name: string, type: string, ...more: string[]): string => {
  execFileSync('ssh-keygen', ['-q', '-t', type, ...more, '-N', '', '-C', name, '-f', join(folder, name)]);
  return readFileSync(join(folder, `${name}.pub`), 'utf8').trim();
};

test('sshd_config: one port of GREEN, keys only, nothing forwarded', (t) => {
  const text = sshdConfig(policyWith({ ssh: { enabled: true, port: 222 } }), facts);
  t.is(text, golden('sshd_config', text));
});

test('sshd itself understands it so', (t) => {
  if (!existsSync('/usr/sbin/sshd')) return t.log('no sshd on this machine');
  const data = join(folder, 'data');
  mkdirSync(join(data, 'ssh'), { recursive: true });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(data, 'ssh/ssh_host_ed25519_key')]);
  chmodSync(join(data, 'ssh'), 0o700);
  const path = join(folder, 'sshd_config');
  const here = { ...facts, paths: { ...facts.paths, data, run: folder } };
  writeFileSync(path, sshdConfig(policyWith({ ssh: { port: 2022 } }), here));
  mkdirSync('/run/sshd', { recursive: true });
  const said = execFileSync('/usr/sbin/sshd', ['-T', '-f', path, '-C', 'user=root,addr=192.168.51.10,host=pc'], {
    encoding: 'utf8',
  });
  for (const line of [
    'listenaddress 192.168.51.254:2022',
    'permitrootlogin without-password',
    'passwordauthentication no',
    'kbdinteractiveauthentication no',
    'authenticationmethods publickey',
    'disableforwarding yes',
    'usepam no',
    'allowusers root',
    'permituserenvironment no',
  ])
    t.true(said.split('\n').includes(line), line);
  t.false(/^(subsystem|acceptenv)/m.test(said), said);
});

test('authorized_keys: a line for each key, and nothing else', (t) => {
  const keys = [key('one', 'ed25519'), key('two', 'rsa', '-b', '2048')];
  t.is(authorizedKeys(policyWith({ ssh: { keys } })), `${keys[0]}\n${keys[1]}\n`);
  t.is(authorizedKeys(policyWith({})), '');
});

test('a key with a part missing, of another type, or too short is named', (t) => {
  const good = key('good', 'ed25519');
  t.is(sshKeyFault(good), null);
  t.is(sshKeyFault(key('curve', 'ecdsa')), null);
  t.is(sshKeyFault(key('long', 'rsa', '-b', '2048')), null);
  const [type = '', body = ''] = good.split(' ');
  t.regex(sshKeyFault(`${type} ${body.slice(0, 40)} me`) ?? '', /part of it is missing/);
  t.regex(sshKeyFault(`${type} ${body.slice(1)} me`) ?? '', /part of it is missing/);
  t.regex(sshKeyFault(`ssh-rsa ${body} me`) ?? '', /no ssh-rsa/);
  t.regex(sshKeyFault(key('short', 'rsa', '-b', '1024')) ?? '', /2048/);
});

test('chrony.conf: the owner’s servers, pools as pools, GREEN served', (t) => {
  const servers = ['0.pool.ntp.org', 'ptbtime1.ptb.de', '10.9.0.2', 'spool.example'];
  const text = chronyConf(policyWith({ time: { servers } }), facts);
  t.is(text, golden('chrony.conf', text));
});

test('chrony.conf: GREEN not served means no port for anybody', (t) => {
  const text = chronyConf(policyWith({ time: { serveGreen: false } }), facts);
  t.regex(text, /^port 0$/m);
  t.notRegex(text, /^(allow|bindaddress)/m);
});
