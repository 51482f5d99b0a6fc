import { rmSync } from 'node:fs';
import test from 'ava';
import { Bench, SHELLS } from './lib/bench.ts';

for (const shell of SHELLS) {
  const named = (hostname: string) => (policy: { network: { hostname: string } }) => {
    policy.network.hostname = hostname;
  };
  const bench = () => {
    const box = new Bench(shell);
    box.defaultPlan();
    box.generation(7, named('seven'));
    box.generation(9, named('nine'));
    box.generation(10, named('ten'));
    return box;
  };
  const inForce = (box: Bench) => /HOSTNAME='(\w+)'/.exec(box.read('run/plan/network.env'))?.[1];

  test(`${shell}: the current generation is the plan in force, not a newer one that was never switched to`, (t) => {
    const box = bench();
    box.current(9);
    t.is(box.script('plan').code, 0);
    t.is(inForce(box), 'nine');
    t.is(box.status('plan'), '');
    t.is(box.read('run/plan-name'), 'generation 9\n');
  });

  test(`${shell}: a generation with one changed byte is passed over for an older one, and said`, (t) => {
    const box = bench();
    box.current(9);
    box.write('data/generations/9/plan/squid.conf', `${box.read('data/generations/9/plan/squid.conf')} `);
    t.is(box.script('plan').code, 0);
    t.is(inForce(box), 'seven');
    t.regex(box.status('plan'), /damaged \(generation 9\).*generation 7/);
  });

  test(`${shell}: a file that is not among the checksums makes the generation damaged`, (t) => {
    const box = bench();
    box.current(9);
    const sums = box.read('data/generations/9/SHA256SUMS');
    box.write('data/generations/9/SHA256SUMS', sums.replace(/.*ruleset\.nft\n/, ''));
    t.is(box.script('plan').code, 0);
    t.is(inForce(box), 'seven');
  });

  test(`${shell}: a generation from before SSH counts, one whose SSH files are gone does not`, (t) => {
    const box = bench();
    box.current(9);
    for (const name of ['sshd_config', 'authorized_keys']) rmSync(box.path(`data/generations/9/plan/${name}`));
    const sums = box.read('data/generations/9/SHA256SUMS');
    box.script('plan');
    t.is(inForce(box), 'seven');
    box.write('data/generations/9/SHA256SUMS', sums.replace(/.*plan\/(sshd_config|authorized_keys)\n/g, ''));
    t.is(box.script('plan').code, 0);
    t.is(inForce(box), 'nine');
    t.is(box.read('run/plan/sshd_config'), '');
  });

  test(`${shell}: an empty list of checksums vouches for nothing`, (t) => {
    const box = bench();
    box.current(7);
    box.write('data/generations/7/SHA256SUMS', '');
    t.is(box.script('plan').code, 0);
    t.is(inForce(box), 'greengate');
  });

  test(`${shell}: without a link to the current generation the newest whole one counts`, (t) => {
    const box = bench();
    rmSync(box.path('data/generations/10/plan/hosts'));
    t.is(box.script('plan').code, 0);
    t.is(inForce(box), 'nine');
  });

  test(`${shell}: with nothing saved the default plan is in force, without a word`, (t) => {
    const box = new Bench(shell);
    box.defaultPlan();
    t.is(box.script('plan').code, 0);
    t.is(inForce(box), 'greengate');
    t.is(box.status('plan'), '');
    t.regex(box.read('run/plan/ruleset.nft'), /generation 0 closed/);
  });

  test(`${shell}: with nothing at all it fails and says that the box stays closed`, (t) => {
    const box = new Bench(shell);
    t.not(box.script('plan').code, 0);
    t.regex(box.status('plan'), /stays closed/);
  });
}
