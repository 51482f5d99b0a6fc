import { statSync } from 'node:fs';
import test from 'ava';
import { Bench, SHELLS } from './lib/bench.ts';

for (const shell of SHELLS) {
  // The box's users do not exist here: names give way to numbers.
  const logs = (box: Bench, word: string) =>
    box.run(['sh', '-c', `chown() { :; }; set -- ${word}; . ${box.path('lib/sh/logs')}`, box.path('lib/sh/logs')], {
      env: { GREENGATE_LOG_UNIT: '10' },
    });

  test(`${shell}: a log over its share is moved or emptied and keeps one older part`, (t) => {
    const box = new Bench(shell);
    logs(box, 'create');
    t.is(statSync(box.path('log/firewall.json')).mode & 0o777, 0o640);
    box.write('log/firewall.json', 'f'.repeat(241));
    box.write('log/messages', 'm'.repeat(41));
    box.write('log/proxy.log', 'small');
    const inode = statSync(box.path('log/messages')).ino;
    t.is(logs(box, 'once').code, 0);
    t.is(box.read('log/firewall.json'), '');
    t.is(box.read('log/firewall.json.1').length, 241);
    t.is(box.read('log/messages'), '');
    t.is(box.read('log/messages.1').length, 41);
    // Its writers append to the file they hold.
    t.is(statSync(box.path('log/messages')).ino, inode);
    t.is(box.read('log/proxy.log'), 'small');
  });
}
