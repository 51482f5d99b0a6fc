import test from 'ava';
import fc from 'fast-check';
import { judgeOf } from '../../src/compile/judge.ts';
import { importFiles } from '../../src/import/import.ts';
import { defaultPolicy } from '../../src/policy/defaults.ts';
import { bot, month, week } from './lib/bot.ts';
import { type OldPacket, oldBox } from './lib/old-box.ts';

/** Rules of BOT by its own reading, and by the importer and the judge: the same verdicts, packet by packet, at any time. */
const GREEN = '192.168.51.0/24';
const objects = {
  customnetworks:
    'Mail,ip,192.168.51.0,255.255.255.224,1\nWeb,ip,192.168.51.32,255.255.255.224,1\nPC,mac,00-16-3E-00-00-05,,1\nServer,ip,198.51.100.10,,1\n',
  customservices:
    'Proxy,800,tcp,off,off,BLANK,1\nHigh,1024:65535,tcpudp,off,off,BLANK,1\nLow not,1:1023,tcp,on,off,BLANK,1\nNo TCP,,tcp,off,on,BLANK,1\nTunnel,,gre,off,off,BLANK,0\npong,,icmp,off,off,0,0\n',
  serviceGroups:
    'GROUP,MailServices,1,\nSERVICE,MailServices,pop3,default,on\nSERVICE,MailServices,smtp,default,on\nSERVICE,MailServices,http,default,off\nSERVICE,MailServices,Tunnel,custom,on\n',
  addressGroups:
    'GROUP,Both,1,\nADDRESS,Both,Mail,custom,on\nADDRESS,Both,PC,custom,on\nADDRESS,Both,Web,custom,off\nADDRESS,Both,Private Network 10.0.0.0,default,on\n',
};

const source = fc.constantFrom(
  { srcType: 'defaultSrcAdr', src: 'Any' },
  { srcType: 'defaultSrcAdr', src: 'Green Network' },
  { srcType: 'custSrcAdr', src: 'Mail' },
  { srcType: 'custSrcAdr', src: 'PC' },
  { srcType: 'custSrcAdr', src: 'Web', invSrc: 'on' },
  { srcType: 'groupSrcAdr', src: 'Both' },
  { srcType: 'textSrcAdrip', src: '192.168.51.5' },
  { srcType: 'textSrcAdrmac', src: '00:16:3E:00:00:05', invSrc: 'on' },
  { srcType: 'textSrcAdrip', src: '192.168.51.0/255.255.255.192' },
);
const destination = fc.constantFrom(
  { dst: 'Any' },
  { dstType: 'custDestIP', dst: 'Server' },
  { dstType: 'custDestIP', dst: 'Server', invDst: 'on' },
  { dstType: 'ipDestTxt', dst: '198.51.100.0/24' },
  { dstType: 'groupDestIP', dst: 'Both' },
  { dstType: 'defaultDstIP', dst: 'Private Network 10.0.0.0', invDst: 'on' },
);
const service = fc.constantFrom(
  {},
  { serviceType: 'default', service: 'http' },
  { serviceType: 'default', service: 'irc' },
  { serviceType: 'default', service: 'Ping' },
  { serviceType: 'custom', service: 'High' },
  { serviceType: 'custom', service: 'Low not' },
  { serviceType: 'custom', service: 'No TCP' },
  { serviceType: 'custom', service: 'pong' },
  { serviceType: 'serviceGroup', service: 'MailServices' },
  { serviceType: 'custom', service: 'Proxy' },
);
const net = fc.constantFrom(
  {},
  { dstNet: 'GREEN_COLOR' },
  { dstNet: 'BLUE_COLOR' },
  { dstNetType: 'defaultDestNet', dstNet: 'Red' },
  { dstNetType: 'defaultDestNet', dstNet: 'Blue' },
  { srcNet: 'Blue' },
  { srcNet: 'any' },
  { srcNetType: 'custSrcNet', srcNet: 'tun0' },
);
const time = fc.constantFrom('00:00', '06:00', '08:30', '13:00', '22:15');
const frame = fc.record({
  days: fc.integer({ min: 1, max: 127 }),
  from: time,
  to: time,
  first: fc.integer({ min: 1, max: 31 }),
  last: fc.integer({ min: 1, max: 31 }),
  monthly: fc.boolean(),
});
const rule = fc.record({
  parts: fc.tuple(source, destination, service, net).map((all) => Object.assign({}, ...all) as object),
  chain: fc.constantFrom('FORWARD', 'FORWARD', 'INPUT'),
  enabled: fc.constantFrom('on', 'on', 'on', 'off'),
  mode: fc.constantFrom('std', 'std', 'adv'),
  action: fc.constantFrom('accept', 'accept', 'drop', 'reject', 'logOnly'),
  srcPort: fc.constantFrom('-', '-', '-', '40000', '1024:40000'),
  invSrcPort: fc.constantFrom('on', 'off'),
  frame: fc.option(frame, { nil: null, freq: 3 }),
});

const packet: fc.Arbitrary<OldPacket> = fc.record({
  from: fc.constantFrom('192.168.51.5', '192.168.51.33', '192.168.51.70'),
  mac: fc.constantFrom('00:16:3e:00:00:05', '00:16:3e:00:00:06'),
  to: fc.constantFrom('box', '198.51.100.10', '198.51.100.11', '203.0.113.9', '10.1.2.3'),
  protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'icmp' as const, 'gre' as const),
  port: fc.constantFrom(25, 80, 110, 194, 443, 800, 5000),
  sport: fc.constantFrom(1023, 40000, 50000),
  type: fc.constantFrom(0, 8),
});

const numbers = { tcp: 6, udp: 17, icmp: 1, gre: 47 };

/** Source ports need TCP or UDP; BOT's form gave none to other services. */
const fits = (parts: object): boolean => !['Ping', 'pong'].includes((parts as { service?: string }).service ?? '');

for (const advanced of ['as-written', 'as-ran'] as const)
  test(`imported ${advanced}, verdicts equal those of the old rules`, (t) => {
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 6 }),
        fc.array(packet, { minLength: 20, maxLength: 20 }),
        fc.integer({ min: 0, max: 7 * 24 * 60 * 5 }),
        fc.constantFrom('drop' as const, 'reject' as const),
        (rules, packets, minutes, deny) => {
          const counts = { FORWARD: 0, INPUT: 0 };
          const config = rules.flatMap(({ parts, frame: f, ...rest }) => {
            const chain = rest.chain as 'FORWARD' | 'INPUT';
            const index = counts[chain]++;
            const port = fits(parts) ? {} : { srcPort: '-' };
            const text = bot({ ...parts, ...rest, ...port, frame: f === null ? 'off' : 'on' });
            if (f === null) return [text];
            const days = f.days.toString(2).padStart(7, '0');
            return [
              text,
              f.monthly
                ? month(index, f.first, f.last, f.from, f.to).replace('FORWARD', chain)
                : week(index, days, f.from, f.to, chain),
            ];
          });
          const files = { ...objects, config: config.join('\n') };
          const settings = `ADMIN_MAC=00:16:3e:00:00:99\nADV_MODE_ENABLE=off\nDENY_ACTION=${deny.toUpperCase()}\n`;
          const { policy, report } = importFiles({ ...files, settings }, { base: defaultPolicy(), advanced });
          t.false(
            report.some(({ outcome }) => outcome === 'refused'),
            JSON.stringify(report.filter(({ outcome }) => outcome === 'refused')),
          );
          // Monday 2026-06-01, in UTC, the zone of the default policy.
          const now = Date.UTC(2026, 5, 1) / 1000 + minutes * 60;
          const date = new Date(now * 1000);
          const old = oldBox(files, GREEN, advanced === 'as-written', deny);
          const judge = judgeOf(policy, { now });
          for (const one of packets) {
            const expected = old(one, {
              weekday: date.getUTCDay(),
              day: date.getUTCDate(),
              hour: date.getUTCHours(),
              minute: date.getUTCMinutes(),
            });
            const { verdict } = judge({
              ...one,
              to: one.to === 'box' ? 'greengate' : one.to,
              protocol: numbers[one.protocol],
            });
            t.is(verdict, expected, `${JSON.stringify(one)} at ${date.toISOString()}\n${config.join('\n')}`);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

test('the unanswered question never lets through what one of the answers denies', (t) => {
  fc.assert(
    fc.property(
      fc.array(rule, { minLength: 1, maxLength: 5 }),
      fc.array(packet, { minLength: 20, maxLength: 20 }),
      fc.integer({ min: 0, max: 7 * 24 * 60 }),
      (rules, packets, minutes) => {
        const counts = { FORWARD: 0, INPUT: 0 };
        const config = rules.flatMap(({ parts, frame: f, ...rest }) => {
          const chain = rest.chain as 'FORWARD' | 'INPUT';
          const index = counts[chain]++;
          const text = bot({
            ...parts,
            ...rest,
            ...(fits(parts) ? {} : { srcPort: '-' }),
            frame: f === null ? 'off' : 'on',
          });
          return f === null ? [text] : [text, week(index, f.days.toString(2).padStart(7, '0'), f.from, f.to, chain)];
        });
        const files = { ...objects, config: config.join('\n'), settings: 'ADV_MODE_ENABLE=off\n' };
        const now = Date.UTC(2026, 5, 1) / 1000 + minutes * 60;
        const [closed, written, ran] = (['closed', 'as-written', 'as-ran'] as const).map((advanced) =>
          judgeOf(importFiles(files, { base: defaultPolicy(), advanced }).policy, { now }),
        );
        for (const one of packets) {
          const given = {
            ...one,
            to: one.to === 'box' ? ('greengate' as const) : one.to,
            protocol: numbers[one.protocol],
          };
          if (closed?.(given).verdict === 'accept') {
            t.is(written?.(given).verdict, 'accept', config.join('\n'));
            t.is(ran?.(given).verdict, 'accept', config.join('\n'));
          } else t.pass();
        }
      },
    ),
    { numRuns: 100 },
  );
});
