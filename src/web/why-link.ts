import type { Finding } from '../agent/api.ts';
import { ICMP, ICMP6, TCP, UDP } from '../policy/protocols.ts';
import { clockText } from '../policy/zones.ts';
import { addressOf } from './paging.ts';
import type { FirewallLine } from './ports.ts';

/** Firewall → Why? */
export const WHY = '/firewall/why';

type Packet = NonNullable<Finding['packet']>;

/** Why? for a packet that shows something. */
export const whyOfPacket = ({ from, mac, to, sport, ...packet }: Packet): string =>
  addressOf(WHY, { from, mac: mac ?? '', to, service: serviceOf(packet), sourcePort: sport ?? '' });

/** Why? for a line of the firewall log, at its moment and with its MAC. */
export const whyOfLine = (line: FirewallLine, zone: string): string => {
  const word = line.protocol.toLowerCase();
  return addressOf(WHY, {
    from: line.source,
    mac: line.mac,
    to: line.destination,
    service: line.destinationPort === null ? word : `${word}/${line.destinationPort}`,
    sourcePort: line.sourcePort ?? '',
    at: clockText(zone, line.time),
  });
};

const serviceOf = ({ protocol, port, type, code }: Omit<Packet, 'from' | 'mac' | 'to'>): string => {
  if (protocol === TCP || protocol === UDP) return `${protocol === TCP ? 'tcp' : 'udp'}/${port ?? 0}`;
  if (protocol === ICMP || protocol === ICMP6)
    return `${protocol === ICMP ? 'icmp' : 'icmpv6'}/${type ?? 0}${code === undefined ? '' : `/${code}`}`;
  return String(protocol);
};
