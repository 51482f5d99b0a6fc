import test from 'ava';
import { keptPair, readPair } from '../../src/store/uploaded-certificate.ts';
import { certificate } from '../lib/certificates.ts';

const DAY = 86_400;
const gate = certificate({ name: 'gate.example', names: 'DNS:gate.example,IP:192.168.51.254' });
const other = certificate({ name: 'Somebody who vouches' });
const now = Math.floor(Date.now() / 1000);

const fault = (chain: string, key: string, at = Math.floor(Date.now() / 1000)) => {
  const read = readPair(chain, key, at);
  return 'message' in read ? `${read.field}: ${read.message}` : 'taken';
};

test('the certificate of the key comes first, whatever the order of the chain, and is told in words', (t) => {
  const read = readPair(`Some words before.\r\n${other.cert}\n${gate.cert}`, gate.key, now);
  if ('message' in read) return t.fail(read.message);
  t.like(read.info, {
    subject: 'CN=gate.example',
    issuer: 'CN=gate.example',
    names: ['gate.example', '192.168.51.254'],
  });
  t.true(read.info.to - read.info.from > 89 * DAY);
  t.regex(read.info.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  t.regex(read.pem, /^-----BEGIN PRIVATE KEY-----/);
  t.is(read.pem.indexOf(gate.cert.trim()), read.pem.indexOf('-----BEGIN CERTIFICATE-----'));
  t.deepEqual(keptPair(read.pem, now), read.info);
  t.is(keptPair(read.pem, now + 91 * DAY), null);
  t.is(keptPair(`${read.pem.slice(0, 300)}\n`, now), null);
});

test('what cannot be used is told at its field', (t) => {
  t.regex(fault('', gate.key), /^chain: There is no certificate/);
  t.regex(fault(gate.key, gate.key), /^chain: There is no certificate/);
  t.regex(fault(gate.cert.replace('-----END CERTIFICATE-----', ''), gate.key), /^chain: .*damaged, or cut off/);
  t.regex(fault(gate.cert.replace(/\n.{20}/, '\n'), gate.key), /^chain: .*damaged/);
  t.regex(fault(gate.cert.repeat(11), gate.key), /^chain: These are more than 10/);
  t.regex(fault(gate.cert, ''), /^key: There is no private key/);
  t.regex(fault(gate.cert, gate.cert), /^key: There is no private key/);
  t.regex(fault(gate.cert, gate.key.replace(/\n.{20}/, '\n')), /^key: .*damaged/);
  t.regex(fault(gate.cert, other.key), /^key: This key belongs to none/);
  t.regex(fault(gate.cert, gate.key, now + 91 * DAY), /^chain: This certificate has expired/);
  t.regex(fault(gate.cert, gate.key, now - DAY), /^chain: This certificate is not valid yet/);
});

test('keys that browsers do not take, and keys behind a passphrase, are refused; RSA is taken', (t) => {
  const weak = certificate({ name: 'weak', key: ['rsa:1024'] });
  t.regex(fault(weak.cert, weak.key), /^key: Browsers take no such key/);
  const odd = certificate({ name: 'odd', key: ['ed25519'] });
  t.regex(fault(odd.cert, odd.key), /^key: Browsers take no such key/);
  const guarded = certificate({ name: 'guarded', pass: 'secret' });
  t.regex(fault(guarded.cert, guarded.key), /^key: This key is guarded by a passphrase/);
  const rsa = certificate({ name: 'rsa', key: ['rsa:2048'] });
  t.is(fault(rsa.cert, rsa.key), 'taken');
});
