import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { compile } from '../../src/compile/compile.ts';
import { applianceFacts } from '../../src/plan/facts.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { fields } from './lib/values.ts';

/**
 * What the policy takes, the real programs take: values near the edge of what is allowed, hostile ones among them, are put into the
 * policy's fields, and whatever `parsePolicy` lets through is given to dnsmasq, squid, sshd, ssh-keygen, chronyd, sh and nft themselves.
 */
const top = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'gg-accepted-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
const facts = { ...applianceFacts(true, 1_795_420_000), ipv6: true };
facts.paths = { ...facts.paths, data: folder, run: folder };

/** What a program says against what it is given; null: nothing. */
const said = (program: string, args: string[], input = ''): Promise<string | null> =>
  new Promise((resolve) => {
    const child = execFile(program, args, (error, stdout, stderr) => {
      const bad = error !== null || /FATAL|ERROR|Bungled|bad name/.test(stderr);
      resolve(bad ? `${program}: ${stderr.trim() || stdout.trim() || error?.message}` : null);
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const chronyd = ['/usr/sbin/chronyd', join(top, 'build/tools/chrony/usr/sbin/chronyd')].find(existsSync);
const sshd = ['/usr/sbin/sshd'].find(existsSync);

const nothing = Promise.resolve(null);

/** Who reads each file of the plan. */
const checkers: Record<string, (text: string) => Promise<string | null>> = {
  'dnsmasq.conf': (text) => said('dnsmasq', ['--test', '-C', write('dnsmasq.conf', text)]),
  'squid.conf': (text) => said('squid', ['-k', 'parse', '-f', write('squid.conf', text)]),
  'ruleset.nft': (text) => said('unshare', ['-rn', 'nft', '-c', '-f', '-'], text),
  'network.env': (text) =>
    said('sh', ['-euc', `. ${write('network.env', text)}; [ -f "/usr/share/zoneinfo/$TIMEZONE" ]`]),
  'chrony.conf': (text) => (chronyd === undefined ? nothing : said(chronyd, ['-p', '-f', write('chrony.conf', text)])),
  sshd_config: (text) => (sshd === undefined ? nothing : said(sshd, ['-t', '-f', write('sshd_config', text)])),
  authorized_keys: (text) => (text === '' ? nothing : said('ssh-keygen', ['-l', '-f', write('authorized_keys', text)])),
};

/** Texts that passed: most policies change one file only. */
const passed = new Set<string>();

const faultsOf = async (files: Record<string, string>): Promise<string[]> => {
  const faults: string[] = [];
  for (const [name, check] of Object.entries(checkers)) {
    const text = files[name] ?? '';
    if (passed.has(`${name} ${text}`)) continue;
    const fault = await check(text);
    if (fault === null) passed.add(`${name} ${text}`);
    else faults.push(fault);
  }
  return faults;
};

mkdirSync('/run/sshd', { recursive: true });
mkdirSync(join(folder, 'ssh'));
execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'ssh/ssh_host_ed25519_key')]);

for (const [name, sections] of Object.entries(fields))
  test.serial(`${name}: what the policy takes, the programs take`, async (t) => {
    if (name === 'time' && chronyd === undefined) t.log('chronyd is not on this machine: chrony.conf was not checked');
    if (name === 'ssh' && sshd === undefined) t.log('sshd is not on this machine: sshd_config was not checked');
    let [taken, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(sections, async (more) => {
        const parsed = parsePolicy({ schema: 2, ...more });
        if (parsed.ok) taken += 1;
        else refused += 1;
        if (parsed.ok) t.deepEqual(await faultsOf(compile(parsed.value, facts).files), [], JSON.stringify(more));
        else
          for (const { message } of parsed.problems)
            t.regex(message, /^(?!Invalid)[\p{Lu}“].*\.$/u, JSON.stringify(more));
      }),
      { numRuns: 80 },
    );
    t.true(taken > 1 && refused > 1, `${taken} taken, ${refused} refused`);
  });
