import test from 'ava';
import { Bench, SHELLS } from './lib/bench.ts';

for (const shell of SHELLS) {
  const closed = () => {
    const box = new Bench(shell);
    box.interfaces('green', 'red');
    box.run(['nft', '-f', box.path('lib/closed.nft')]);
    return box;
  };
  const blocking = (policy: { settings: { enabled: boolean; adminMac: string } }) => {
    policy.settings.enabled = true;
    policy.settings.adminMac = '02:00:00:00:00:01';
  };
  const chain = (box: Bench, name: string) => box.run(['nft', 'list', 'chain', 'ip', 'filter', name]).said;
  const forwarding = (box: Bench) => box.run(['cat', '/proc/sys/net/ipv4/ip_forward']).said.trim();

  test(`${shell}: the plan's ruleset takes the place of the closed one`, (t) => {
    const box = closed();
    box.plan(blocking);
    t.is(box.script('rules').code, 0);
    t.is(box.status('rules'), 'generation 1 in force');
    t.regex(chain(box, 'BOT_INPUT'), /goto/);
    t.regex(chain(box, 'INPUT'), /policy drop/);
    t.is(box.run(['cat', '/proc/sys/net/netfilter/nf_conntrack_tcp_loose']).said.trim(), '0');
  });

  test(`${shell}: a ruleset that the kernel refuses leaves the box closed, says why, and nothing is forwarded`, (t) => {
    const box = closed();
    box.plan();
    box.write('run/plan/ruleset.nft', `${box.read('run/plan/ruleset.nft')}\nadd rule ip filter FORWARD nonsense\n`);
    t.not(box.script('rules').code, 0);
    t.regex(box.status('rules'), /refused.*generation 1.*stays closed/);
    t.notRegex(chain(box, 'FORWARD'), /accept/);
    t.regex(chain(box, 'FORWARD'), /policy drop/);
    box.script('network', ['up']);
    t.is(forwarding(box), '0');
    t.regex(box.status('network'), /not in force/);
  });

  test(`${shell}: forwarding is turned on once the rules are in force`, (t) => {
    const box = closed();
    box.plan();
    box.script('rules');
    t.is(forwarding(box), '0');
    t.is(box.script('network', ['up']).code, 0);
    t.is(forwarding(box), '1');
  });

  test(`${shell}: the two commands of the handbook release BOT as they are printed`, (t) => {
    const box = closed();
    box.plan(blocking);
    box.script('rules');
    t.is(box.run(['sh', '-c', 'iptables -F BOT_INPUT && iptables -F CUSTOMFORWARD']).code, 0);
    for (const name of ['BOT_INPUT', 'CUSTOMFORWARD']) t.notRegex(chain(box, name), /goto|jump/);
    t.regex(chain(box, 'INPUT'), /jump BOT_INPUT/);
  });

  test(`${shell}: release empties the chains of both families and fails without them`, (t) => {
    const box = closed();
    t.not(box.script('release').code, 0);
    box.plan(blocking);
    box.script('rules');
    box.run(['nft', 'add rule ip6 filter CUSTOMFORWARD counter; add rule ip6 filter BOT_INPUT counter']);
    t.is(box.script('release').code, 0);
    const six = ['BOT_INPUT', 'CUSTOMFORWARD'].map(
      (name) => box.run(['nft', 'list', 'chain', 'ip6', 'filter', name]).said,
    );
    for (const text of [chain(box, 'BOT_INPUT'), chain(box, 'CUSTOMFORWARD'), ...six])
      t.notRegex(text, /goto|jump|counter/);
  });
}
