import { netmaskBits, parseNetwork, printNetwork } from './address.ts';
import { defaultServices } from './default-services.ts';
import type { Address, Policy, Service } from './schema.ts';

/** The services of the box itself; they follow the configured ports. Read-only. */
export const greengateServices = (policy: Pick<Policy, 'settings' | 'proxy' | 'ssh'>): Service[] => [
  own('Greengate DNS', 'tcp&udp', '53', 'Names to addresses'),
  own('Greengate DHCP', 'udp', '67', 'Addresses for GREEN, always allowed'),
  own('Greengate NTP', 'udp', '123', 'Time'),
  own('Greengate proxy', 'tcp', String(policy.proxy.port), 'The web proxy'),
  own('Greengate SSH', 'tcp', String(policy.ssh.port), 'The console over the network'),
  own('Greengate UI', 'tcp', String(policy.settings.uiPort), 'This user interface'),
];

/** Every service a rule may name: the owner's own first, then the box's, then the default ones. */
export const allServices = (policy: Policy): Service[] => [
  ...policy.services,
  ...greengateServices(policy),
  ...defaultServices,
];

/** What is known of the running box. `red`: its address and network (`203.0.113.5`, `203.0.113.0/24`), empty while there is none. */
export type Known = { red?: { address: string; network: string } };

/** The default networks, resolved from the network set-up and the running box. Read-only; an empty value is not known and matches nothing. */
export const defaultNetworks = (policy: Pick<Policy, 'network'>, known: Known = {}): Address[] => {
  const red = known.red ?? staticRed(policy);
  return [
    { name: 'GREEN Address', value: policy.network.green.address, remark: 'The box itself, on GREEN' },
    { name: 'GREEN Network', value: greenNetwork(policy), remark: 'Everything inside' },
    { name: 'RED Address', value: red.address, remark: 'The box itself, on RED' },
    { name: 'RED Network', value: red.network, remark: 'What RED is attached to: the modem, the provider’s router' },
    { name: 'Private Network 10.0.0.0', value: '10.0.0.0/8', remark: 'RFC 1918' },
    { name: 'Private Network 172.16.0.0', value: '172.16.0.0/12', remark: 'RFC 1918' },
    { name: 'Private Network 192.168.0.0', value: '192.168.0.0/16', remark: 'RFC 1918' },
    { name: 'localhost', value: '127.0.0.1', remark: 'The sender itself' },
    { name: 'localnet', value: '127.0.0.0/8', remark: 'Loopback' },
    { name: 'Link-local', value: '169.254.0.0/16', remark: 'RFC 3927' },
    { name: 'Multicast', value: '224.0.0.0/4', remark: 'Groups of hosts, RFC 5771' },
    { name: 'Broadcast', value: '255.255.255.255', remark: 'Every host of a network' },
  ];
};

const staticRed = ({ network: { red } }: Pick<Policy, 'network'>): { address: string; network: string } => {
  const network = red.mode === 'static' ? parseNetwork(`${red.address}/${netmaskBits(red.netmask)}`) : null;
  return network === null ? { address: '', network: '' } : { address: red.address, network: printNetwork(network) };
};

/** `192.168.51.0/24`. */
export const greenNetwork = ({ network: { green } }: Pick<Policy, 'network'>): string => {
  const network = parseNetwork(`${green.address}/${netmaskBits(green.netmask)}`);
  return network === null ? green.address : printNetwork(network);
};

/** Every address a rule or group may name. */
export const allAddresses = (policy: Policy, known: Known = {}): Address[] => [
  ...policy.addresses,
  ...defaultNetworks(policy, known),
];

const own = (name: string, protocol: Service['protocol'], ports: string, remark: string): Service => ({
  name,
  protocol,
  invertProtocol: false,
  ports,
  invertPorts: false,
  icmpType: '',
  remark,
});
