import { isDnsName, isIp, isMac, isNetmask, normalAddress, parseNetwork, parseRange } from '../policy/address.ts';

/** The fields of the address form. */
export const addressFields = ['name', 'value', 'netmask', 'remark'] as const;

export type AddressValues = Record<(typeof addressFields)[number], string>;

/** The words for the kinds of an address, as lists show them. */
export const addressKind = (value: string): string => {
  if (value === '') return '—';
  if (isMac(value)) return 'MAC';
  if (isDnsName(value)) return 'DNS name';
  const network = parseNetwork(value);
  if (network === null) return 'Range';
  return network.bits === (network.family === 4 ? 32 : 128) ? 'Host' : 'Network';
};

/** The address object that the form describes, not yet parsed: a netmask of its own is put behind the address, as BOT had it. */
export const addressOfForm = ({ name, value, netmask, remark }: AddressValues) => ({
  name,
  value: netmask.trim() === '' ? value : `${value.trim()}/${netmask.trim()}`,
  remark,
});

/** What is wrong with the netmask field alone; undefined when nothing is. */
export const netmaskFault = ({ value, netmask }: AddressValues): string | undefined => {
  const [address, mask] = [value.trim(), netmask.trim()];
  if (mask === '') return undefined;
  if (address.includes('/')) return 'The address has a netmask already. Leave this empty.';
  if (isIp(address) && address.includes(':'))
    return /^\d{1,3}$/.test(mask) && Number(mask) <= 128 ? undefined : 'Write the length of an IPv6 prefix: 64.';
  if (isIp(address)) return isNetmask(mask) ? undefined : maskAdvice(mask);
  return isMac(address) || isDnsName(address) || parseRange(address) !== null
    ? 'Only a network has a netmask. Leave this empty.'
    : undefined;
};

/** Why an address was refused, more exactly than “not an address” where that can be told; undefined otherwise. */
export const addressAdvice = (text: string): string | undefined => {
  const value = text.trim();
  const [host = '', mask] = value.split('/');
  if (mask !== undefined && isIp(host))
    return host.includes(':') ? 'The prefix of an IPv6 network is 0 to 128: fd00::/64.' : maskAdvice(mask);
  const [first = '', last] = value.split('-').map((part) => part.trim());
  if (last !== undefined && isIp(first) && isIp(last)) return 'A range goes from the lower address to the higher one.';
  if (/^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i.test(value))
    return 'This MAC stands for a group of computers, or for none. Take the one of a network card.';
  if (/^[a-z0-9-]+$/i.test(value) && !/^\d+$/.test(value)) return 'A DNS name has a dot in it: www.example.org.';
  return undefined;
};

/** How an address is kept when that is not how it was typed: `192.168.51.5/27` is the network 192.168.51.0/27. Empty otherwise. */
export const keptAs = (typed: string): string => {
  const kept = normalAddress(typed.trim());
  const [before] = typed.trim().split('/');
  const [after] = kept.split('/');
  return parseNetwork(typed.trim()) !== null && !typed.includes(':') && before !== after ? kept : '';
};

const maskAdvice = (mask: string): string =>
  /^\d+\.\d+\.\d+\.\d+$/.test(mask)
    ? 'Not a netmask: from the left it has ones, then only zeros, like 255.255.255.224.'
    : 'Not a netmask. Write it like 255.255.255.224 or 27.';
