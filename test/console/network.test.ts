import test from 'ava';
import type { Policy } from '../../src/policy/schema.ts';
import { Bench, SHELLS } from './lib/bench.ts';

for (const shell of SHELLS) {
  const ready = (change?: (policy: Policy) => void) => {
    const box = new Bench(shell);
    box.interfaces('green', 'red');
    box.plan(change);
    box.run(['nft', '-f', box.path('lib/closed.nft')]);
    box.script('rules');
    return box;
  };
  const addresses = (box: Bench, name: string) =>
    [...box.run(['ip', '-4', '-o', 'addr', 'show', 'dev', name]).said.matchAll(/inet (\S+)/g)].map((one) => one[1]);
  const kernel = (box: Bench, key: string) => box.run(['cat', `/proc/sys/net/${key}`]).said.trim();
  const still = (address: string, gateway: string) => (policy: Policy) => {
    policy.network.red = { mode: 'static', address, netmask: '255.255.255.0', gateway };
  };

  test(`${shell}: GREEN and a static RED have their addresses, and the kernel is set up as a router that trusts nobody`, (t) => {
    const box = ready(still('10.9.0.50', '10.9.0.1'));
    t.is(box.script('network', ['up']).code, 0);
    t.deepEqual(addresses(box, 'green'), ['192.168.51.254/24']);
    t.deepEqual(addresses(box, 'red'), ['10.9.0.50/24']);
    t.regex(box.run(['ip', 'route']).said, /default via 10\.9\.0\.1 dev red/);
    const settings = { rp_filter: '1', accept_source_route: '0', send_redirects: '0', arp_ignore: '1' };
    for (const [key, value] of Object.entries(settings)) t.is(kernel(box, `ipv4/conf/all/${key}`), value, key);
    for (const name of ['green', 'red']) t.is(kernel(box, `ipv4/conf/${name}/accept_redirects`), '0');
    t.is(kernel(box, 'ipv6/conf/all/forwarding'), '0');
    t.is(kernel(box, 'ipv6/conf/red/disable_ipv6'), '1');
    t.is(kernel(box, 'ipv4/ip_unprivileged_port_start'), '445');
  });

  test(`${shell}: a new address of GREEN in the same network replaces the old one; what is right is left alone`, (t) => {
    const box = ready();
    box.script('network', ['up']);
    box.plan((policy) => {
      policy.network.green.address = '192.168.51.1';
    });
    t.is(box.script('network', ['apply']).code, 0);
    t.deepEqual(addresses(box, 'green'), ['192.168.51.1/24']);
    box.run(['ip', 'link', 'set', 'far-green', 'up']);
    const before = box.run(['ip', '-o', 'addr', 'show', 'dev', 'green']).said;
    box.script('network', ['apply']);
    t.is(box.run(['ip', '-o', 'addr', 'show', 'dev', 'green']).said, before);
  });

  test(`${shell}: the address set at the console wins, rubbish in its place does not`, (t) => {
    const box = ready();
    box.write('data/green-override', "GREEN_CIDR='10.51.0.1/16'\n");
    box.script('network', ['up']);
    t.deepEqual(addresses(box, 'green'), ['10.51.0.1/16']);
    box.write('data/green-override', "GREEN_CIDR='300.1.1.1/24'; touch /tmp/x\n");
    box.script('network', ['apply']);
    t.deepEqual(addresses(box, 'green'), ['192.168.51.254/24']);
  });

  test(`${shell}: a static RED inside GREEN is refused with a sentence`, (t) => {
    const box = ready(still('192.168.51.7', '192.168.51.1'));
    box.script('network', ['up']);
    t.deepEqual(addresses(box, 'red'), []);
    t.regex(box.status('red'), /192\.168\.51\.7\/24 overlaps GREEN/);
  });

  test(`${shell}: without a plan it fails and says so; without cards it does what it can`, (t) => {
    const bare = new Bench(shell);
    t.not(bare.script('network', ['up']).code, 0);
    t.regex(bare.status('network'), /no plan/);
    bare.plan();
    t.is(bare.script('network', ['up']).code, 0);
  });

  const lease = (box: Bench, event: string, values: Record<string, string>) =>
    box.script('red-dhcp-script', [event], { env: { interface: 'red', ...values } });
  const good = { ip: '10.9.0.77', mask: '24', router: '10.9.0.1 10.9.0.2', dns: '10.9.0.3 10.9.0.4' };

  test(`${shell}: a lease gives RED its address, route and name servers; the next one takes their place`, (t) => {
    const box = ready();
    box.script('network', ['up']);
    lease(box, 'deconfig', {});
    t.is(lease(box, 'bound', good).code, 0);
    t.deepEqual(addresses(box, 'red'), ['10.9.0.77/24']);
    t.regex(box.run(['ip', 'route']).said, /default via 10\.9\.0\.1 dev red/);
    t.is(box.read('run/red.lease'), "IP='10.9.0.77'\nMASK='24'\nROUTER='10.9.0.1'\nDNS='10.9.0.3 10.9.0.4'\n");
    t.is(box.read('run/resolv.upstream'), 'nameserver 10.9.0.3\nnameserver 10.9.0.4\n');
    lease(box, 'renew', { ...good, ip: '10.9.0.78' });
    t.deepEqual(addresses(box, 'red'), ['10.9.0.78/24']);
    lease(box, 'deconfig', {});
    t.deepEqual(addresses(box, 'red'), []);
    t.is(box.read('run/red.lease'), '');
  });

  test(`${shell}: a lease that overlaps GREEN is refused with a sentence, which a good lease removes`, (t) => {
    const box = ready();
    box.script('network', ['up']);
    lease(box, 'bound', { ...good, ip: '192.168.0.9', mask: '16' });
    t.deepEqual(addresses(box, 'red'), []);
    t.is(box.read('run/red.lease'), '');
    t.regex(box.status('red'), /192\.168\.0\.9\/16\) overlaps GREEN \(192\.168\.51\.254\/24\): refused/);
    lease(box, 'bound', good);
    t.is(box.status('red'), '');
  });

  test(`${shell}: GREEN moves onto the network of the lease: the lease is refused then`, (t) => {
    const box = ready();
    box.script('network', ['up']);
    lease(box, 'bound', good);
    box.write('data/green-override', "GREEN_CIDR='10.9.0.254/24'\n");
    box.script('network', ['apply']);
    t.deepEqual(addresses(box, 'red'), []);
    t.regex(box.status('red'), /overlaps GREEN/);
  });

  test(`${shell}: only addresses are taken from a DHCP server`, (t) => {
    const box = ready();
    box.script('network', ['up']);
    const touched = box.path('touched');
    lease(box, 'bound', { ...good, dns: `$(touch ${touched}) 10.9.0.3 ;x 1.2.3.4.5`, router: "'; touch x" });
    t.is(box.read('run/resolv.upstream'), 'nameserver 10.9.0.3\n');
    t.notRegex(box.run(['ip', 'route']).said, /default/);
    for (const ip of ['1.2.3', '10.9.0.256', '']) {
      lease(box, 'bound', { ...good, ip });
      t.regex(box.status('red'), /no address/);
      t.deepEqual(addresses(box, 'red'), []);
    }
  });
}
