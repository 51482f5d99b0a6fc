import test from 'ava';
import { contains, isMac, isNetmask, netmaskBits, normalAddress, parseNetwork } from '../../src/policy/address.ts';

const spelling = test.macro((t, given: string, expected: string) => t.is(normalAddress(given), expected));
test('a dotted mask becomes a prefix', spelling, '192.168.51.0/255.255.255.224', '192.168.51.0/27');
test('host bits are cleared', spelling, '192.168.51.33/27', '192.168.51.32/27');
test('a host has no prefix', spelling, '192.168.51.5/32', '192.168.51.5');
test('a MAC has colons and small letters', spelling, '00-16-3E-AA-BB-CC', '00:16:3e:aa:bb:cc');
test('IPv6 is shortened', spelling, 'fd00:0:0:0::1/64', 'fd00::/64');

const refused = test.macro((t, given: string) => t.is(parseNetwork(given), null));
test('a mask with holes is none', refused, '192.168.51.0/255.0.255.0');
test('a prefix past 32 is none', refused, '10.0.0.0/33');
test('a byte past 255 is none', refused, '10.0.0.256');
test('a part of four digits is none', refused, '10.0.0.0001');
test('an address of three parts is none', refused, '10.0.0/8');
test('two masks are none', refused, '10.0.0.0/8/8');
test('leading zeros are refused, since some read them as octal', refused, '010.0.0.1');
test('a zone is no part of an address', refused, 'fe80::1%eth0');
test('IPv4 inside IPv6 is refused: it would be judged by the other family', refused, '::ffff:10.0.0.1');

test('netmasks are dotted or a length', (t) => {
  t.is(netmaskBits('255.255.255.0'), 24);
  t.is(netmaskBits('24'), 24);
  t.false(isNetmask('255.0.255.0'));
  t.false(isNetmask(''));
});

test('a multicast or empty MAC is nobody', (t) => {
  t.false(isMac('01:00:5e:00:00:01'));
  t.false(isMac('00:00:00:00:00:00'));
  t.false(isMac('00:16:3e-00:00:01'));
});

test('a network holds its own and nothing across families', (t) => {
  const network = parseNetwork('192.168.51.0/27');
  if (network === null) return t.fail();
  t.true(contains(network, '192.168.51.31'));
  t.false(contains(network, '192.168.51.32'));
  t.false(contains(network, 'fd00::1'));
});
