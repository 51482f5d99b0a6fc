import { utimesSync } from 'node:fs';
import test from 'ava';
import { Bench, SHELLS } from './lib/bench.ts';

/** Seconds since the epoch; the tests' own machine is past the first two and before the third. */
const [BUILT, SEEN, LATER] = [1_700_000_000, 1_750_000_000, 4_000_000_000];

for (const shell of SHELLS) {
  const bench = () => {
    const box = new Bench(shell);
    box.write('lib/build.json', `${JSON.stringify({ version: '1', date: BUILT, base: 'debian' }, null, 2)}\n`);
    return box;
  };
  const newest = (box: Bench) => Number(box.script('clock', ['newest']).said.trim());

  test(`${shell}: the newest time known is that of the image, of the time kept, or of a log`, (t) => {
    const box = bench();
    t.is(newest(box), BUILT);
    box.write('data/clock', `${SEEN}\n`);
    t.is(newest(box), SEEN);
    box.write('log/messages', 'x');
    utimesSync(box.path('log/messages'), SEEN + 9, SEEN + 9);
    t.is(newest(box), SEEN + 9);
    utimesSync(box.path('log/messages'), SEEN - 9, SEEN - 9);
    t.is(newest(box), SEEN);
  });

  test(`${shell}: nonsense in the time kept counts for nothing`, (t) => {
    const box = bench();
    for (const text of ['', 'soon', '-5', '99999999999999', '1 2']) {
      box.write('data/clock', text);
      t.is(newest(box), BUILT, text);
    }
  });

  test(`${shell}: a clock behind what is known is set forward, and said; a right one is left alone`, (t) => {
    const box = bench();
    t.is(box.script('clock', ['start']).code, 0);
    t.is(box.read('run/clock-set'), '');
    t.is(box.status('clock'), '');
    box.write('data/clock', `${LATER}\n`);
    t.is(box.script('clock', ['start']).code, 0);
    t.is(box.read('run/clock-set'), `${LATER}\n`);
    t.regex(box.status('clock'), /^The time is not known yet/);
    box.write('data/clock', `${SEEN}\n`);
    t.is(box.script('clock', ['start']).code, 0);
    t.is(box.status('clock'), '');
  });

  test(`${shell}: the time is kept hourly, and heals one that was wrong`, (t) => {
    const box = bench();
    const kept = () => Number(box.read('data/clock').trim());
    t.is(box.script('clock', ['tick']).code, 0);
    t.true(Math.abs(kept() - Date.now() / 1000) < 60);
    box.write('data/clock', '7\n');
    box.script('clock', ['tick']);
    t.is(kept(), 7, 'not before the hour is over');
    const ago = Date.now() / 1000 - 3700;
    utimesSync(box.path('data/clock'), ago, ago);
    box.script('clock', ['tick']);
    t.true(kept() > SEEN);
    utimesSync(box.path('data/clock'), LATER, LATER);
    box.write('data/clock', `${LATER}\n`);
    utimesSync(box.path('data/clock'), LATER, LATER);
    box.script('clock', ['tick']);
    t.true(kept() < LATER, 'written by a clock that was ahead');
  });

  test(`${shell}: set by hand it is kept, and known`, (t) => {
    const box = bench();
    box.write('data/clock', `${LATER}\n`);
    box.script('clock', ['start']);
    t.not(box.script('clock', ['set', 'noon']).code, 0);
    t.not(box.status('clock'), '');
    t.is(box.script('clock', ['set', String(SEEN)]).code, 0);
    t.is(box.read('run/clock-set'), `${SEEN}\n`);
    t.is(box.status('clock'), '');
    t.true(Number(box.read('data/clock')) < LATER);
  });

  test(`${shell}: a box’s SSH key is made once, and anew only when it is damaged`, (t) => {
    const box = bench();
    const file = 'data/ssh/ssh_host_ed25519_key';
    t.is(box.script('ssh-key').code, 0);
    const [first, shown] = [box.read(file), box.read(`${file}.pub`)];
    t.regex(first, /OPENSSH PRIVATE KEY/);
    box.script('ssh-key');
    t.is(box.read(file), first);
    box.write(`${file}.pub`, '');
    box.script('ssh-key');
    t.is(box.read(`${file}.pub`).split(' ')[1], shown.split(' ')[1]);
    box.write(file, first.slice(0, 100), 0o600);
    t.is(box.script('ssh-key').code, 0);
    t.not(box.read(file), first);
    t.regex(box.read(`${file}.pub`), /^ssh-ed25519 /);
  });
}
