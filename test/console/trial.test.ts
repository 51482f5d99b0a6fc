import { readlinkSync } from 'node:fs';
import { uptime } from 'node:os';
import test, { type ExecutionContext } from 'ava';
import { Bench, SHELLS, type Shell } from './lib/bench.ts';
import { Terminal } from './lib/terminal.ts';

/** A change on trial, at a console without an agent: generation 2 blocks, generation 1 is the confirmed one and is open. */
const onTrial = (shell: Shell): Bench => {
  const box = new Bench(shell);
  box.interfaces('green', 'red');
  box.generation(1);
  box.generation(2, (policy) => {
    policy.settings.enabled = true;
    policy.settings.adminMac = '02:00:00:00:00:01';
  });
  box.current(2);
  box.script('plan');
  box.script('rules');
  box.script('network', ['up']);
  box.current(1);
  box.write('run/trial', `2 ${Math.ceil(uptime()) + 80} admin\nadded a rule: <b> $(reboot)\n`);
  return box;
};

const held = (box: Bench) => box.run(['nft', 'list', 'chain', 'ip', 'filter', 'GREENGATE']).said;
const current = (box: Bench) => readlinkSync(box.path('data/current'));
const open = (t: ExecutionContext, box: Bench): Terminal => {
  const terminal = new Terminal(box);
  t.teardown(() => terminal.close());
  return terminal;
};

for (const shell of SHELLS) {
  test(`${shell}: the menu shows what is on trial and for how long, and nothing of it without`, async (t) => {
    const box = onTrial(shell);
    const terminal = open(t, box);
    const shown = await terminal.menu();
    t.regex(shown, /On trial +added a rule: <b> \$\(reboot\), by admin: undone in \d\d s unless it is kept/);
    t.regex(shown, /k {2}Keep the change on trial +u {2}Undo it/);
    box.run(['rm', box.path('run/trial')]);
    terminal.keys('\r');
    t.notRegex(await terminal.menu(), /trial/);
  });

  test(`${shell}: undo without an agent loads what was confirmed, forgets the connections and starts the daemons again`, async (t) => {
    const box = onTrial(shell);
    t.regex(held(box), /generation 2 blocking/);
    box.run([
      'conntrack',
      '-I',
      '-p',
      'udp',
      '-s',
      '192.168.51.9',
      '-d',
      '10.9.0.2',
      '--sport',
      '9',
      '--dport',
      '9',
      '-t',
      '99',
    ]);
    t.regex(box.run(['conntrack', '-L']).said, /192\.168\.51\.9/);
    const terminal = open(t, box);
    await terminal.menu();
    await terminal.type('u');
    await terminal.expect(/done without it\.[\s\S]*The change was undone\./);
    t.regex(held(box), /generation 1 open/);
    t.is(box.read('run/trial'), '');
    t.is(current(box), 'generations/1');
    t.notRegex(box.run(['conntrack', '-L']).said, /192\.168\.51\.9/);
    t.regex(box.read('rc.log'), /squid restart/);
  });

  test(`${shell}: a change whose time is long over is undone without an agent, and none before`, async (t) => {
    const box = onTrial(shell);
    const end = (seconds: number) => box.write('run/trial', `2 ${Math.ceil(uptime()) + seconds} admin\nadded a rule\n`);
    for (const seconds of [80, -5]) {
      end(seconds);
      t.is(box.script('trial', ['tick']).code, 0);
      t.regex(held(box), /generation 2 blocking/);
    }
    end(-11);
    t.regex(box.script('trial', ['tick']).said, /The change was undone\./);
    t.regex(held(box), /generation 1 open/);
    t.is(box.read('run/trial'), '');
    t.deepEqual(box.script('trial', ['tick']), { code: 0, said: '' });
  });

  test(`${shell}: keep without an agent makes it what the next start loads`, async (t) => {
    const box = onTrial(shell);
    const { code, said } = box.script('trial', ['keep']);
    t.is(code, 0);
    t.regex(said, /The change is kept\./);
    t.is(current(box), 'generations/2');
    t.is(box.read('run/trial'), '');
    box.script('plan');
    t.is(box.read('run/plan-name').trim(), 'generation 2');
    t.is(box.script('trial', ['keep']).code, 1);
  });

  test(`${shell}: what cannot be kept or undone is said, and stays as it is`, async (t) => {
    const box = onTrial(shell);
    box.write('run/trial', `7 ${Math.ceil(uptime()) + 80} admin\nlost\n`);
    t.is(box.script('trial', ['keep']).code, 1);
    t.is(current(box), 'generations/1');
    t.regex(held(box), /generation 2 blocking/);
    t.is(box.script('trial', ['nonsense']).code, 2);
  });
}
