import type { Problem } from '../policy/problem.ts';
import type { Service } from '../policy/schema.ts';
import { type Faults, faultsOf } from './form.ts';
import { icmp6Types, icmpTypes } from './icmp.ts';

/** The fields of the service form. `protocol` may be `other`, then `otherProtocol` names it; the types of ICMP likewise. */
export const serviceFields = [
  'name',
  'protocol',
  'otherProtocol',
  'invertProtocol',
  'ports',
  'invertPorts',
  'icmpType',
  'icmp6Type',
  'otherType',
  'otherType6',
  'remark',
] as const;

export type ServiceValues = Record<(typeof serviceFields)[number], string>;

/** What New service begins with. */
export const emptyService: ServiceValues = {
  name: '',
  protocol: 'tcp',
  otherProtocol: '',
  invertProtocol: '',
  ports: '',
  invertPorts: '',
  icmpType: '',
  icmp6Type: '',
  otherType: '',
  otherType6: '',
  remark: '',
};

/** The choices of the protocol field, in BOT's order. */
export const protocolChoices = [
  { value: 'tcp', label: 'TCP' },
  { value: 'udp', label: 'UDP' },
  { value: 'tcp&udp', label: 'TCP and UDP' },
  { value: 'icmp', label: 'ICMP' },
  { value: 'icmpv6', label: 'ICMPv6' },
  { value: 'gre', label: 'GRE' },
  { value: 'esp', label: 'ESP' },
  { value: 'ah', label: 'AH' },
  { value: 'other', label: 'Another, by name or number' },
];

/** The choices of the two fields for types of ICMP. */
export const typeChoices = (known: typeof icmpTypes) => [
  { value: '', label: 'Every type' },
  ...known,
  { value: 'other', label: 'Another, by number' },
];

/** The form of a service that is there. */
export const valuesOfService = (service: Service): ServiceValues => {
  const { name, protocol, ports, icmpType, remark } = service;
  const offered = protocolChoices.some(({ value }) => value === protocol);
  const known = (list: typeof icmpTypes) => icmpType === '' || list.some(({ value }) => value === icmpType);
  const typed = protocol === 'icmp' ? !known(icmpTypes) : protocol === 'icmpv6' && !known(icmp6Types);
  return {
    name,
    protocol: offered ? protocol : 'other',
    otherProtocol: offered ? '' : protocol,
    invertProtocol: service.invertProtocol ? 'on' : '',
    ports,
    invertPorts: service.invertPorts ? 'on' : '',
    icmpType: protocol === 'icmp' ? (typed ? 'other' : icmpType) : '',
    icmp6Type: protocol === 'icmpv6' ? (typed ? 'other' : icmpType) : '',
    otherType: typed && protocol === 'icmp' ? icmpType : '',
    otherType6: typed && protocol === 'icmpv6' ? icmpType : '',
    remark,
  };
};

/**
 * The service that a form describes, not yet parsed. What the chosen protocol does not have is left behind, for without script the
 * form shows every field; a box that somebody ticked is not, for it says something.
 */
export const serviceOfForm = (values: ServiceValues) => {
  const protocol = protocolOf(values);
  const inverted = values.invertProtocol === 'on';
  const ported = ['tcp', 'udp', 'tcp&udp'].includes(protocol) && !inverted;
  return {
    name: values.name,
    protocol,
    invertProtocol: inverted,
    ports: ported ? values.ports : '',
    invertPorts: ported && values.invertPorts === 'on',
    icmpType: inverted ? '' : typeOf(values),
    remark: values.remark,
  };
};

/** The problems of a service beside the fields where it was typed. */
export const serviceFaults = (outcome: { at: string; problems: Problem[] }, values: ServiceValues): Faults => {
  const faults = faultsOf(outcome, (place) => fieldOf(place, values));
  const protocol = faults.fields.otherProtocol;
  if (protocol !== undefined && values.otherProtocol.trim() === '')
    faults.fields.otherProtocol = 'Write the name of the protocol, or its number from 0 to 255.';
  return faults;
};

const protocolOf = ({ protocol, otherProtocol }: ServiceValues): string => {
  if (protocol !== 'other') return protocol;
  // The numbers of those that have fields of their own would make a service without ports or types.
  const named = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' }[Number(otherProtocol.trim() || Number.NaN)];
  return named ?? otherProtocol;
};

const typeOf = (values: ServiceValues): string => {
  const protocol = protocolOf(values).trim().toLowerCase();
  if (protocol !== 'icmp' && protocol !== 'icmpv6') return '';
  const [chosen, typed] =
    protocol === 'icmp' ? [values.icmpType, values.otherType] : [values.icmp6Type, values.otherType6];
  if (chosen !== 'other') return chosen;
  // Empty would mean every type, which is another choice.
  return typed.trim() === '' ? '?' : typed;
};

const fieldOf = (place: string, values: ServiceValues): string | undefined => {
  if (place === 'protocol') return values.protocol === 'other' ? 'otherProtocol' : 'protocol';
  if (place === 'icmpType') {
    if (protocolOf(values) === 'icmpv6') return values.icmp6Type === 'other' ? 'otherType6' : 'icmp6Type';
    return values.icmpType === 'other' ? 'otherType' : 'icmpType';
  }
  return (serviceFields as readonly string[]).includes(place) ? place : undefined;
};
