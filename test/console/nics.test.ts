import test from 'ava';
import { Bench, SHELLS } from './lib/bench.ts';

const ONE = '02:00:00:00:00:11';
const TWO = '02:00:00:00:00:22';
const SLOT = 'pci0000:00/0000:00';

for (const shell of SHELLS) {
  const run = (box: Bench) => box.script('nics', [], { env: { GREENGATE_SYS: box.path('sys') } });
  const macOf = (box: Bench, name: string) => /link\/ether (\S+)/.exec(box.run(['ip', 'link', 'show', name]).said)?.[1];

  test(`${shell}: at the first start the first card in the order of the slots is GREEN, the second RED, and it is kept and said`, (t) => {
    const box = new Bench(shell);
    // Names in the other order than slots.
    box.card('eth0', TWO, `${SLOT}:04.0`, 'e1000');
    box.card('eth1', ONE, `${SLOT}:03.0`, 'igb');
    box.card('eth2', '02:00:00:00:00:33', `${SLOT}:02.0/usb1/1-1`, 'r8152');
    t.is(run(box).code, 0);
    t.is(macOf(box, 'green'), ONE);
    t.is(macOf(box, 'red'), TWO);
    t.is(box.read('data/nics.conf'), `GREEN_MAC=${ONE}\nRED_MAC=${TWO}\n`);
    t.regex(
      box.status('nics'),
      new RegExp(`GREEN is the first card \\(${ONE}, igb\\), RED the second \\(${TWO}, e1000\\)`),
    );
  });

  test(`${shell}: later the MAC decides, not the slot, also when the two change places`, (t) => {
    const box = new Bench(shell);
    box.card('green', ONE, `${SLOT}:03.0`, 'igb');
    box.card('red', TWO, `${SLOT}:04.0`, 'igb');
    box.write('data/nics.conf', `GREEN_MAC=${TWO}\nRED_MAC=${ONE}\n`);
    t.is(run(box).code, 0);
    t.is(macOf(box, 'green'), TWO);
    t.is(macOf(box, 'red'), ONE);
    t.is(box.status('nics'), '');
  });

  test(`${shell}: the card of GREEN is gone: no other card takes its place`, (t) => {
    const box = new Bench(shell);
    box.card('eth0', ONE, `${SLOT}:03.0`, 'igb');
    box.card('eth1', '02:00:00:00:00:33', `${SLOT}:04.0`, 'igb');
    box.write('data/nics.conf', `GREEN_MAC=${TWO}\nRED_MAC=${ONE}\n`);
    t.is(run(box).code, 0);
    t.is(macOf(box, 'green'), undefined);
    t.is(macOf(box, 'red'), ONE);
    t.regex(box.status('nics'), new RegExp(`card of GREEN \\(${TWO}\\) is missing`));
  });

  test(`${shell}: a single card is GREEN and is not kept, no card is said`, (t) => {
    const box = new Bench(shell);
    t.is(run(box).code, 0);
    t.is(box.status('nics'), 'No network card was found.');
    box.card('eth0', ONE, `${SLOT}:03.0`, 'igb');
    run(box);
    t.is(macOf(box, 'green'), ONE);
    t.is(box.read('data/nics.conf'), '');
    t.regex(box.status('nics'), /only one network card/);
  });

  test(`${shell}: a nics.conf of rubbish counts as none`, (t) => {
    const box = new Bench(shell);
    box.card('eth0', ONE, `${SLOT}:03.0`, 'igb');
    box.card('eth1', TWO, `${SLOT}:04.0`, 'igb');
    box.write('data/nics.conf', 'GREEN_MAC=$(touch /tmp/x)\nRED_MAC=\n\0\0');
    t.is(run(box).code, 0);
    t.is(macOf(box, 'green'), ONE);
  });
}
