import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync, symlinkSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { NODE } from '../appliance/lib/process.ts';
import { Bench, SHELLS, type Shell } from './lib/bench.ts';
import { Terminal } from './lib/terminal.ts';

const blocking = (policy: { settings: { enabled: boolean; adminMac: string } }) => {
  policy.settings.enabled = true;
  policy.settings.adminMac = '02:00:00:00:00:01';
};

const working = (shell: Shell): Bench => {
  const box = new Bench(shell);
  box.interfaces('green', 'red');
  box.plan(blocking);
  box.script('rules');
  box.script('network', ['up']);
  box.write('run/setup-code', 'ABCDE-FGHJK\n');
  box.write('run/fingerprint', 'AA:BB\n');
  symlinkSync(NODE, box.path('lib/bin/node'));
  return box;
};

/** A menu that ends with its test. */
const open = (t: ExecutionContext, box: Bench, env: Record<string, string> = {}): Terminal => {
  const terminal = new Terminal(box, env);
  t.teardown(() => terminal.close());
  return terminal;
};

const chain = (box: Bench, name: string) => box.run(['nft', 'list', 'chain', 'ip', 'filter', name]).said;

for (const shell of SHELLS) {
  test(`${shell}: the menu shows where the admin pages are, the code and the state; whatever is typed, it comes back`, async (t) => {
    const box = working(shell);
    const terminal = open(t, box);
    const shown = await terminal.menu();
    for (const part of [
      'https://192.168.51.254:445/',
      'ABCDE-FGHJK',
      'AA:BB',
      /BOT +enabled/,
      /Rules +generation 1 in force/,
    ])
      t.regex(shown, part instanceof RegExp ? part : new RegExp(part.replaceAll('.', '\\.')));
    for (const keys of [
      '\r',
      '99\r',
      '$(reboot)\r',
      "'\r",
      '*\r',
      '\x03',
      '\x1c',
      '\x1a',
      '\x04',
      '\x00\xff\x1b[A\r',
      `${'x'.repeat(3000)}\r`,
    ]) {
      terminal.keys(keys);
      await terminal.menu();
    }
    t.false(terminal.ended);
  });

  test(`${shell}: what changes is drawn without a key being pressed`, async (t) => {
    const box = working(shell);
    const terminal = open(t, box);
    await terminal.menu();
    box.write('run/status', 'rules: generation 1 in force\nred: RED is on fire.\n');
    t.regex(await terminal.menu(), /! red: RED is on fire\./);
  });

  test(`${shell}: a terminal that is gone ends the menu, so that init can start it again`, async (t) => {
    const box = working(shell);
    const { code } = box.script('console');
    t.is(code, 0);
  });

  test(`${shell}: BOT is released, and the menu says so`, async (t) => {
    const box = working(shell);
    const terminal = open(t, box);
    await terminal.menu();
    await terminal.type('5');
    await terminal.expect(/\[y\/N\] $/);
    await terminal.type('');
    await terminal.menu();
    t.regex(chain(box, 'BOT_INPUT'), /goto/);
    await terminal.type('5');
    await terminal.expect(/\[y\/N\] $/);
    await terminal.type('y');
    await terminal.expect(/BOT is released/);
    await terminal.type('');
    t.regex(await terminal.menu(), /BOT +RELEASED at the console/);
    t.notRegex(chain(box, 'BOT_INPUT'), /goto/);
  });

  test(`${shell}: the console's password guards what opens, ends or starts something, and only that`, async (t) => {
    const box = working(shell);
    const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: 'let me in\n', encoding: 'utf8' });
    box.write('data/console-password', hash, 0o600);
    const terminal = open(t, box);
    await terminal.menu();
    for (const [choice, password] of [
      ['5', 'let me out'],
      ['l', 'let me out'],
      ['6', ''],
      ['7', '\x03'],
      ['8', '\x04'],
      ['9', 'let me in '],
    ] as const) {
      await terminal.type(choice);
      await terminal.expect(/Console password: $/);
      if (password.startsWith('\x03') || password.startsWith('\x04')) terminal.keys(password);
      else await terminal.type(password);
      const after = await terminal.menu();
      t.notRegex(after, /root shell|Reboot now|Power off now/, choice);
    }
    t.regex(chain(box, 'BOT_INPUT'), /goto/);
    t.is(box.read('rc.log'), '');
    await terminal.type('9');
    await terminal.expect(/Console password: $/);
    await terminal.type('let me in');
    await terminal.expect(/greengate:\S*# /);
    await terminal.type('iptables -F BOT_INPUT');
    await terminal.expect(/greengate:\S*# /);
    await terminal.type('iptables -F CUSTOMFORWARD');
    await terminal.expect(/greengate:\S*# /);
    await terminal.type('exit');
    t.regex(await terminal.menu(), /BOT +RELEASED/);
    await terminal.type('4');
    await terminal.expect(/Address of GREEN/);
    terminal.keys('\x03');
    await terminal.menu();
  });

  test(`${shell}: GREEN gets an address that fits, and none that does not`, async (t) => {
    const box = working(shell);
    box.run(['ip', 'addr', 'add', '10.9.0.50/24', 'dev', 'red']);
    const terminal = open(t, box);
    await terminal.menu();
    for (const wrong of [
      '',
      '192.168.51.1',
      '10.1.1.1/33',
      '10.1.1.0/24',
      '10.1.1.255/24',
      '127.0.0.1/8',
      '10.9.9.9/8',
      '1.2.3.4/31',
      'fd00::1/64',
      '$(id)/24',
    ]) {
      await terminal.type('4');
      await terminal.expect(/Address of GREEN[\s\S]*: $/);
      await terminal.type(wrong);
      await terminal.expect(/Nothing was changed\./);
      await terminal.menu();
    }
    t.is(box.read('data/green-override'), '');
    await terminal.type('4');
    await terminal.expect(/Address of GREEN[\s\S]*: $/);
    await terminal.type('10.51.0.1/16');
    await terminal.expect(/\[y\/N\] $/);
    await terminal.type('y');
    t.regex(await terminal.menu(), /https:\/\/10\.51\.0\.1:445\//);
    t.is(box.read('data/green-override'), "GREEN_CIDR='10.51.0.1/16'\n");
    t.regex(box.run(['ip', '-4', 'addr', 'show', 'dev', 'green']).said, /inet 10\.51\.0\.1\/16/);
    t.regex(box.read('rc.log'), /agent restart/);
  });

  test(`${shell}: the cards can be swapped and chosen, never the same one twice`, async (t) => {
    const box = working(shell);
    box.card('eth0', '02:00:00:00:00:11', 'pci/03', 'igb');
    box.card('eth1', '02:00:00:00:00:22', 'pci/04', 'igb');
    box.write('data/nics.conf', 'GREEN_MAC=02:00:00:00:00:11\nRED_MAC=02:00:00:00:00:22\n');
    const terminal = open(t, box, { GREENGATE_SYS: box.path('sys') });
    await terminal.menu();
    await terminal.type('3');
    t.regex(await terminal.expect(/ 1 +02[\s\S]*swap[\s\S]*: $/), /1 +02:00:00:00:00:11 +igb +link \w+ +GREEN/);
    await terminal.type('s');
    await terminal.menu();
    t.is(box.read('data/nics.conf'), 'GREEN_MAC=02:00:00:00:00:22\nRED_MAC=02:00:00:00:00:11\n');
    for (const [green, red] of [
      ['3', ''],
      ['0', ''],
      ['x', ''],
      ['1', '1'],
    ] as const) {
      await terminal.type('3');
      await terminal.expect(/swap[\s\S]*: $/);
      await terminal.type(green);
      if (red !== '') {
        await terminal.expect(/for RED: $/);
        await terminal.type(red);
      }
      await terminal.expect(/Nothing was changed/);
      await terminal.menu();
    }
    await terminal.type('3');
    await terminal.expect(/swap[\s\S]*: $/);
    await terminal.type('1');
    await terminal.expect(/for RED: $/);
    await terminal.type('2');
    await terminal.menu();
    t.is(box.read('data/nics.conf'), 'GREEN_MAC=02:00:00:00:00:11\nRED_MAC=02:00:00:00:00:22\n');
  });

  test(`${shell}: what opens, ends or restarts something is on record for the agent, and what was refused is not`, async (t) => {
    const box = working(shell);
    const terminal = open(t, box);
    await terminal.menu();
    for (const [keys, end] of [
      ['5\ry\r\r', /BOT is released/],
      ['5\rn\r', /Nothing was changed/],
      ['7\rn\r', /Nothing was changed/],
      ['6\r\r', /Press Enter/],
      ['9\rexit\r', /greengate:/],
    ] as const) {
      terminal.keys(keys);
      await terminal.expect(end);
      await terminal.menu();
    }
    t.is(box.read('data/console-acts'), 'released BOT\nrestarted the services\nopened a shell\n');
  });

  test(`${shell}: the admin password is reset by a mark for the agent`, async (t) => {
    const box = working(shell);
    const terminal = open(t, box);
    await terminal.menu();
    await terminal.type('2');
    await terminal.expect(/\[y\/N\] $/);
    await terminal.type('y');
    await terminal.menu();
    t.is(box.run(['ls', box.path('data')]).said.includes('reset-admin'), true);
  });

  test(`${shell}: it says what is broken: Node, the policy, the rules, and what was chosen is still done`, async (t) => {
    const box = working(shell);
    rmSync(box.path('lib/bin/node'));
    const one = open(t, box);
    t.regex(await one.menu(), /Agent +NOT RUNNING: Node is missing/);
    box.write('lib/bin/node', 'no program');
    chmodSync(box.path('lib/bin/node'), 0o755);
    rmSync(box.path('run/plan'), { recursive: true });
    box.script('plan');
    box.run(['nft', 'flush', 'ruleset']);
    const two = open(t, box);
    const shown = await two.menu();
    t.regex(shown, /Agent +NOT RUNNING: Node cannot be started/);
    t.regex(shown, /! plan: No usable policy and no default policy: the box stays closed/);
    t.regex(shown, /BOT +NO RULES ARE IN FORCE/);
    await two.type('9');
    await two.expect(/greengate:\S*# /);
    await two.type('exit');
    await two.menu();
  });
}
