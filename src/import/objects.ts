import { isNetmask, isNetwork } from '../policy/address.ts';
import { isPortList } from '../policy/ports.ts';
import type { Address, Service } from '../policy/schema.ts';
import { type Line, say } from './lines.ts';
import { isOn, lookUp } from './names.ts';

/** An object as the old files have it: our fields, still without the name it gets here, or why it is none. */
export type Read<T> = { old: string; value: Omit<T, 'name'> } | { refusal: string };

/**
 * A line of `customservices`. New layout: name, ports, protocol, invert ports, invert protocol, ICMP type, counter. That of IPCop
 * 1.4 has a number before the name and no counter.
 */
export const readService = (text: string): Read<Service> => {
  const fields = text.split(',').map((one) => one.trim());
  const old = /^\d+$/.test(fields[0] ?? '') && !/^(on|off)$/i.test(fields[3] ?? '');
  const [name = '', ports = '', word = '', invertPorts, invertProtocol, icmp = ''] = old ? fields.slice(1) : fields;
  if (fields.length < 6 || fields.length > 8)
    return { refusal: `A service has 7 fields; this line has ${fields.length}.` };
  if (name === '') return { refusal: 'The service has no name.' };
  const protocol = lookUp(protocols, word.toLowerCase()) ?? word.toLowerCase();
  const ported = ['tcp', 'udp', 'tcp&udp'].includes(protocol);
  const every = ported && (ports === '' || ports === '-');
  return {
    old: name,
    value: {
      protocol,
      invertProtocol: isOn(invertProtocol),
      ports: isOn(invertProtocol) && every ? '' : every ? '1-65535' : ported ? ports.replaceAll(':', '-') : '',
      invertPorts: !every && ported && isOn(invertPorts),
      icmpType: protocol === 'icmp' ? icmpType(icmp) : '',
      remark: '',
    },
  };
};

const protocols: Record<string, string> = {
  tcpudp: 'tcp&udp',
  udptcp: 'tcp&udp',
  tcpucp: 'tcp&udp',
  'tcp&udp': 'tcp&udp',
  '6': 'tcp',
  '17': 'udp',
  '1': 'icmp',
};

/** The number form stays; `ALL` and `BLANK` are every type; IPCop 1.4 wrote the names of iptables. */
const icmpType = (text: string): string => {
  const word = text.toLowerCase();
  return ['all', 'blank', 'any', '-', ''].includes(word) ? '' : (lookUp(icmpNames, word) ?? text);
};

const icmpNames: Record<string, string> = {
  'echo-reply': '0',
  pong: '0',
  'destination-unreachable': '3',
  'network-unreachable': '3/0',
  'host-unreachable': '3/1',
  'protocol-unreachable': '3/2',
  'port-unreachable': '3/3',
  'fragmentation-needed': '3/4',
  'source-route-failed': '3/5',
  'network-unknown': '3/6',
  'host-unknown': '3/7',
  'network-prohibited': '3/9',
  'host-prohibited': '3/10',
  'tos-network-unreachable': '3/11',
  'tos-host-unreachable': '3/12',
  'communication-prohibited': '3/13',
  'host-precedence-violation': '3/14',
  'precedence-cutoff': '3/15',
  'source-quench': '4',
  redirect: '5',
  'network-redirect': '5/0',
  'host-redirect': '5/1',
  'tos-network-redirect': '5/2',
  'tos-host-redirect': '5/3',
  'echo-request': '8',
  ping: '8',
  'router-advertisement': '9',
  'router-solicitation': '10',
  'time-exceeded': '11',
  'ttl-exceeded': '11',
  'ttl-zero-during-transit': '11/0',
  'ttl-zero-during-reassembly': '11/1',
  'parameter-problem': '12',
  'ip-header-bad': '12/0',
  'required-option-missing': '12/1',
  'timestamp-request': '13',
  'timestamp-reply': '14',
  'address-mask-request': '17',
  'address-mask-reply': '18',
};

/** A line of `customnetworks`: name, `ip` or `mac`, address, netmask, counter. IPCop 1.4: number, name, address, netmask. */
export const readAddress = (text: string): Read<Address> => {
  const fields = text.split(',').map((one) => one.trim());
  const format = fields[1]?.toLowerCase();
  const fresh = format === 'ip' || format === 'mac';
  if (
    fresh
      ? fields.length > 6 || fields.length < 3
      : fields.length < 3 || fields.length > 5 || !/^\d+$/.test(fields[0] ?? '')
  )
    return { refusal: `An address has 5 fields, the second is ip or mac; this line has ${fields.length}.` };
  const [name = '', host = '', mask = ''] = fresh ? [fields[0], fields[2], fields[3]] : fields.slice(1);
  if (name === '') return { refusal: 'The address has no name.' };
  const value = format === 'mac' ? { value: host } : withMask(host, mask);
  return 'refusal' in value ? value : { old: name, value: { value: value.value, remark: '' } };
};

/** An IP address and its mask, which may be empty, as one text; or what is wrong with it. */
export const withMask = (host: string, mask: string): { value: string } | { refusal: string } => {
  if (!isNetwork(host)) return { refusal: `“${host.slice(0, 60)}” is not an IP address.` };
  if (mask === '' || mask === '-') return { value: host };
  if (!isNetmask(mask)) return { refusal: `“${mask.slice(0, 60)}” is not a netmask. One with holes never was.` };
  return { value: `${host}/${mask}` };
};

/** A port or range of the old box as our port list, null when it is none. */
export const oldPorts = (text: string): string | null => {
  const ports = text.trim().replaceAll(':', '-');
  return isPortList(ports) ? ports : null;
};

/** Interfaces of the owner's: Greengate has GREEN and RED. */
export const refuseInterface = (line: Line): void =>
  say(
    line,
    'refused',
    'Greengate has GREEN and RED only: an interface of your own has no place here. Rules that name it come in disabled.',
  );
