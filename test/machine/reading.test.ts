import test from 'ava';
import { parseEntry } from '../../src/machine/conntrack.ts';
import { parseLeases } from '../../src/machine/machine.ts';
import { parseArp, parseAssignments, parseNeighbours } from '../../src/machine/observe.ts';

test('a TCP flow, its original direction', (t) => {
  const line =
    'ipv4     2 tcp      6 431999 ESTABLISHED src=192.168.51.35 dst=10.9.0.2 sport=35264 dport=110 src=10.9.0.2 dst=10.9.0.50 sport=110 dport=35264 [ASSURED] mark=77 use=1';
  t.deepEqual(parseEntry(line), {
    mark: 77,
    protocol: 6,
    src: '192.168.51.35',
    dst: '10.9.0.2',
    sport: 35264,
    dport: 110,
    reply: { src: '10.9.0.2', dst: '10.9.0.50', sport: 110, dport: 35264 },
    handle: '-D -f ipv4 -p 6 -s 192.168.51.35 -d 10.9.0.2 --sport 35264 --dport 110',
  });
});

test('a ping has type and id instead of ports', (t) => {
  const line =
    'ipv4     2 icmp     1 29 src=192.168.51.35 dst=10.9.0.2 type=8 code=0 id=5 src=10.9.0.2 dst=10.9.0.50 type=0 code=0 id=5 mark=0 use=1';
  const entry = parseEntry(line);
  t.is(entry?.type, 8);
  t.regex(String(entry?.handle), /--icmp-type 8 --icmp-id 5$/);
});

test('a line that is none gives nothing', (t) => {
  t.is(parseEntry('conntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.'), null);
  t.is(parseEntry(''), null);
});

test('a lease: a name that a stranger chose keeps only the letters of DNS', (t) => {
  const text =
    '1795382205 02:00:00:00:05:46 192.168.51.101 pc<script>x 01:02\n0 02:00:00:00:05:47 192.168.51.102 * *\nduid 00:01\n';
  t.deepEqual(parseLeases(text), [
    { mac: '02:00:00:00:05:46', address: '192.168.51.101', name: 'pcscriptx', expires: 1795382205 },
    { mac: '02:00:00:00:05:47', address: '192.168.51.102', name: '', expires: 0 },
  ]);
});

test('assignments are read as a shell would, quotes taken off', (t) => {
  t.deepEqual(parseAssignments('IP=\'10.9.0.50\'\nDNS="1.1.1.1 9.9.9.9"\nMASK=24\nrm -rf /\n'), {
    IP: '10.9.0.50',
    DNS: '1.1.1.1 9.9.9.9',
    MASK: '24',
  });
});

test('neighbours without a MAC are nobody', (t) => {
  const json =
    '[{"dst":"192.168.51.10","lladdr":"02:00:00:00:05:0A","state":["REACHABLE"]},{"dst":"192.168.51.11","state":["FAILED"]}]';
  t.deepEqual([...parseNeighbours(json)], [['192.168.51.10', '02:00:00:00:05:0a']]);
});

test('the ARP table: only GREEN, and only entries that are complete', (t) => {
  const table = `IP address       HW type     Flags       HW address            Mask     Device
192.168.51.10    0x1         0x2         02:00:00:00:05:0A     *        green
192.168.51.11    0x1         0x0         00:00:00:00:00:00     *        green
192.168.51.12    0x1         0x6         02:00:00:00:05:0c     *        green
10.9.0.2         0x1         0x2         02:00:00:00:09:02     *        red
`;
  t.deepEqual(
    [...parseArp(table)],
    [
      ['192.168.51.10', '02:00:00:00:05:0a'],
      ['192.168.51.12', '02:00:00:00:05:0c'],
    ],
  );
});
