/**
 * What BOT did with a packet of GREEN, from its files alone: a small reading of its own that shares no code with the importer.
 * Sources × destinations × services in order, the first match decides; limits are taken as not used up.
 */
export type OldPacket = {
  from: string;
  mac: string;
  to: 'box' | string;
  protocol: 'tcp' | 'udp' | 'icmp' | 'gre';
  port?: number;
  sport?: number;
  type?: number;
};

/** The moment, as the old box's clock showed it. */
export type OldTime = { weekday: number; day: number; hour: number; minute: number };

const number = (ip: string): number => ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

const inside = (ip: string, network: string): boolean => {
  const [base = '', mask = '32'] = network.split('/');
  const dotted = mask.includes('.');
  const size = dotted ? 2 ** 32 - number(mask) : 2 ** (32 - Number(mask));
  return Math.floor(number(ip) / size) === Math.floor(number(base) / size);
};

const rows = (text = ''): string[][] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(','));

/** `advanced`: do advanced rules, frames and source ports count? `deny`: the default action. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one reading of one format, kept in one place to be compared with the description
export const oldBox = (files: Record<string, string>, green: string, advanced: boolean, deny: 'drop' | 'reject') => {
  const addresses = new Map(
    rows(files.customnetworks).map(([name = '', kind, host = '', mask]) => [
      name,
      kind === 'mac' ? host.toLowerCase().replaceAll('-', ':') : `${host}/${mask || '32'}`,
    ]),
  );
  const services = new Map(rows(files.customservices).map(([name = '', ...rest]) => [name, rest]));
  const fixed: Record<string, string> = {
    Any: '0.0.0.0/0',
    'Green Network': green,
    'Private Network 10.0.0.0': '10.0.0.0/8',
  };
  const known: Record<string, string[]> = {
    http: ['80', 'tcp'],
    https: ['443', 'tcp'],
    smtp: ['25', 'tcp'],
    pop3: ['110', 'tcp'],
    domain: ['53', 'tcpudp'],
    irc: ['194', 'tcpudp'],
    Ping: ['', 'icmp', 'off', 'off', '8'],
  };
  const members = (text: string | undefined, name: string): string[][] =>
    rows(text).filter(([word, group, , , on]) => word !== 'GROUP' && group === name && on === 'on');

  const hosts = (type: string, value: string): string[] => {
    if (type.startsWith('default')) return [fixed[value] ?? 'none'];
    if (type.startsWith('cust')) return [addresses.get(value) ?? 'none'];
    if (type.startsWith('group'))
      return members(files.addressGroups, value).map(
        ([, , name = '', kind]) => (kind === 'default' ? fixed[name] : addresses.get(name)) ?? 'none',
      );
    return [value];
  };
  const isHost = (packet: OldPacket, side: 'from' | 'to', value: string): boolean => {
    if (value === 'none') return false;
    if (/^..:/.test(value) || /^..-/.test(value))
      return side === 'from' && packet.mac === value.toLowerCase().replaceAll('-', ':');
    return inside(packet[side], value);
  };
  const side = (packet: OldPacket, which: 'from' | 'to', type: string, value: string, invert: string): boolean =>
    hosts(type, value).some((one) => isHost(packet, which, one)) !== (invert === 'on');

  const inPort = (port: number | undefined, text: string): boolean => {
    const [from = '', to = from] = text.split(':');
    return port !== undefined && port >= Number(from) && port <= Number(to);
  };
  const isService = (
    packet: OldPacket,
    [ports = '', word = '', invertPort, invertProtocol, type]: string[],
  ): boolean => {
    if (invertProtocol === 'on') return packet.protocol !== word;
    if (word !== packet.protocol && !(word === 'tcpudp' && ['tcp', 'udp'].includes(packet.protocol))) return false;
    if (word === 'icmp') return type === 'ALL' || type === 'BLANK' || Number(type) === packet.type;
    return ports === '' || inPort(packet.port, ports) !== (invertPort === 'on');
  };
  const servicesOf = (type: string, name: string): string[][] => {
    if (type === '-') return [];
    if (type === 'default') return [known[name] ?? ['', 'none']];
    if (type === 'custom') return [services.get(name) ?? ['', 'none']];
    return members(files.serviceGroups, name).map(
      ([, , one = '', kind]) => (kind === 'default' ? known[one] : services.get(one)) ?? ['', 'none'],
    );
  };

  const inFrame = (line: string[], time: OldTime): boolean => {
    const now = time.hour * 60 + time.minute;
    const [start, end] = [Number(line[13]) * 60 + Number(line[14]), Number(line[15]) * 60 + Number(line[16])];
    const clock = start === end || (start < end ? now >= start && now < end : now >= start || now < end);
    const [first, last] = [Number(line[4]), Number(line[5])];
    const month = first <= last ? time.day >= first && time.day <= last : time.day >= first || time.day <= last;
    return clock && (line[3] === 'weekDays' ? line[6 + time.weekday] === 'on' : month);
  };

  const lines = rows(files.config);
  const rules = lines.flatMap((line, at) =>
    line[0] === 'RULE'
      ? [
          {
            chain: line[1],
            f: ['', ...line.slice(2)],
            frame: lines[at + 1]?.[0] === 'TIME' ? lines[at + 1] : undefined,
          },
        ]
      : [],
  );
  return (packet: OldPacket, time: OldTime): 'accept' | 'drop' | 'reject' => {
    for (const { chain, f, frame } of rules) {
      const [mode = '', net = '', action = ''] = [f[2], f[4], f[26]];
      if (f[1] !== 'on' || (mode === 'adv' && !advanced) || (chain === 'INPUT') !== (packet.to === 'box')) continue;
      if (!/^(green|any)$/i.test(net) || (chain === 'FORWARD' && !/red|any|color/i.test(f[12] ?? ''))) continue;
      if (advanced && f[27] === 'on' && (frame === undefined || !inFrame(frame, time))) continue;
      if (!side(packet, 'from', f[6] ?? '', f[7] ?? '', f[8] ?? '')) continue;
      if (packet.to !== 'box' && !side(packet, 'to', f[14] ?? '', f[15] ?? '', f[16] ?? '')) continue;
      if (
        advanced &&
        f[9] !== '-' &&
        (!['tcp', 'udp'].includes(packet.protocol) || inPort(packet.sport, f[9] ?? '') === (f[10] === 'on'))
      )
        continue;
      const wanted = servicesOf(f[17] ?? '', f[18] ?? '');
      if (f[17] !== '-' && !wanted.some((one) => isService(packet, one))) continue;
      if (action === 'accept' || action === 'drop' || action === 'reject') return action;
    }
    return deny;
  };
};
