import { isTimezone } from '../zones.ts';

/**
 * Version 2 has more fields, all with defaults that mean what version 1 meant; ICMP types are text. It also has more default networks
 * and services: an owner's object of such a name gets a new one, and what names it follows.
 */
export const oneToTwo = (policy: unknown): unknown => {
  const one = tidied({ ...(policy as Raw), schema: 2 });
  const addresses = follow(one, 'addresses', 'addressGroups', ['source', 'destination'], newNetworks);
  return follow(addresses, 'services', 'serviceGroups', ['service'], newServices);
};

/** What version 1 took and version 2 refuses, as it was meant: types of what is no ICMP, ids of blocks, zones that nobody knows. */
const tidied = (policy: Raw): Raw => {
  const network = policy.network as Raw | undefined;
  const zone = network?.timezone;
  return {
    ...policy,
    ...(typeof zone === 'string' && !isTimezone(zone) ? { network: { ...network, timezone: 'UTC' } } : {}),
    ...(Array.isArray(policy.services)
      ? { services: listOf(policy.services).map((one) => (one.protocol === 'icmp' ? one : { ...one, icmpType: '' })) }
      : {}),
    ...(Array.isArray(policy.rules)
      ? {
          rules: listOf(policy.rules).map((one) =>
            /^b\d+$/.test(String(one.id)) ? { ...one, id: `old${one.id}` } : one,
          ),
        }
      : {}),
  };
};

const newNetworks = ['RED Address', 'RED Network', 'localhost', 'localnet', 'Link-local', 'Multicast', 'Broadcast'];
const newServices = ['Greengate SSH'];

type Raw = Record<string, unknown>;

const follow = (policy: Raw, objects: string, groups: string, sides: string[], taken: string[]): Raw => {
  const lower = taken.map((name) => name.toLowerCase());
  const isTaken = (name: unknown): name is string =>
    typeof name === 'string' && lower.includes(name.trim().toLowerCase());
  const list = listOf(policy[objects]);
  if (!list.some((one) => isTaken(one.name))) return policy;
  const names = new Set(list.map((one) => String(one.name).trim().toLowerCase()));
  const free = (word: string) => lower.every((name) => !names.has(`${name} ${word}`));
  const suffix = ['(own)', ...Array.from({ length: 99 }, (_, at) => `(own ${at + 2})`)].find(free) ?? '(own)';
  const swap = <T extends Raw>(one: T): T =>
    isTaken(one.name) ? { ...one, name: `${one.name.trim()} ${suffix}` } : one;
  return {
    ...policy,
    [objects]: list.map(swap),
    [groups]: listOf(policy[groups]).map((group) => ({ ...group, members: listOf(group.members).map(swap) })),
    rules: listOf(policy.rules).map((rule) => ({
      ...rule,
      ...Object.fromEntries(
        sides.flatMap((side) => {
          const ref = rule[side] as Raw | undefined;
          const names = ref?.kind === 'address' || ref?.kind === 'service';
          return ref !== undefined && names ? [[side, swap(ref)]] : [];
        }),
      ),
    })),
  };
};

const listOf = (value: unknown): Raw[] =>
  Array.isArray(value) ? value.filter((one): one is Raw => typeof one === 'object' && one !== null) : [];
