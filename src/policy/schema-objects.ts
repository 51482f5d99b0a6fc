import { z } from 'zod';
import { isPortList } from './ports.ts';
import { isIcmpType, protocolNumber } from './protocols.ts';
import { name, network, remark } from './schema-fields.ts';

/**
 * One address: a host, network (`192.168.51.0/27`, `fd00::/64`) or range (`192.168.51.10-192.168.51.20`) of either family, a MAC, or a
 * DNS name, which stands for itself and every name below it.
 */
export const addressSchema = z.strictObject({ name, value: network, remark });

/** A member is an object of the group's kind or, `kind: group`, another group of that kind. */
const member = z.strictObject({
  name,
  kind: z.enum(['object', 'group']).default('object'),
  enabled: z.boolean().default(true),
});
const group = z.strictObject({
  name,
  remark,
  members: z
    .array(member)
    .refine((members) => members.some((one) => one.enabled), 'A group needs at least one enabled member.'),
});
export const addressGroupSchema = group;
export const serviceGroupSchema = group;

/**
 * One service. `protocol`: tcp, udp, tcp&udp, icmp (of either family, by ICMP's numbers), icmpv6, or any IP protocol by its name
 * or number. `ports` is a list such as `80, 443, 8000-8080, 60000-`; `icmpType` is `8`, `3/1` (type/code) or empty for all.
 */
export const serviceSchema = z
  .strictObject({
    name,
    protocol: z
      .string()
      .trim()
      .toLowerCase()
      .refine(isProtocol, 'Choose a protocol, or write its name or its number from 0 to 255.'),
    /** Every protocol but this one. */
    invertProtocol: z.boolean().default(false),
    ports: z.string().trim().max(2000, 'At most 2000 characters.').default(''),
    /** Every port but these. */
    invertPorts: z.boolean().default(false),
    icmpType: z.union([z.number(), z.string().trim()]).default('').transform(String),
    remark,
  })
  .superRefine((service, context) => {
    const issue = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    const hasPorts = ['tcp', 'udp', 'tcp&udp'].includes(service.protocol);
    if (service.invertProtocol && service.protocol === 'tcp&udp')
      issue('invertProtocol', 'Two protocols cannot be inverted. Choose TCP or UDP.');
    if (service.invertProtocol && (service.ports !== '' || service.icmpType !== ''))
      issue('invertProtocol', 'Every protocol but this one has no ports or types of its own. Leave them empty.');
    else if (hasPorts && !service.invertProtocol && !isPortList(service.ports))
      issue('ports', 'Not a port. Write one port, a range or a list: 25 or 8000-8080 or 80, 443.');
    if (!hasPorts && service.ports !== '') issue('ports', 'Only TCP and UDP have ports.');
    if (service.invertPorts && !hasPorts) issue('invertPorts', 'Only TCP and UDP have ports.');
    if (service.icmpType !== '' && !['icmp', 'icmpv6'].includes(service.protocol))
      issue('icmpType', 'Only ICMP has types.');
    else if (service.icmpType !== '' && !isIcmpType(service.icmpType))
      issue('icmpType', 'Not an ICMP type. Write its number from 0 to 255, or type/code: 8 or 3/1.');
  });

function isProtocol(text: string): boolean {
  return ['tcp', 'udp', 'tcp&udp', 'icmp', 'icmpv6'].includes(text) || protocolNumber(text) !== null;
}
