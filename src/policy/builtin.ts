import { netmaskBits, parseNetwork, printNetwork } from './address.ts';
import { defaultServices } from './default-services.ts';
import type { Address, Policy, Service } from './schema.ts';

/** The services of the box itself; they follow the configured ports. Read-only. */
export const greengateServices = (policy: Pick<Policy, 'settings' | 'proxy'>): Service[] => [
  own('Greengate DNS', 'tcp&udp', '53', 'Names to addresses'),
  own('Greengate DHCP', 'udp', '67', 'Addresses for GREEN, always allowed'),
  own('Greengate NTP', 'udp', '123', 'Time'),
  own('Greengate proxy', 'tcp', String(policy.proxy.port), 'The web proxy'),
  own('Greengate UI', 'tcp', String(policy.settings.uiPort), 'This user interface'),
];

/** Every service a rule may name: the owner's own first, then the box's, then the default ones. */
export const allServices = (policy: Policy): Service[] => [
  ...policy.services,
  ...greengateServices(policy),
  ...defaultServices,
];

/** The default networks, resolved from the network set-up. Read-only. */
export const defaultNetworks = (policy: Pick<Policy, 'network'>): Address[] => {
  return [
    { name: 'GREEN Address', value: policy.network.green.address, remark: 'The box itself, on GREEN' },
    { name: 'GREEN Network', value: greenNetwork(policy), remark: 'Everything inside' },
    { name: 'Private Network 10.0.0.0', value: '10.0.0.0/8', remark: 'RFC 1918' },
    { name: 'Private Network 172.16.0.0', value: '172.16.0.0/12', remark: 'RFC 1918' },
    { name: 'Private Network 192.168.0.0', value: '192.168.0.0/16', remark: 'RFC 1918' },
  ];
};

/** `192.168.51.0/24`. */
export const greenNetwork = ({ network: { green } }: Pick<Policy, 'network'>): string => {
  const network = parseNetwork(`${green.address}/${netmaskBits(green.netmask)}`);
  return network === null ? green.address : printNetwork(network);
};

/** Every address a rule or group may name. */
export const allAddresses = (policy: Policy): Address[] => [...policy.addresses, ...defaultNetworks(policy)];

const own = (name: string, protocol: Service['protocol'], ports: string, remark: string): Service => ({
  name,
  protocol,
  ports,
  icmpType: '',
  remark,
});
