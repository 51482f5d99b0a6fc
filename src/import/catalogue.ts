import { allAddresses, defaultNetworks, greengateServices } from '../policy/builtin.ts';
import { defaultServices } from '../policy/default-services.ts';
import type { Address, Policy, Service } from '../policy/schema.ts';
import type { Line } from './lines.ts';
import { Book, cleanText, lookUp, Names } from './names.ts';
import { oldServices } from './old-services.ts';
import type { Draft } from './settle.ts';

/** What an old name has become: its name here. `doubt`: why a rule that names it comes in disabled; empty: none. `lost`: the policy has no such object. */
export type Found = { name: string; doubt: string; lost?: boolean };

export type Kind = 'addresses' | 'services' | 'addressGroups' | 'serviceGroups';

/**
 * What the old names stand for. Objects that only old default names or missing ones make necessary are added to the draft when
 * they are first asked for.
 */
export class Catalogue {
  readonly books: Record<Kind, Book<Found>> = {
    addresses: new Book(),
    services: new Book(),
    addressGroups: new Book(),
    serviceGroups: new Book(),
  };
  readonly #names: Record<Kind, Names>;
  readonly #made: Record<Kind, Book<Found>> = {
    addresses: new Book(),
    services: new Book(),
    addressGroups: new Book(),
    serviceGroups: new Book(),
  };
  readonly #defaults: Book<string>;
  readonly #services = new Book<string>();
  readonly #base: Policy;
  readonly #draft: Draft;

  constructor(base: Policy, draft: Draft) {
    this.#base = base;
    this.#draft = draft;
    const named = (list: readonly { name: string }[]) => list.map(({ name }) => name);
    this.#names = {
      addresses: new Names(named(allAddresses(base))),
      services: new Names(named([...base.services, ...greengateServices(base), ...defaultServices])),
      addressGroups: new Names(named(base.addressGroups)),
      serviceGroups: new Names(named(base.serviceGroups)),
    };
    this.#defaults = bookOf(defaultNetworks(base));
    for (const name of oldServices.keys()) this.#services.add(name, name);
  }

  /** A free name for an object of the old files, remembered under its old one. */
  name(kind: Kind, old: string): Found {
    const found = { name: this.#names[kind].take(old), doubt: '' };
    this.books[kind].add(old, found);
    return found;
  }

  /** A custom object or group of the old files; one that is not there gets a stand-in that matches nothing. */
  custom(kind: Kind, old: string): Found {
    const found = this.books[kind].get(old);
    if (found === undefined) return this.standIn(kind, old);
    return found.lost ? { ...this.standIn(kind, old), doubt: found.doubt } : found;
  }

  /** A default network of the old box. `Any` is only for groups: rules say it otherwise. */
  network(old: string): Found {
    const own = lookUp(networkNames, old.toLowerCase());
    if (own !== undefined) return { name: own, doubt: '' };
    const found = this.#defaults.get(old);
    if (found !== undefined) return { name: found, doubt: '' };
    if (old.toLowerCase() === 'any')
      return this.#make('addresses', 'Any', { value: '0.0.0.0/0', remark: 'Every IPv4 address' });
    const made = this.standIn('addresses', old);
    return /blue|orange|openvpn|ipsec/i.test(old)
      ? { ...made, doubt: `There is no ${old} here: Greengate has GREEN and RED.` }
      : made;
  }

  /** A default service of the old box, or one of IPCop's own. */
  service(old: string): Found {
    const box = lookUp(boxServices, old.toLowerCase());
    if (box !== undefined) return { name: box, doubt: '' };
    const extra = lookUp(boxPorts, old.toLowerCase());
    if (extra !== undefined) return this.#make('services', old, { ...extra, ...plainService });
    const key = this.#services.get(old);
    const known = key === undefined ? undefined : oldServices.get(key);
    if (known === undefined) return this.standIn('services', old);
    return 'ours' in known
      ? { name: known.ours, doubt: '' }
      : this.#make('services', key ?? old, { ...known, ...plainService });
  }

  /** IPCop's “IPsec”: four services at once, as a group. Null for every other name. */
  boxGroup(old: string): Found | null {
    if (old.toLowerCase() !== 'ipcop ipsec') return null;
    const members = ['ESP', 'AH', 'IKE', 'IPsec NAT-T'].map((name) => ({
      name,
      kind: 'object' as const,
      enabled: true,
    }));
    return this.#make('serviceGroups', 'IPCop IPsec', { members, remark: '' });
  }

  /** An object that matches nothing, for one that is not there. */
  standIn(kind: Kind, old: string): Found {
    const shown = cleanText(old, 60);
    const what = {
      addresses: 'address',
      services: 'service',
      addressGroups: 'address group',
      serviceGroups: 'service group',
    }[kind];
    const remark = `The old files name it and do not say what it is: it matches nothing until you change it.`;
    const doubt = `No ${what} is called “${shown}” in these files.`;
    if (kind === 'addresses') return { ...this.#make(kind, `${shown} (missing)`, { value: NOWHERE, remark }), doubt };
    if (kind === 'services')
      return { ...this.#make(kind, `${shown} (missing)`, { ...plainService, ...nothing, remark }), doubt };
    const inner = kind === 'addressGroups' ? this.standIn('addresses', old) : this.standIn('services', old);
    const members = [{ name: inner.name, kind: 'object' as const, enabled: true }];
    return { ...this.#make(kind, `${shown} (missing)`, { members, remark }), doubt };
  }

  #make(kind: Kind, wanted: string, value: object): Found {
    const known = this.#made[kind].exactly(wanted);
    if (known !== undefined) return known;
    const same = this.#sameInBase(kind, wanted, value);
    const found = { name: same ?? this.#names[kind].take(wanted), doubt: '' };
    this.#made[kind].add(wanted, found);
    if (same === null)
      this.#draft[kind].push({ value: { name: found.name, ...value } as never, lines: noLines, old: '' });
    return found;
  }

  /** The name of an object of the policy that is already what is wanted: importing twice makes no second one. */
  #sameInBase(kind: Kind, wanted: string, value: object): string | null {
    const lower = wanted.toLowerCase();
    const there = (this.#base[kind] as { name: string }[]).find(({ name }) => name.toLowerCase() === lower);
    if (there === undefined) return null;
    return Object.entries(value).every(([field, one]) => JSON.stringify(there[field as never]) === JSON.stringify(one))
      ? there.name
      : null;
  }
}

/** No sender and no receiver has it. */
export const NOWHERE = '0.0.0.0';

const noLines: Line[] = [];

/** The protocol number that IANA keeps reserved: no packet has it. */
const nothing: Pick<Service, 'protocol' | 'ports'> = { protocol: '255', ports: '' };

const plainService = {
  invertProtocol: false,
  invertPorts: false,
  icmpType: '',
  remark: 'A default service of the old box',
};

const networkNames: Record<string, string> = {
  'green address': 'GREEN Address',
  'green network': 'GREEN Network',
  'red address': 'RED Address',
  'private network 10.0.0.0': 'Private Network 10.0.0.0',
  'private network 172.16.0.0': 'Private Network 172.16.0.0',
  'private network 192.168.0.0': 'Private Network 192.168.0.0',
};

const boxServices: Record<string, string> = {
  'ipcop dhcp': 'Greengate DHCP',
  'ipcop dns': 'Greengate DNS',
  'ipcop ntp': 'Greengate NTP',
  'ipcop proxy': 'Greengate proxy',
  'ipcop https': 'Greengate UI',
  'ipcop ssh': 'Greengate SSH',
  'ipcop openvpn': 'OpenVPN',
};

/** Ports of IPCop on which Greengate offers nothing. */
const boxPorts: Record<string, Pick<Service, 'protocol' | 'ports'>> = {
  'ipcop http': { protocol: 'tcp', ports: '81' },
  'ipcop proxy-int-1': { protocol: 'tcp', ports: '82' },
  'ipcop proxy-int-2': { protocol: 'tcp', ports: '83' },
};

const bookOf = (list: Address[]): Book<string> => {
  const book = new Book<string>();
  for (const { name } of list) book.add(name, name);
  return book;
};
