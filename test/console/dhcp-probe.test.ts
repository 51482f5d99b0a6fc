import test from 'ava';
import { sleep, start, stop } from '../appliance/lib/process.ts';
import { Bench, SHELLS } from './lib/bench.ts';

for (const shell of SHELLS) {
  const ready = () => {
    const box = new Bench(shell);
    box.interfaces('green');
    box.plan();
    box.script('network', ['up']);
    box.space.ip('link', 'set', 'far-green', 'up');
    return box;
  };

  test(`${shell}: nobody answers on GREEN: DHCP may be served, and is not probed again`, (t) => {
    const box = ready();
    t.is(box.script('dhcp-probe').code, 0);
    t.is(box.status('dhcp'), '');
    t.is(box.run(['ls', box.path('run')]).said.includes('no-dhcp'), false);
    t.true(box.run(['ls', box.path('run')]).said.includes('dhcp-probed'));
  });

  test(`${shell}: another server answers on GREEN: DHCP is not served, with a sentence, until it is gone`, async (t) => {
    const box = ready();
    box.space.ip('addr', 'add', '192.168.51.7/24', 'dev', 'far-green');
    const other = start(
      box.command([
        'dnsmasq',
        ...[
          '-k',
          '-p',
          '0',
          '-C',
          '/dev/null',
          '-i',
          'far-green',
          '-z',
          '-F',
          '192.168.51.10,192.168.51.20',
          '--user=root',
        ],
        ...[`--dhcp-leasefile=${box.path('leases')}`, '--pid-file='],
      ]),
      box.path('other.log'),
    );
    box.script('dhcp-probe');
    t.regex(box.status('dhcp'), /DHCP not served: 192\.168\.51\.7 answers on GREEN.*swapped/, box.read('other.log'));
    t.true(box.run(['ls', box.path('run')]).said.includes('no-dhcp'));
    await stop(other);
    box.script('dhcp-probe');
    t.is(box.status('dhcp'), '');
    t.false(box.run(['ls', box.path('run')]).said.includes('no-dhcp'));
  });

  test(`${shell}: without a cable DHCP waits; with one dnsmasq is started again, once, and the probe is made`, async (t) => {
    const box = ready();
    box.space.ip('link', 'set', 'far-green', 'down');
    box.script('dhcp-probe');
    box.script('dhcp-probe');
    t.regex(box.status('dhcp'), /as soon as there is a cable/);
    t.true(box.run(['ls', box.path('run')]).said.includes('no-dhcp'));
    t.is(box.read('rc.log'), '');
    box.space.ip('link', 'set', 'far-green', 'up');
    for (let tries = 0; box.read('rc.log') === '' && tries < 100; tries++) await sleep(100);
    await sleep(300);
    t.is(box.read('rc.log'), 'dnsmasq restart\n');
    box.script('dhcp-probe');
    t.is(box.status('dhcp'), '');
    t.false(box.run(['ls', box.path('run')]).said.includes('no-dhcp'));
  });

  test(`${shell}: with DHCP switched off nothing is asked`, (t) => {
    const box = ready();
    box.plan((policy) => {
      policy.dhcp.enabled = false;
    });
    const began = Date.now();
    box.script('dhcp-probe');
    t.true(Date.now() - began < 2000);
    t.false(box.run(['ls', box.path('run')]).said.includes('dhcp-probed'));
  });
}
