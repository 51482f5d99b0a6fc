import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Box } from './lib/box.ts';
import { inShell } from './lib/console.ts';
import { handbookBox } from './lib/handbook.ts';
import { endAll, TOP } from './lib/process.ts';
import { makeScene } from './lib/scene.ts';

/** Who runs on the box, as whom and with what rights, held against the table in docs/SECURITY.md; and what the web process's user gets at. */
const scene = await makeScene();
let box: Box;

test.before(async (t) => {
  t.timeout(600_000);
  box = await handbookBox(scene, 'processes');
});

test.after.always(async () => {
  await box?.powerOff();
  endAll();
});

test.serial(
  'every process is in the table, with its user and capabilities, and every line of the table runs',
  async (t) => {
    t.timeout(200_000);
    const users = new Map(passwd().map(([name = '', , uid = '']) => [uid, name]));
    const said = await inShell(box, (command) => command(LIST, 60));
    const running = new Set<string>();
    for (const line of said.split(/\r?\n/)) {
      const [, uid = '', caps = '', alone = '', words = ''] = /^=(\d+) (\w+) ([01]) (.*)$/.exec(line) ?? [];
      const name = names.find(([, pattern]) => pattern.test(words))?.[0] ?? words;
      if (words !== '' && name !== 'the shell of this test')
        running.add(`${name} | ${users.get(uid) ?? uid} | ${capabilities(caps)} | ${alone === '1' ? 'yes' : 'no'}`);
    }
    t.log(`${running.size} kinds of processes`);
    t.deepEqual([...running].sort(), table().sort());
  },
);

test.serial(
  'the user of the web process reads no secret but its own key, and writes nothing of the system',
  async (t) => {
    t.timeout(200_000);
    await inShell(box, async (command) => {
      const asWeb = (line: string) => command(`/usr/lib/greengate/sh/as web ${line} 2>&1; echo "rc=$?"`, 60);
      t.regex(await asWeb('cat /var/lib/greengate/tls/key.pem'), /BEGIN [A-Z ]*PRIVATE KEY/);
      for (const secret of ['users.json', 'users.json.last', 'log/audit.jsonl', 'generations', 'ssh', 'nothing'])
        t.regex(await asWeb(`cat /var/lib/greengate/${secret}`), /rc=[1-9]/, secret);
      for (const secret of [
        '/etc/shadow',
        '/run/greengate/sessions.json',
        '/run/greengate/setup-code',
        '/proc/1/environ',
      ])
        t.regex(await asWeb(`cat ${secret}`), /rc=[1-9]/, secret);
      for (const place of [
        '/',
        '/usr',
        '/usr/lib/greengate',
        '/etc',
        '/var/lib/greengate',
        '/run/greengate',
        '/run/greengate/plan',
      ])
        t.regex(await asWeb(`touch ${place}/here`), /rc=[1-9]/, place);
      for (const line of ['nft list ruleset', 'conntrack -L', 'ip link set green down', 'kill 1'])
        t.regex(await asWeb(line), /rc=[1-9]/, line);
    });
  },
);

test.serial('a hijacked web process without a session gets nothing from the agent', async (t) => {
  t.timeout(200_000);
  await inShell(box, async (command) => {
    const ask = (socket: string, verb: string) =>
      command(`/usr/lib/greengate/sh/as web /usr/lib/greengate/bin/node -e "${asking(socket, verb)}"`, 60);
    for (const verb of ['policy.get', 'policy.edit', 'reboot']) t.regex(await ask('web', verb), /answer 40[01]/, verb);
    t.regex(await ask('root', 'policy.get'), /EACCES/);
    t.regex(await ask('web', 'setup.status'), /answer 200/);
  });
});

/** Node's program in one line without a quote that the shell would take. */
const asking = (socket: string, verb: string): string =>
  `require('http').request({socketPath:'/run/greengate/${socket}.sock',path:'/${verb}',method:'POST',headers:{'content-type':'application/json'}},` +
  `r=>console.log('answer',r.statusCode)).on('error',e=>console.log(e.code)).end('{}')`;

/** `=UID CAPABILITIES NO_NEW_PRIVS WORDS` of each process that is no thread of the kernel. */
const LIST = [
  'for p in /proc/[0-9]*; do readlink $p/exe >/dev/null || continue',
  'u= c= n=; while read -r k v w; do case $k in Uid:) u=$v;; CapEff:) c=$v;; NoNewPrivs:) n=$v;; esac; done <$p/status',
  'echo "=$u $c $n $(tr "\\0" " " <$p/cmdline)"; done 2>/dev/null',
].join('; ');

const names: [name: string, pattern: RegExp][] = [
  ['init', /^(\/sbin\/)?init/],
  ['supervise-daemon', /^supervise-daemon /],
  ['console', /sh\/console\b/],
  ['console', /^sleep 5\b/],
  ['logs', /sh\/logs rotate/],
  ['logs', /^sleep 30\b/],
  ['agent', /agent\.js/],
  ['web', /web\.js/],
  ['squid', /^\S*squid /],
  ['dnsmasq', /^\S*dnsmasq /],
  ['ulogd', /^\S*ulogd /],
  ['chronyd', /^\S*chronyd /],
  ['syslogd', /^\S*busybox syslogd/],
  ['watchdog', /sh\/watchdog\b|^busybox watchdog\b|^sleep 1\b/],
  ['udhcpc', /^\S*busybox udhcpc/],
  ['the shell of this test', /^busybox sh\b|^tr /],
];

/** Numbers of include/uapi/linux/capability.h. */
const capabilityNames: Record<number, string> = {
  10: 'NET_BIND_SERVICE',
  12: 'NET_ADMIN',
  13: 'NET_RAW',
  25: 'SYS_TIME',
};

const capabilities = (hex: string): string => {
  const mask = BigInt(`0x${hex}`);
  if (mask === 0n) return 'none';
  const bits = Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => (mask >> BigInt(bit)) & 1n);
  return bits.length > 38 ? 'all' : bits.map((bit) => capabilityNames[bit] ?? `capability ${bit}`).join(', ');
};

function passwd(): string[][] {
  return readFileSync(join(TOP, 'rootfs/etc/passwd'), 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
}

/** The lines of the table, without the one of SSH, which is off. */
function table(): string[] {
  const page = readFileSync(join(TOP, 'docs/SECURITY.md'), 'utf8');
  const part = /^## Processes\n([\s\S]*?)^## /m.exec(page)?.[1] ?? '';
  return [...part.matchAll(/^\| `([^|`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|.*\|$/gm)]
    .map(([, ...cells]) => cells.map((cell) => cell.trim()).join(' | '))
    .filter((line) => !line.startsWith('sshd'));
}
