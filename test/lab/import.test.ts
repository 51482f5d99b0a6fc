import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { importFiles } from '../../src/import/import.ts';
import type { Host, Probe } from '../appliance/lib/host.ts';
import { endAll } from '../appliance/lib/process.ts';
import { startRedServers } from '../appliance/lib/red-servers.ts';
import { BOX_GREEN, BOX_RED, makeTopology, RED_SERVER } from '../appliance/lib/topology.ts';
import { bot, week } from '../import/lib/bot.ts';
import { type OldPacket, oldBox } from '../import/lib/old-box.ts';
import { ADMIN_MAC } from '../lib/handbook.ts';
import { LabBox } from './lib/box.ts';

/** Old rules, imported and loaded: real packets meet the same verdicts as on the old box. */
let box: LabBox;
const hosts: { from: string; mac: string; host: Host }[] = [];

test.before(async () => {
  const topology = makeTopology();
  await startRedServers(topology);
  topology.green({ address: '192.168.51.10', mac: ADMIN_MAC });
  for (const last of [25, 70]) {
    const mac = `02:00:00:00:05:${last.toString(16)}`;
    hosts.push({ from: `192.168.51.${last}`, mac, host: topology.green({ address: `192.168.51.${last}`, mac }) });
  }
  box = new LabBox(topology);
  await box.boot(['dnsmasq', 'agent']);
  const code = readFileSync(join(box.folder, 'run/setup-code'), 'utf8').trim();
  const answers = { password: 'correct horse battery', timezone: 'UTC', block: false, visitor: '192.168.51.10' };
  await box.call('setup.finish', { ...answers, code });
  const red = { mode: 'static', address: BOX_RED, netmask: '255.255.255.0', gateway: RED_SERVER };
  await box.call('policy.edit', { edit: { do: 'section', section: 'network', value: { red } } });
  await box.call('policy.edit', { edit: { do: 'section', section: 'dns', value: { servers: [RED_SERVER] } } });
  await hosts[1]?.host.eventually(['tcp', RED_SERVER, 110], 20);
  // Before the imports: enabling puts the starter rules in front.
  await box.call('policy.edit', { edit: { do: 'section', section: 'settings', value: { adminMac: ADMIN_MAC } } });
  await box.call('bot.enable', {});
});

test.after.always(() => endAll());

const customs = {
  customnetworks: 'Mail,ip,192.168.51.0,255.255.255.224,1\nPC,mac,02-00-00-00-05-46,,1\nServer,ip,10.9.0.0,24,1\n',
  customservices: 'Not mail,110,tcp,on,off,BLANK,1\nNo TCP,,tcp,off,on,BLANK,1\nLow,1:79,tcp,off,off,BLANK,1\n',
  serviceGroups:
    'GROUP,Mailing,1,\nSERVICE,Mailing,pop3,default,on\nSERVICE,Mailing,smtp,default,on\nSERVICE,Mailing,http,default,off\n',
  addressGroups: 'GROUP,Both,1,\nADDRESS,Both,Mail,custom,off\nADDRESS,Both,PC,custom,on\n',
};
const dns = bot({ chain: 'INPUT', serviceType: 'default', service: 'domain', srcType: 'custSrcAdr', src: 'Mail' });
const today = '0000000'.replace(/./g, (_, at: number) => (at === new Date().getUTCDay() ? '1' : '0'));
const never = today.replace(/./g, (flag) => (flag === '1' ? '0' : '1'));

const configs: Record<string, string[]> = {
  'groups and colours': [
    dns,
    bot({ srcType: 'custSrcAdr', src: 'Mail', serviceType: 'serviceGroup', service: 'Mailing', dstNet: 'BLUE_COLOR' }),
    bot({ srcNet: 'Blue' }),
  ],
  inversions: [
    bot({ srcType: 'custSrcAdr', src: 'Mail', invSrc: 'on', serviceType: 'custom', service: 'Not mail' }),
    bot({ srcType: 'groupSrcAdr', src: 'Both', invSrc: 'on', serviceType: 'custom', service: 'Low' }),
  ],
  'a MAC, order and reject': [
    bot({ srcType: 'custSrcAdr', src: 'PC', serviceType: 'default', service: 'http', action: 'reject' }),
    bot({ dstType: 'custDestIP', dst: 'Server' }),
    bot({ action: 'drop' }),
  ],
  'an inverted destination and protocol': [
    dns,
    bot({ dstType: 'custDestIP', dst: 'Server', invDst: 'on' }),
    bot({ serviceType: 'custom', service: 'No TCP' }),
  ],
  frames: [
    bot({ frame: 'on', serviceType: 'default', service: 'pop3' }),
    week(0, today, '00:00', '00:00'),
    bot({ frame: 'on', serviceType: 'default', service: 'http' }),
    week(1, never, '07:00', '07:00'),
  ],
};

const wishes: {
  packet: Pick<OldPacket, 'to' | 'protocol' | 'port' | 'type'>;
  ask: Probe;
}[] = [
  ...[25, 80, 110].map((port) => ({
    packet: { to: RED_SERVER, protocol: 'tcp' as const, port },
    ask: ['tcp', RED_SERVER, port] as const,
  })),
  { packet: { to: RED_SERVER, protocol: 'icmp', type: 8 }, ask: ['ping', RED_SERVER] },
  { packet: { to: 'box', protocol: 'udp', port: 53 }, ask: ['dns', BOX_GREEN, 'www.red.test'] },
];

for (const [name, lines] of Object.entries(configs))
  test.serial(name, async (t) => {
    const files = {
      ...customs,
      config: lines.join('\n'),
      settings: `ADMIN_MAC=${ADMIN_MAC}\nADV_MODE_ENABLE=on\nDENY_ACTION=DROP\n`,
    };
    const { policy: base } = await box.call('policy.get', {});
    const { policy, report } = importFiles(files, { base });
    t.deepEqual(
      report.filter(({ outcome }) => outcome === 'refused'),
      [],
    );
    await box.call('policy.edit', { edit: { do: 'replace', value: policy } });
    if (!policy.settings.enabled) await box.call('bot.enable', { starters: [] });
    const old = oldBox(files, '192.168.51.0/24', true, 'drop');
    const now = new Date();
    const time = {
      weekday: now.getUTCDay(),
      day: now.getUTCDate(),
      hour: now.getUTCHours(),
      minute: now.getUTCMinutes(),
    };
    let accepted = 0;
    for (const { from, mac, host } of hosts)
      for (const { packet, ask } of wishes) {
        const verdict = old({ from, mac, sport: 40_000, ...packet }, time);
        if (verdict === 'accept') {
          accepted += 1;
          await host.succeeds(...ask);
        } else {
          const found = await host.fails(...ask);
          if (packet.protocol === 'tcp')
            t.is(found === 'no answer', verdict === 'drop', `${from} ${ask.join(' ')}: ${found}`);
        }
      }
    t.true(accepted > 0 && accepted < hosts.length * wishes.length);
  });
