/**
 * The policy of an office, made by a generator so that it can be had again: 1 000 addresses, 200 groups of 2–40 of them, 60 services, 300
 * destinations, 2 000 rules; destination Any in 40 %, any service in 5 %, MAC sources in 10 % (5 % when nine tenths are Any), drops 20 %.
 */

/** A PC of the office. */
export type Desk = { address: string; mac: string };

/** A policy as JSON, and what is needed to aim packets at it. */
export type Office = {
  policy: { rules: OfficeRule[]; [section: string]: unknown };
  desks: Desk[];
  /** An address of each destination. */
  destinations: string[];
  services: OfficeService[];
};

/** What a packet can aim at: an IP protocol's number and ports. Of ICMP none. */
export type OfficeService = {
  name: string;
  protocol: string;
  ports: string;
  packets: { protocol: number; port: number }[];
};

/** A first packet of a flow. Protocol 1 is an echo request. */
export type OfficePacket = { mac: string; from: string; to: string; protocol: number; port: number };

type Reference = { kind: string; name?: string };
type OfficeRule = {
  id: string;
  source: Reference;
  destination: Reference;
  service: Reference;
  action: string;
  log: boolean;
};
type Random = (below: number) => number;

const ADDRESSES = 1000;
const DESTINATIONS = 300;
const GROUPS = 200;
const SERVICES = 60;
const RULES = 2000;
/** Of the groups, those of destinations. */
const DESTINATION_GROUPS = 40;
/** Of the addresses, those that name a network card; every second of them is a desk that has an address of its own, too. */
const CARDS = 100;

/** `anySource`: how many rules in a hundred have source Any. The network is 10.51.0.0/22. */
export function office(anySource: number, seed = 1): Office {
  const random = randomOf(seed * 1000 + anySource);
  const hosts = ADDRESSES - CARDS;
  const desks = Array.from({ length: hosts + CARDS / 2 }, (_, index) => ({
    address: `10.51.${(index + 1) >> 8}.${(index + 1) & 255}`,
    mac: `02:51:00:00:${hex(index >> 8)}:${hex(index & 255)}`,
  }));
  const cards = Array.from(
    { length: CARDS },
    (_, index) => desks[index % 2 === 0 ? index : hosts + (index >> 1)] as Desk,
  );
  const services = servicesOf(random);
  const outside = destinationsOf(random);
  const groups = Array.from({ length: GROUPS }, (_, index) => ({
    name: `Group ${index}`,
    members: some(random, 2 + random(39), index < DESTINATION_GROUPS ? DESTINATIONS : hosts).map((member) => ({
      name: `${index < DESTINATION_GROUPS ? 'Outside' : 'Desk'} ${member}`,
    })),
  }));
  const rules = Array.from({ length: RULES }, (_, index) => rule(random, index, anySource));
  return {
    policy: {
      schema: 2,
      settings: { enabled: true, adminMac: '02:00:00:00:05:0a' },
      network: { green: { address: '10.51.3.254', netmask: '255.255.252.0' } },
      dhcp: { enabled: false },
      addresses: [
        ...desks.slice(0, hosts).map(({ address }, index) => ({ name: `Desk ${index}`, value: address })),
        ...cards.map(({ mac }, index) => ({ name: `Card ${index}`, value: mac })),
        ...outside.map(({ value }, index) => ({ name: `Outside ${index}`, value })),
      ],
      addressGroups: groups,
      services: services.map(({ name, protocol, ports }) => ({ name, protocol, ports, ...icmpType(protocol) })),
      rules,
    },
    desks,
    destinations: outside.map(({ inside }) => inside),
    services,
  };
}

/**
 * New packets: seven of ten are aimed at a rule (a sender, a destination and a service that it speaks of, whatever an earlier rule says of
 * them), the others come from any desk, go to any destination, now and then an unknown one, and by any service, now and then an unknown one.
 */
export function officePackets(
  { policy, desks, destinations, services }: Office,
  count: number,
  seed = 1,
): OfficePacket[] {
  const random = randomOf(seed);
  const pick = <T>(list: T[]): T => list[random(list.length)] as T;
  const groups = new Map(
    (policy.addressGroups as { name: string; members: { name: string }[] }[]).map(({ name, members }) => [
      name,
      members,
    ]),
  );
  const byCard = new Map(desks.map((desk) => [desk.mac, desk]));
  const values = new Map(
    (policy.addresses as { name: string; value: string }[]).map(({ name, value }) => [name, value]),
  );
  const one = ({ kind, name = '' }: Reference): string => (kind === 'group' ? pick(groups.get(name) ?? []).name : name);
  const anyDesk = () => pick(desks);
  const anyOutside = () => (random(10) === 0 ? `192.0.2.${random(256)}` : pick(destinations));
  const anyPacket = () =>
    random(10) === 0 ? { protocol: 6, port: 20_000 + random(1000) } : pick(pick(services).packets);
  const deskOf = (source: Reference): Desk => {
    if (source.kind === 'any') return anyDesk();
    const value = values.get(one(source)) ?? '';
    return byCard.get(value) ?? desks.find(({ address }) => address === value) ?? anyDesk();
  };
  return Array.from({ length: count }, () => {
    const aimed = random(10) < 7 ? pick(policy.rules) : null;
    const { mac, address } = aimed === null ? anyDesk() : deskOf(aimed.source);
    const to =
      aimed === null || aimed.destination.kind === 'any'
        ? anyOutside()
        : (destinations[Number(one(aimed.destination).split(' ')[1])] ?? anyOutside());
    const named = services.find(({ name }) => name === aimed?.service.name);
    return { mac, from: address, to, ...(named === undefined ? anyPacket() : pick(named.packets)) };
  });
}

/** What the policy says of its packets: the rules one by one, read anew here. */
export function officeVerdicts({ policy }: Office, packets: OfficePacket[]): ('accept' | 'drop')[] {
  const values = new Map(
    (policy.addresses as { name: string; value: string }[]).map(({ name, value }) => [name, value]),
  );
  const services = new Map((policy.services as OfficeService[]).map((service) => [service.name, service]));
  const groups = new Map(
    (policy.addressGroups as { name: string; members: { name: string }[] }[]).map(({ name, members }) => [
      name,
      members,
    ]),
  );
  const parts = ({ kind, name = '' }: Reference): string[] | null =>
    kind === 'any'
      ? null
      : (kind === 'group' ? (groups.get(name) ?? []) : [{ name }]).map((one) => values.get(one.name) ?? '');
  const rules = policy.rules.map(({ source, destination, service, action }) => ({
    from: new Set(parts(source)),
    fromAny: source.kind === 'any',
    to: parts(destination)?.map(rangeOf) ?? null,
    service: service.kind === 'any' ? null : services.get(service.name ?? ''),
    action: action as 'accept' | 'drop',
  }));
  return packets.map((packet) => {
    const to = numberOf(packet.to);
    const found = rules.find(
      (rule) =>
        (rule.fromAny || rule.from.has(packet.from) || rule.from.has(packet.mac)) &&
        (rule.service === null || (rule.service !== undefined && isOf(rule.service, packet))) &&
        (rule.to === null || rule.to.some(([first, last]) => first <= to && to <= last)),
    );
    return found?.action ?? 'drop';
  });
}

const numberOf = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

function rangeOf(value: string): [number, number] {
  const [start = '', end] = value.split(/[-/]/);
  const first = numberOf(start);
  if (end === undefined) return [first, first];
  return value.includes('-') ? [first, numberOf(end)] : [first, first + 2 ** (32 - Number(end)) - 1];
}

function isOf({ protocol, ports }: OfficeService, packet: OfficePacket): boolean {
  if (packet.protocol === 1) return protocol === 'icmp';
  if (!protocol.split('&').includes(packet.protocol === 6 ? 'tcp' : 'udp')) return false;
  return ports.split(', ').some((one) => {
    const [first = 0, last = first] = one.split('-').map(Number);
    return first <= packet.port && packet.port <= last;
  });
}

function rule(random: Random, index: number, anySource: number): OfficeRule {
  const cards = Math.min(10, (100 - anySource) / 2);
  const kind = random(100);
  const source =
    kind < anySource
      ? { kind: 'any' }
      : kind < anySource + cards
        ? { kind: 'address', name: `Card ${random(CARDS)}` }
        : random(2) === 0
          ? { kind: 'group', name: `Group ${DESTINATION_GROUPS + random(GROUPS - DESTINATION_GROUPS)}` }
          : { kind: 'address', name: `Desk ${random(ADDRESSES - CARDS)}` };
  const to = random(100);
  const destination =
    to < 40
      ? { kind: 'any' }
      : to < 55
        ? { kind: 'group', name: `Group ${random(DESTINATION_GROUPS)}` }
        : { kind: 'address', name: `Outside ${random(DESTINATIONS)}` };
  // No rule is about everything, or it would end the list; so that it is 5 % all the same, the others have any service more often.
  const everybody = source.kind === 'any' && destination.kind === 'any';
  const service =
    !everybody && random(100_000) < 5000 / (1 - anySource * 0.004)
      ? { kind: 'any' }
      : { kind: 'service', name: `Service ${random(SERVICES)}` };
  const action = random(100) < 20 ? 'drop' : 'accept';
  return { id: `r${index + 1}`, source, destination, service, action, log: action === 'drop' && random(2) === 0 };
}

/** Most have one port; some a list, a range or both protocols; ping and GRE are among them. */
function servicesOf(random: Random): OfficeService[] {
  return Array.from({ length: SERVICES }, (_, index) => {
    const name = `Service ${index}`;
    const port = 100 + index * 40 + random(20);
    if (index === 0) return { name, protocol: 'icmp', ports: '', packets: [{ protocol: 1, port: 0 }] };
    if (index === 1) return { name, protocol: 'gre', ports: '', packets: [{ protocol: 6, port }] };
    const of = (protocol: number, ...ports: number[]) => ports.map((one) => ({ protocol, port: one }));
    if (index < 12) return { name, protocol: 'udp', ports: `${port}`, packets: of(17, port) };
    if (index < 14) return { name, protocol: 'tcp&udp', ports: `${port}`, packets: [...of(6, port), ...of(17, port)] };
    if (index < 19)
      return {
        name,
        protocol: 'tcp',
        ports: `${port}, ${port + 1}, ${port + 9}`,
        packets: of(6, port, port + 1, port + 9),
      };
    if (index < 22)
      return { name, protocol: 'tcp', ports: `${port}-${port + 12}`, packets: of(6, port, port + 5, port + 12) };
    return { name, protocol: 'tcp', ports: `${port}`, packets: of(6, port) };
  });
}

/** Most are hosts; some are networks or ranges, and hosts of those are named as well. */
function destinationsOf(random: Random): { value: string; inside: string }[] {
  return Array.from({ length: DESTINATIONS }, (_, index) => {
    const network = `198.18.${index % 75}`;
    const inside = `${network}.${1 + (index % 4) * 60 + random(50)}`;
    if (index % 20 === 0) return { value: `${network}.0/24`, inside };
    if (index % 20 === 7)
      return { value: `${network}.${((index % 4) * 64) & 255}/26`, inside: `${network}.${(index % 4) * 64 + 5}` };
    if (index % 20 === 13) return { value: `${inside}-${network}.${240 + random(10)}`, inside };
    return { value: inside, inside };
  });
}

/** So many different numbers below a bound. */
function some(random: Random, count: number, below: number): number[] {
  const found = new Set<number>();
  while (found.size < count) found.add(random(below));
  return [...found];
}

const icmpType = (protocol: string) => (protocol === 'icmp' ? { icmpType: '8' } : {});
const hex = (number: number): string => number.toString(16).padStart(2, '0');

/** Whole numbers from 0 to below a bound, the same for the same seed (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}
