import { nameSets } from '../plan/names.ts';
import { isAddress, isDnsName, isMac, type Network, networksOf, normalAddress } from '../policy/address.ts';
import { allAddresses, greenNetwork } from '../policy/builtin.ts';
import { type Hosts, resolveDestination, resolveSource, sameName } from '../policy/resolve.ts';
import type { Policy, Source } from '../policy/schema.ts';
import { addressValue, spanOfNetwork, type Value, valueText } from './address-classes.ts';
import { free } from './change-points.ts';
import type { Step, World } from './model.ts';

/** A computer seen on GREEN: by its lease, say. */
export type SeenHost = { address: string; mac: string; name: string };

/** What one side of a question means. `hosts`: one of each kind that the rules tell apart, all of `whole` if that is a name for several. */
export type Side<T> = { label: string; whole: boolean; hosts: T[]; notes: string[] };
export type Sender = { from: string; mac: string | null };

/** Where names of a question are looked up. */
export type Known = { policy: Policy; world: World; steps: Step[]; seen: readonly SeenHost[] };

/** Who: an IP, network, range or MAC, the name of an address, a group or a lease. A text instead says what is wrong with it. */
export const readSenders = (known: Known, text: string, mac: string | null): Side<Sender> | string => {
  const { policy, world, steps } = known;
  const leases = [...policy.dhcp.fixed, ...known.seen];
  const lease = leases.find(({ name }) => name !== '' && sameName(name, text));
  const ref = hostRef(policy, text) ?? (lease === undefined ? null : typed(lease.address));
  if (ref === null) return noHost(text);
  const { networks, macs } = resolveSource(policy, ref, world);
  if (networks.length + macs.length === 0)
    return resolveDestination(policy, ref, world).names.length > 0
      ? 'A DNS name can only be a destination. Name the sender by address or MAC.'
      : `“${text}” has no address now. Write one.`;
  if (mac !== null && macs.some((one) => one !== mac))
    return 'This names another MAC than the one that is given apart.';
  const notes: string[] = [];
  const byMac = macs.map((card): Sender => {
    const found = leases.find((one) => one.mac === card)?.address;
    if (found === undefined)
      notes.push(`No address is known of ${card}: ${strangerOf(known)}, which no rule names, stands for it.`);
    return { from: found ?? strangerOf(known), mac: card };
  });
  const cuts = cutsOfSides(steps.map(({ source }) => source));
  const hosts = [...spread(networks, cuts).map((from): Sender => ({ from, mac })), ...byMac];
  return {
    label: labelOf(text, networks, macs),
    whole: networks.length + macs.length > 1 || networks.some(isWide),
    hosts,
    notes,
  };
};

/** Where to: `greengate`, an IP, network, range or DNS name, the name of an address or group. The world comes back with what stands for names. */
export const readPlaces = (known: Known, text: string): (Side<string> & { world: World }) | string => {
  const { policy, world, steps } = known;
  const box = boxWords(policy, text);
  if (box !== null) return { whole: false, hosts: ['greengate'], world, ...box };
  const ref = hostRef(policy, text);
  if (ref === null) return text === '' ? 'Write greengate, an IP address or a name.' : noHost(text);
  const { networks, names } = resolveDestination(policy, ref, world);
  if (networks.length + names.length === 0)
    return isMac(text) || resolveSource(policy, ref, world).macs.length > 0
      ? 'A MAC address cannot be a destination: outside GREEN nobody sees MAC addresses.'
      : `“${text}” has no address now. Write one.`;
  const stood = standingIn(known, names);
  const cuts = cutsOfSides(
    steps.map(({ destination }) => destination),
    stood.world,
  );
  const hosts = [...spread(networks, cuts), ...names.flatMap((name) => stood.world.names?.get(name) ?? [])];
  const whole = networks.length + names.length > 1 || networks.some(isWide);
  return { label: labelOf(text, networks, names), whole, hosts: [...new Set(hosts)], ...stood };
};

/** The box by its name or its address; and calls to everybody on GREEN, which reach it as well. */
const boxWords = (policy: Policy, text: string): Pick<Side<string>, 'label' | 'notes'> | null => {
  const named = /^greengate( access)?$/i.test(text) || sameName(text, 'GREEN Address');
  if (named || normalAddress(text) === policy.network.green.address) return { label: 'Greengate itself', notes: [] };
  const [green] = networksOf(greenNetwork(policy));
  const everybody = green === undefined || green.bits > 30 ? '' : valueText(spanOfNetwork(green).to);
  if (normalAddress(text) !== everybody && text !== '255.255.255.255') return null;
  return {
    label: text,
    notes: [`${text} is everybody on GREEN: of those, the rules decide for Greengate itself only.`],
  };
};

type HostRef = Exclude<Source, { kind: 'any' }>;

const typed = (value: string): HostRef => ({ kind: 'typed', value, invert: false });

/** Addresses mean themselves; DNS names may be the names of objects, too, and those come first. */
const hostRef = (policy: Policy, text: string): HostRef | null => {
  if (isAddress(text) && !isDnsName(text)) return typed(normalAddress(text));
  const address = allAddresses(policy).find(({ name }) => sameName(name, text));
  if (address !== undefined) return { kind: 'address', name: address.name, invert: false };
  const named = (name: string) => policy.addressGroups.find((one) => sameName(one.name, name));
  // Pickers call a group so that has the name of an address.
  const group = named(text) ?? named(text.replace(/ \(group\)$/, ''));
  if (group !== undefined) return { kind: 'group', name: group.name, invert: false };
  return isDnsName(text) ? typed(normalAddress(text)) : null;
};

const noHost = (text: string): string =>
  text === ''
    ? 'Write an IP address, a MAC or a name.'
    : `Nothing is called “${text}”. Write an IP address, a MAC or the name of an address or group.`;

const isWide = ({ family, bits }: Network): boolean => bits < (family === 4 ? 32 : 128);

/** `Printer (192.168.51.9)`. */
const labelOf = (text: string, networks: Network[], others: string[]): string => {
  const [network] = networks;
  const only =
    networks.length + others.length === 1
      ? (others[0] ?? (network === undefined || isWide(network) ? '' : network.address))
      : '';
  return only === '' || only === normalAddress(text) ? text : `${text} (${only})`;
};

/** An address on GREEN that no rule names, and that is not the box. */
const strangerOf = ({ policy, steps }: Known): string => {
  const [green] = networksOf(greenNetwork(policy));
  const box = networksOf(policy.network.green.address);
  const narrow = steps.flatMap(({ source }) => source.networks).filter(({ bits }) => bits > (green?.bits ?? 0));
  const last = green === undefined ? policy.network.green.address : valueText((spanOfNetwork(green).to as number) - 1);
  return free([...narrow, ...box], last, green);
};

/** Where the addresses that sides name begin, and behind their ends. */
const cutsOfSides = (sides: (Hosts | null)[], { names }: Pick<World, 'names'> = {}): Value[] =>
  sides.flatMap((side) => [
    ...(side?.networks ?? []).flatMap((network) => ends(spanOfNetwork(network))),
    ...(side?.names ?? []).flatMap((name) =>
      (names?.get(name) ?? []).flatMap((address) => {
        const value = addressValue(address);
        return value === null ? [] : ends({ from: value, to: value });
      }),
    ),
  ]);

const ends = ({ from, to }: { from: Value; to: Value }): Value[] => [from, typeof to === 'number' ? to + 1 : to + 1n];

/** One address of each piece that the cuts make of the networks; in a network of hosts its first one is none. */
const spread = (networks: Network[], cuts: Value[]): string[] => {
  const found = networks.flatMap((network) => {
    const { from, to } = spanOfNetwork(network);
    const inside = cuts.filter((cut) => typeof cut === typeof from && from < cut && cut <= to);
    const first = typeof from === 'number' ? from + 1 : from + 1n;
    return [first < to && !inside.includes(first) ? first : from, ...inside];
  });
  return [...new Set(found)].map(valueText);
};

/** DNS names without known addresses are each given one that nothing else speaks of. */
const standingIn = ({ policy, world, steps }: Known, names: string[]): { world: World; notes: string[] } => {
  const missing = names.filter((name) => (world.names?.get(name) ?? []).length === 0);
  if (missing.length === 0) return { world, notes: [] };
  const networks = steps.flatMap(({ destination }) => destination?.networks ?? []).filter(({ bits }) => bits > 0);
  const known = new Map([...(world.names ?? [])].map(([name, addresses]) => [name, [...addresses]]));
  for (const [index, name] of missing.entries()) {
    const address = free(networks, `203.0.113.${250 - (index % 250)}`);
    const above = nameSets(policy).filter((one) => one.name === name || name.endsWith(`.${one.name}`));
    for (const each of new Set([name, ...above.map((one) => one.name)]))
      known.set(each, [...(known.get(each) ?? []), address]);
  }
  const notes = missing.map(
    (name) =>
      `No address of ${name} is known here: an address that only rules about this name, or about any destination, speak of stands for it.`,
  );
  return { world: { ...world, names: known }, notes };
};
