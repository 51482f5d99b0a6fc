import { uptime } from 'node:os';
import test, { type ExecutionContext } from 'ava';
import { packetLine } from '../lib/log-lines.ts';
import { Bench, SHELLS, type Shell } from './lib/bench.ts';
import { Terminal } from './lib/terminal.ts';

const working = (shell: Shell): Bench => {
  const box = new Bench(shell);
  box.interfaces('green', 'red');
  box.plan((policy) => {
    policy.settings.enabled = true;
    policy.settings.adminMac = '02:00:00:00:00:01';
  });
  box.script('rules');
  box.script('network', ['up']);
  return box;
};

const rule = /iifname "green" tcp dport 445 accept comment "let in at the console"/;
const held = (box: Bench) => box.run(['nft', 'list', 'chain', 'ip', 'filter', 'BOT_INPUT']).said;
const open = (t: ExecutionContext, box: Bench): Terminal => {
  const terminal = new Terminal(box);
  t.teardown(() => terminal.close());
  return terminal;
};

for (const shell of SHELLS) {
  test(`${shell}: GREEN is let in to the pages for ten minutes, before all rules, and not a second time beside it`, async (t) => {
    const box = working(shell);
    const terminal = open(t, box);
    await terminal.menu();
    for (let times = 0; times < 2; times += 1) {
      await terminal.type('l');
      await terminal.expect(/\[y\/N\] $/);
      await terminal.type('y');
      await terminal.expect(/reaches the admin pages for ten minutes/);
      await terminal.type('');
      t.regex(await terminal.menu(), /Let in +every computer on GREEN/);
    }
    const lines = held(box)
      .split('\n')
      .filter((line) => rule.test(line));
    t.is(lines.length, 1);
    t.true(held(box).indexOf(lines[0] ?? '') < held(box).indexOf('meta mark set'));
    t.is(box.read('data/console-acts'), 'let GREEN reach the admin pages for ten minutes\n'.repeat(2));
    const left = Number(box.read('run/let-in')) - uptime();
    t.true(left > 590 && left <= 600, `${left}`);
  });

  test(`${shell}: it ends with its time, and with other rules`, (t) => {
    const box = working(shell);
    t.is(box.script('let-in', ['open']).code, 0);
    box.script('let-in', ['tick']);
    t.regex(held(box), rule);
    box.write('run/let-in', `${Math.floor(uptime())}\n`);
    box.script('let-in', ['tick']);
    t.notRegex(held(box), rule);
    t.is(box.read('run/let-in'), '');
    t.regex(held(box), /goto/);
    box.script('let-in', ['open']);
    box.script('rules');
    box.script('let-in', ['tick']);
    t.is(box.read('run/let-in'), '');
    t.is(box.script('let-in', ['nonsense']).code, 2);
  });

  test(`${shell}: without chains it says so`, (t) => {
    const box = working(shell);
    box.run(['nft', 'flush', 'ruleset']);
    t.not(box.script('let-in', ['open']).code, 0);
    t.is(box.read('run/let-in'), '');
  });

  test(`${shell}: what was denied to a host is told from the log, without the agent`, async (t) => {
    const box = working(shell);
    const mine = packetLine().replaceAll('":', '": ').replaceAll(',"', ', "');
    box.write('log/firewall.json.1', `${mine.replace('"dest_port": 800', '"dest_port": 25')}\n`);
    const others = [packetLine({ src_ip: '192.168.51.255' }), packetLine({ 'oob.prefix': 'GREEN ACCEPT r1' })];
    box.write('log/firewall.json', `${[...others, packetLine({ 'oob.prefix': 'GREEN REJECT r7' })].join('\n')}\n`);
    const terminal = open(t, box);
    await terminal.menu();
    const ask = async (address: string) => {
      await terminal.type('w');
      await terminal.expect(/on GREEN: $/);
      await terminal.type(address);
      const said = await terminal.expect(/[\s\S]*Press Enter/);
      await terminal.type('');
      await terminal.menu();
      return said;
    };
    const said = await ask('192.168.51.25');
    t.deepEqual(
      said.match(/^ {2}\d{4}.*\b(DROP|REJECT).*$/gm)?.map((line) => line.trim()),
      [
        '2026-11-22T20:47:54  TCP to 192.168.51.254 port 25: GREEN DROP default',
        '2026-11-22T20:47:54  TCP to 192.168.51.254 port 800: GREEN REJECT r7',
      ],
    );
    t.regex(await ask('192.168.51.2'), /Nothing that 192\.168\.51\.2 sent was denied/);
    t.regex(await ask('.*'), /That is not an address/);
  });

  test(`${shell}: what is neither address nor name is not looked up`, async (t) => {
    const box = working(shell);
    const terminal = open(t, box);
    await terminal.menu();
    for (const typed of ['-f', '$(reboot)', 'a b', '']) {
      await terminal.type('p');
      await terminal.expect(/name to look up: $/);
      await terminal.type(typed);
      await terminal.expect(/neither an address nor a name/);
      await terminal.type('');
      await terminal.menu();
    }
    await terminal.type('p');
    await terminal.type('127.0.0.1');
    await terminal.expect(/3 packets (received|transmitted)/i);
    await terminal.type('');
    await terminal.menu();
    t.pass();
  });
}
