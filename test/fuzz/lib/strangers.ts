import fc from 'fast-check';
import { parseLeases } from '../../../src/machine/machine.ts';
import { parseNeighbours } from '../../../src/machine/observe.ts';
import { parseSources, parseTracking } from '../../../src/machine/time.ts';
import { packetLine } from '../../lib/log-lines.ts';
import { askWeb } from './answers.ts';
import type { Kind } from './kind.ts';
import { dice, json, pick, words } from './words.ts';
import type { World } from './world.ts';

type Line = { file: 'firewall.json' | 'proxy.log'; change: Record<string, unknown>; cut: string; dice: number[] };

/** A line of the firewall's or the proxy's log: addresses, names and URLs as strangers send them, torn or nonsense at times. */
export const logCases: Kind<Line> = {
  name: 'log',
  share: 290,
  draw: fc.record({
    file: fc.constantFrom<Line['file']>('firewall.json', 'proxy.log'),
    change: fc.dictionary(
      fc.constantFrom(
        'oob.prefix',
        'oob.time.sec',
        'oob.in',
        'ip.protocol',
        'src_ip',
        'dest_ip',
        'src_port',
        'mac.saddr.str',
        'url',
        'url',
        'client',
        'method',
        'status',
        'hier',
        'time',
        'bytes',
        'ms',
        '__proto__',
      ),
      fc.oneof({ weight: 3, arbitrary: words }, { weight: 1, arbitrary: json }),
      { maxKeys: 3 },
    ),
    cut: words,
    dice,
  }),
  run: async (world, { file, change, cut, dice: drawn }, seen) => {
    const now = Math.floor(Date.now() / 1000);
    const [how = 0, at = 0, look = 0, search = 0] = drawn;
    const whole =
      file === 'firewall.json'
        ? packetLine({ 'oob.time.sec': now, ...change })
        : JSON.stringify({ ...request(now), ...change });
    const line = how % 6 === 0 ? `${whole.slice(0, at % whole.length)}${cut}` : how % 40 === 1 ? cut : whole;
    await world.ui.writeLog(file, [line.toWellFormed()]);
    seen(`log: ${file}`);
    if (look % 15 !== 0) return null;
    return show(
      world,
      pick(['/logs/firewall', '/logs/proxy', '/', '/firewall/bot'], look),
      search % 3 === 0 ? cut : '',
      seen,
    );
  },
};

const request = (now: number) => ({
  time: now + 0.25,
  ms: 12,
  client: '192.168.51.35',
  status: 200,
  method: 'GET',
  url: 'http://www.example.com/a?b',
  bytes: 4096,
  hier: 'TCP_MISS/HIER_DIRECT',
});

const show = async (world: World, path: string, q: string, seen: (what: string) => void): Promise<string | null> => {
  const cookie = `greengate-session=${world.sessions.administrator.token}`;
  const query = q === '' ? '' : `?q=${encodeURIComponent(q.toWellFormed().slice(0, 500))}`;
  const { answer, fault } = await askWeb(world, { method: 'GET', path: `${path}${query}`, headers: { cookie } });
  if (answer.body.includes('zqx')) seen('a page with a hostile text');
  return fault ?? (answer.status === 200 ? null : `${path} answered ${answer.status}`);
};

/** What DHCP clients, time servers and the network say of themselves, by way of the machine's own readers, on the pages that show it. */
export const nameCases: Kind<{ names: string[]; raw: string; dice: number[] }> = {
  name: 'name',
  share: 10,
  draw: fc.record({ names: fc.array(words, { minLength: 4, maxLength: 4 }), raw: words, dice }),
  run: async (world, { names: [lease = '', source = '', driver = '', notice = ''], raw, dice: drawn }, seen) => {
    const { twin } = world.ui.lab;
    const later = Math.floor(Date.now() / 1000) + 3600;
    const leases = parseLeases(
      `${later} 00:16:3e:00:00:25 192.168.51.25 ${lease} ${raw}\n${raw}\n${later} ${raw} ${lease} * *\n`,
    );
    const tracking = parseTracking(`50505050,${source},3,1700000000.1,0.001,0.002,0.003,1,0,0,0,0,64,${raw}\n${raw}`);
    const sources = parseSources(`^,*,${source},2,6,377,12,0.001,0.002,0.003\n${raw}\n#,${raw},${source},x,y`);
    for (const text of [raw, source]) {
      try {
        parseNeighbours(`[{"dst":${JSON.stringify(text)},"lladdr":${JSON.stringify(lease)},"dev":"green"}]`);
      } catch (error) {
        return `neighbours: ${error}`;
      }
    }
    twin.leases = async () => leases;
    twin.clock = { ...twin.clock, running: true, ...tracking, sources };
    twin.cards = twin.cards.map((card, index) => (index === 0 ? card : { ...card, driver }));
    const observe = twin.observe;
    twin.observe = async () => ({ ...(await observe.call(twin)), notices: [notice] });
    seen('names of strangers');
    const fault = await show(
      world,
      pick(
        ['/services/dhcp', '/services/time', '/', '/network', '/firewall/blocks/new', '/firewall/bot/rules/new'],
        drawn[0],
      ),
      '',
      seen,
    );
    twin.observe = observe;
    return fault;
  },
};
