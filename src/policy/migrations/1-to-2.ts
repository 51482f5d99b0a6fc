/**
 * Version 2 has more fields, all with defaults that mean what version 1 meant; ICMP types are text. It also has more default networks
 * and services: an owner's object of such a name gets a new one, and what names it follows.
 */
export const oneToTwo = (policy: unknown): unknown => {
  const one = { ...(policy as Record<string, unknown>), schema: 2 };
  const addresses = follow(one, 'addresses', 'addressGroups', ['source', 'destination'], newNetworks);
  return follow(addresses, 'services', 'serviceGroups', ['service'], newServices);
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
  const swap = <T extends Raw>(one: T): T => (isTaken(one.name) ? { ...one, name: `${one.name.trim()} (own)` } : one);
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
