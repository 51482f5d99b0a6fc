import test from 'ava';
import fc from 'fast-check';
import { parseFirewallLine } from '../../src/logs/firewall-line.ts';
import { parseProxyLine, URL_MAX } from '../../src/logs/proxy-line.ts';
import { LINE_MAX } from '../../src/logs/tail.ts';
import { packetLine } from '../lib/log-lines.ts';

const packet = JSON.parse(packetLine({ 'oob.prefix': 'GREEN DROP r12', 'mac.saddr.str': '1E:71:32:92:a1:44' }));
const request = {
  time: 1700000000.25,
  ms: 12,
  client: '192.168.51.35',
  status: '200',
  method: 'GET',
  url: 'http://www.example.com/a?b=c',
  bytes: 4096,
  hier: 'TCP_MISS/HIER_DIRECT',
};
const firewall = (change: object) => parseFirewallLine(JSON.stringify({ ...packet, ...change }));
const proxy = (change: object) => parseProxyLine(JSON.stringify({ ...request, ...change }));

test('a dropped packet is read with its chain, origin, ports and MAC', (t) => {
  t.deepEqual(firewall({}), {
    time: 1795380474.369525,
    chain: 'GREEN DROP',
    origin: 'r12',
    iface: 'green',
    protocol: 'TCP',
    source: '192.168.51.25',
    sourcePort: 52416,
    mac: '1e:71:32:92:a1:44',
    destination: '192.168.51.254',
    destinationPort: 800,
  });
});

test('the time is the kernel’s, not the zoneless text', (t) => {
  t.is(firewall({ timestamp: '1999-01-01T00:00:00' })?.time, 1795380474.369525);
});

test('packets without ports, of IPv6 and of unnamed protocols are read', (t) => {
  t.like(firewall({ 'ip.protocol': 1, src_port: undefined, dest_port: undefined }), {
    protocol: 'ICMP',
    sourcePort: null,
  });
  t.like(firewall({ src_ip: 'FD00::25', dest_ip: 'ff02::1', 'ip.protocol': 58 }), {
    protocol: 'ICMPV6',
    source: 'fd00::25',
  });
  t.is(firewall({ 'ip.protocol': 253 })?.protocol, '253');
});

for (const [prefix, chain, origin] of [
  ['GREEN DROP default', 'GREEN DROP', 'default'],
  ['RED DROP', 'RED DROP', ''],
  ['DROP ', 'DROP', ''],
  ['', '', ''],
] as const) {
  test(`prefix “${prefix}” is chain “${chain}” of origin “${origin}”`, (t) => {
    t.like(firewall({ 'oob.prefix': prefix }), { chain, origin });
  });
}

for (const [what, change] of [
  ['no source', { src_ip: undefined }],
  ['a source that is no address', { src_ip: "1.2.3.4' OR 1" }],
  ['no time', { 'oob.time.sec': undefined, timestamp: 'yesterday' }],
] as const) {
  test(`a packet with ${what} is passed over`, (t) => t.is(firewall(change), null));
}

test('foreign values of a packet are dropped, not kept', (t) => {
  const line = firewall({
    src_port: 70000,
    dest_port: '22; rm',
    'mac.saddr.str': '<b>',
    'oob.in': '../../etc',
    'ip.protocol': 'x',
  });
  t.like(line, { sourcePort: null, destinationPort: null, mac: '', iface: '', protocol: '' });
});

test('a request to the proxy is read', (t) => {
  t.deepEqual(proxy({}), {
    time: 1700000000.25,
    client: '192.168.51.35',
    method: 'GET',
    url: 'http://www.example.com/a?b=c',
    host: 'www.example.com',
    status: 200,
    result: 'TCP_MISS',
    bytes: 4096,
    duration: 12,
  });
});

test('numbers are understood as text too; a request that was never answered has no status', (t) => {
  t.like(proxy({ time: '1700000000.250', ms: '12', bytes: '7' }), { time: 1700000000.25, duration: 12, bytes: 7 });
  t.like(proxy({ status: '-', hier: 'NONE_NONE/HIER_NONE' }), { status: 0, result: 'NONE_NONE' });
  t.like(proxy({ status: '-1', bytes: -5, ms: 1.5, hier: '<b>/x' }), { status: 0, bytes: 0, duration: 0, result: '' });
});

for (const [method, url, host] of [
  ['CONNECT', 'mail.example.com:443', 'mail.example.com'],
  ['CONNECT', '[fd00::1]:443', 'fd00::1'],
  ['GET', 'http://user:secret@Web.Example.com:8080/', 'web.example.com'],
  ['GET', 'http://[2001:db8::1]/x', '2001:db8::1'],
  ['GET', 'http://good.example\\@evil.example/', 'evil.example'],
  ['GET', '/only/a/path', ''],
  ['GET', 'error:invalid-request', ''],
] as const) {
  test(`host of ${method} ${url} is “${host}”`, (t) => t.is(proxy({ method, url })?.host, host));
}

test('control and direction marks in a URL become visible; the length is bounded', (t) => {
  t.is(proxy({ url: 'http://a/\u001b[2J\u202Egnp.exe' })?.url, 'http://a/\uFFFD[2J\uFFFDgnp.exe');
  t.is(proxy({ url: `http://a/${'x'.repeat(LINE_MAX)}` })?.url.length, URL_MAX);
});

test('no line whatever throws, and what is read stays within its bounds', (t) => {
  const changed = (base: object) =>
    fc
      .tuple(fc.constantFrom(...Object.keys(base)), fc.jsonValue())
      .map(([key, value]) => JSON.stringify({ ...base, [key]: value }));
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.json(), changed(packet), changed(request)), (line) => {
      const packetLine = parseFirewallLine(line);
      const requestLine = parseProxyLine(line);
      if (packetLine !== null) t.true(packetLine.chain.length <= 127 && packetLine.source.length <= 45);
      if (requestLine !== null) t.true(requestLine.url.length <= URL_MAX && requestLine.method.length <= 32);
    }),
    { numRuns: 400 },
  );
  t.pass();
});
