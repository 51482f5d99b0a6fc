import { isAddress } from '../policy/address.ts';
import { allAddresses, defaultNetworks, greengateServices } from '../policy/builtin.ts';
import { defaultServices } from '../policy/default-services.ts';
import { sameName } from '../policy/resolve.ts';
import type { Destination, Policy, Service, ServiceRef, Source } from '../policy/schema.ts';
import { serviceText } from './words.ts';

/**
 * One thing that a picker offers. `text` is what stands in the field and what the field sends back: unlike the name it is
 * unique in its list, for an address and a group may have the same name. `only`: offered on one side of a rule.
 */
export type Choice = { text: string; kind: Kind; name: string; detail: string; set: string; only: '' | 'source' };
type Kind = 'object' | 'group' | 'typed';

export type Lease = { mac: string; address: string; name: string };

/** Who and where to: addresses, groups, default networks, and the computers that DHCP knows. */
export const hostChoices = (policy: Policy, leases: readonly Lease[] = []): Choice[] => {
  const named = unique([
    ...policy.addresses.map(({ name, value }) => choice('object', name, value, 'Addresses')),
    ...defaultNetworks(policy).map(({ name, value }) => choice('object', name, value || 'not known now', DEFAULTS)),
    ...policy.addressGroups.map(({ name, members }) =>
      choice('group', name, `group of ${members.length}`, 'Address groups'),
    ),
  ]);
  const ready = (one: Choice) => one.set === DEFAULTS;
  return [...named.filter((one) => !ready(one)), ...named.filter(ready), ...leases.flatMap(leaseChoices)];
};

const DEFAULTS = 'Default networks';

/** What with: services, groups, those of the box itself with their ports of now, and the default ones. */
export const serviceChoices = (policy: Policy): Choice[] => {
  const some = (list: readonly Service[], set: string) =>
    list.map((one) => choice('object', one.name, serviceText(one), set));
  return unique([
    ...some(policy.services, 'Services'),
    ...policy.serviceGroups.map(({ name, members }) =>
      choice('group', name, `group of ${members.length}`, 'Service groups'),
    ),
    ...some(greengateServices(policy), OWN_SET),
    ...some(defaultServices, 'Default services'),
  ]);
};

/** The set that comes first when a rule speaks of the box itself. */
export const OWN_SET = 'Greengate';

/** What a text in the field for hosts means: a name of the list, else an address as it was typed. */
export const readHost = (policy: Policy, text: string): Exclude<Source, { kind: 'any' }> => {
  const wanted = text.trim();
  const found = find(hostChoices(policy), wanted);
  if (found !== undefined)
    return { kind: found.kind === 'group' ? 'group' : 'address', name: found.name, invert: false };
  // Something that was meant as an address is told so, instead of being looked for among the names.
  const meant = isAddress(wanted) || /^[\d.:/\s-]+$|^[\da-f]{1,4}:[\da-f:/]*$/i.test(wanted);
  return meant && wanted !== ''
    ? { kind: 'typed', value: wanted, invert: false }
    : { kind: 'address', name: wanted, invert: false };
};

/** What a text in the field for services means. */
export const readService = (policy: Policy, text: string): Exclude<ServiceRef, { kind: 'any' }> => {
  const found = find(serviceChoices(policy), text.trim());
  return found === undefined
    ? { kind: 'service', name: text.trim(), invert: false }
    : { kind: found.kind === 'group' ? 'group' : 'service', name: found.name, invert: false };
};

/** The text that stands in the field for hosts. */
export const hostText = (policy: Policy, ref: Exclude<Source | Destination, { kind: 'any' | 'greengate' }>): string => {
  if (ref.kind !== 'typed') return textOf(hostChoices(policy), ref.kind === 'group' ? 'group' : 'object', ref.name);
  const taken = allAddresses(policy).some(({ name, value }) => sameName(name, ref.value) && value !== ref.value);
  return taken && /^[\d.]+$/.test(ref.value) ? `${ref.value}/32` : ref.value;
};

/** The text that stands in the field for services. */
export const serviceRefText = (policy: Policy, ref: Exclude<ServiceRef, { kind: 'any' }>): string =>
  textOf(serviceChoices(policy), ref.kind === 'group' ? 'group' : 'object', ref.name);

/** Reads the members that lines name; undefined for what nothing is called. */
export const memberReader = (choices: Choice[]): ((line: string) => Named | undefined) => {
  const byText = new Map(choices.toReversed().map((one) => [one.text, one]));
  const byLower = new Map(choices.toReversed().map((one) => [one.text.toLowerCase(), one]));
  return (line) => {
    const found = byText.get(line.trim()) ?? byLower.get(line.trim().toLowerCase());
    return found === undefined || found.kind === 'typed' ? undefined : { name: found.name, kind: found.kind };
  };
};

type Named = { name: string; kind: 'object' | 'group' };

const choice = (kind: Kind, name: string, detail: string, set: string): Choice => ({
  text: name,
  kind,
  name,
  detail,
  set,
  only: '',
});

/** A computer by its card, which stays when its address changes, and by its address. */
const leaseChoices = ({ mac, address, name }: Lease): Choice[] => {
  const seen = (text: string, other: string): Choice => ({
    ...choice('typed', text, name === '' ? other : `${name}, ${other}`, 'Seen on the network'),
    only: 'source',
  });
  return [...(mac === '' ? [] : [seen(mac, address)]), seen(address, mac)];
};

/** Gives what is called like something before it in the list a text of its own. */
const unique = (choices: Choice[]): Choice[] => {
  const taken = new Set<string>();
  return choices.map((one) => {
    let { text } = one;
    while (taken.has(text.toLowerCase())) text += ' (group)';
    taken.add(text.toLowerCase());
    return { ...one, text };
  });
};

const find = (choices: Choice[], text: string): Choice | undefined =>
  choices.find((one) => one.text === text) ?? choices.find((one) => sameName(one.text, text));

const textOf = (choices: Choice[], kind: Kind, name: string): string =>
  choices.find((one) => one.kind === kind && sameName(one.name, name))?.text ?? name;
