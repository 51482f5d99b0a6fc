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
  /** What dnsmasq's service does: it asks, and starts without DHCP while the file is there. */
  const served = (box: Bench): boolean => {
    box.script('dhcp-probe', ['start'], { env: { GREENGATE_PROBE_PAUSE: '1' } });
    return !box.run(['ls', box.path('run')]).said.includes('no-dhcp');
  };
  const until = async (fits: () => boolean): Promise<boolean> => {
    for (let tries = 0; tries < 600; tries++) {
      if (fits()) return true;
      await sleep(100);
    }
    return false;
  };
  const restarts = (box: Bench): number => box.read('rc.log').split('dnsmasq restart\n').length - 1;

  test(`${shell}: nobody answers on GREEN: DHCP is served from the next start of dnsmasq on, and not probed again`, async (t) => {
    const box = ready();
    t.false(served(box));
    t.true(await until(() => restarts(box) === 1));
    t.true(served(box));
    t.is(box.status('dhcp'), '');
    await sleep(300);
    t.is(restarts(box), 1);
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
          '--user=root',
          '--pid-file=',
          '--log-facility=-',
        ],
        ...['-F', '192.168.51.10,192.168.51.20', `--dhcp-leasefile=${box.path('leases')}`],
      ]),
      box.path('other.log'),
    );
    t.teardown(() => stop(other));
    t.true(await until(() => /DHCP, /.test(box.read('other.log'))), box.read('other.log'));
    t.false(served(box));
    t.true(await until(() => box.status('dhcp') !== ''));
    t.regex(box.status('dhcp'), /DHCP not served: 192\.168\.51\.7 answers on GREEN.*swapped/);
    t.false(served(box));
    t.is(restarts(box), 0);
    await stop(other);
    t.true(await until(() => restarts(box) === 1));
    t.is(box.status('dhcp'), '');
    t.true(served(box));
  });

  test(`${shell}: without a cable DHCP waits for one`, async (t) => {
    const box = ready();
    box.space.ip('link', 'set', 'far-green', 'down');
    t.false(served(box));
    t.false(served(box));
    t.true(await until(() => /as soon as there is a cable/.test(box.status('dhcp'))));
    t.is(restarts(box), 0);
    box.space.ip('link', 'set', 'far-green', 'up');
    t.true(await until(() => restarts(box) === 1));
    t.is(box.status('dhcp'), '');
    t.true(served(box));
    await sleep(300);
    t.is(restarts(box), 1);
  });

  test(`${shell}: with DHCP switched off nothing is asked`, (t) => {
    const box = ready();
    box.plan((policy) => {
      policy.dhcp.enabled = false;
    });
    t.true(served(box));
    t.is(box.read('run/dhcp-looking'), '');
  });
}
