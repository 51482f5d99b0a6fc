import test from 'ava';
import fc from 'fast-check';
import { greenCidr, withGreen } from '../../src/agent/green.ts';
import { defaultPolicy } from '../../src/policy/defaults.ts';
import { applyEdit } from '../../src/policy/edit.ts';
import type { Policy } from '../../src/policy/schema.ts';

const lease = (address: string) => ({ mac: '00:16:3e:00:00:05', address, name: 'printer', remark: '' });

const policyWith = (address: string): Policy => {
  const policy = defaultPolicy();
  return { ...policy, dhcp: { ...policy.dhcp, fixed: [lease(address)] } };
};

test('DHCP moves along, host part by host part', (t) => {
  const moved = withGreen(policyWith('192.168.51.20'), '10.1.2.254/24');
  if (!moved.ok) return t.fail(JSON.stringify(moved.problems));
  t.is(greenCidr(moved.value), '10.1.2.254/24');
  const { start, end, fixed } = moved.value.dhcp;
  t.deepEqual([start, end, fixed[0]?.address], ['10.1.2.100', '10.1.2.199', '10.1.2.20']);
});

test('what is inside the new network already stays where it is', (t) => {
  const moved = withGreen(policyWith('192.168.51.20'), '192.168.0.1/16');
  if (!moved.ok) return t.fail(JSON.stringify(moved.problems));
  t.deepEqual([moved.value.dhcp.start, moved.value.dhcp.fixed[0]?.address], ['192.168.51.100', '192.168.51.20']);
});

test('what does not fit is a problem in the browser, and is left out at the console', (t) => {
  const green = { address: '10.1.2.1', netmask: '28' };
  const asked = applyEdit(policyWith('192.168.51.20'), { do: 'section', section: 'network', value: { green } });
  t.deepEqual(asked.ok ? [] : asked.problems.map((one) => one.place), [
    'dhcp/start',
    'dhcp/end',
    'dhcp/fixed/0/address',
  ]);
  const told = withGreen(policyWith('192.168.51.20'), '10.1.2.1/28');
  if (!told.ok) return t.fail(JSON.stringify(told.problems));
  t.like(told.value.dhcp, { start: '10.1.2.2', end: '10.1.2.14', fixed: [], enabled: true });
});

test('the box can be moved from the network page with DHCP on; everything else typed there is kept', (t) => {
  const value = { green: { address: '10.1.2.254' }, hostname: 'gate' };
  const edited = applyEdit(policyWith('192.168.51.20'), { do: 'section', section: 'network', value });
  if (!edited.ok) return t.fail(JSON.stringify(edited.problems));
  t.is(edited.policy.network.hostname, 'gate');
  t.deepEqual(edited.policy.network.green, { address: '10.1.2.254', netmask: '255.255.255.0' });
  t.is(edited.policy.dhcp.fixed[0]?.address, '10.1.2.20');
});

test('another fault on the network page is told as it is', (t) => {
  const value = { green: { address: '10.1.2.999' } };
  const edited = applyEdit(defaultPolicy(), { do: 'section', section: 'network', value });
  t.deepEqual(edited.ok ? [] : edited.problems.map((one) => one.place), ['network/green/address']);
  const range = applyEdit(defaultPolicy(), { do: 'section', section: 'dhcp', value: { start: '10.0.0.1' } });
  t.deepEqual(range.ok ? [] : range.problems.map((one) => one.place), ['dhcp/start']);
});

test('at the console every usable address is taken, and gives a policy that can be saved', (t) => {
  const octet = fc.integer({ min: 1, max: 254 });
  fc.assert(
    fc.property(octet, octet, octet, octet, fc.integer({ min: 8, max: 30 }), (a, b, c, d, bits) => {
      const host = (((a * 256 + b) * 256 + c) * 256 + d) % 2 ** (32 - bits);
      fc.pre(host !== 0 && host !== 2 ** (32 - bits) - 1);
      // Loopback, link-local, multicast: the console asks again.
      fc.pre(a !== 127 && a < 224 && !(a === 169 && b === 254));
      const moved = withGreen(policyWith('192.168.51.20'), `${a}.${b}.${c}.${d}/${bits}`);
      t.true(moved.ok, moved.ok ? '' : JSON.stringify(moved.problems));
    }),
    { numRuns: 300 },
  );
});
