import { contains, ipv4Number, isIpv4, netmaskBits, parseNetwork } from './address.ts';
import type { Problem } from './problem.ts';
import type { Policy } from './schema.ts';

/** What no single field of the network set-up shows: an address that no host can have, RED inside GREEN … */
export const networkProblems = ({ network: { green, red } }: Policy): Problem[] => {
  const found: Problem[] = [];
  const bits = netmaskBits(green.netmask) ?? 32;
  if (bits > 30 || bits < 8)
    found.push(
      problem('network/green/netmask', 'GREEN', 'GREEN needs a netmask between 255.0.0.0 and 255.255.255.252.'),
    );
  else found.push(...unfit('network/green/address', 'GREEN', green.address, bits));
  return red.mode === 'static' ? [...found, ...staticRedProblems(green, red)] : found;
};

const problem = (place: string, owner: string, message: string): Problem => ({ place, owner, message });

const staticRedProblems = (green: Policy['network']['green'], red: Policy['network']['red']): Problem[] => {
  const missing = (['address', 'netmask', 'gateway'] as const).filter((field) => red[field] === '');
  if (missing.length > 0) {
    return missing.map((field) =>
      problem(`network/red/${field}`, 'RED', 'A static RED needs an address, a netmask and a gateway.'),
    );
  }
  const bits = netmaskBits(red.netmask) ?? 32;
  const inside = parseNetwork(`${green.address}/${netmaskBits(green.netmask)}`);
  const outside = parseNetwork(`${red.address}/${bits}`);
  if (inside === null || outside === null) return [];
  const found = unfit('network/red/address', 'RED', red.address, bits);
  if (contains(inside, red.address) || contains(outside, green.address)) {
    found.push(problem('network/red/address', 'RED', 'RED and GREEN must be different networks.'));
  }
  if (!contains(outside, red.gateway)) {
    found.push(problem('network/red/gateway', 'RED', 'The gateway must be inside the network of RED.'));
  } else if (red.gateway === red.address) {
    found.push(problem('network/red/gateway', 'RED', 'The gateway is another host, not the box itself.'));
  } else found.push(...unfit('network/red/gateway', 'RED', red.gateway, bits));
  return found;
};

/** Loopback, link-local, multicast and the rest that no interface can have; and the edges of a network. */
const unfit = (place: string, owner: string, address: string, bits: number): Problem[] => {
  if (/^(0|127|22[4-9]|23\d|24\d|25[0-5])\./.test(address) || address.startsWith('169.254.')) {
    return [problem(place, owner, 'No host can have this address.')];
  }
  return isEdge(address, bits)
    ? [problem(place, owner, 'This is the address of the network or its broadcast, not of a host.')]
    : [];
};

/** Networks of two addresses or one (RFC 3021) have no edges. */
const isEdge = (address: string, bits: number): boolean => {
  const rest = ipv4Number(address) % 2 ** (32 - bits);
  return bits < 31 && (rest === 0 || rest === 2 ** (32 - bits) - 1);
};

/** Servers of DNS and time that are the box itself, or nobody: the daemons would take them, and wait for ever. */
export const serverProblems = ({ dns, time, network }: Policy): Problem[] =>
  [
    ...dns.servers.map((server, index) => [`dns/servers/${index}`, 'DNS', server] as const),
    ...time.servers.map((server, index) => [`time/servers/${index}`, 'Time', server] as const),
  ].flatMap(([place, owner, server]) => {
    if (server === network.green.address || (network.red.mode === 'static' && server === network.red.address))
      return [problem(place, owner, 'This is the address of the box itself.')];
    if (isIpv4(server)) return unfit(place, owner, server, 32);
    return /^(::1?|ff[0-9a-f:]+)$/i.test(server) ? [problem(place, owner, 'No host can have this address.')] : [];
  });

/** DHCP's range and fixed leases against GREEN. */
export const dhcpProblems = ({ dhcp, network }: Policy): Problem[] => {
  const inside = parseNetwork(`${network.green.address}/${netmaskBits(network.green.netmask)}`);
  const found: Problem[] = [];
  const mustBeInside = (place: string, owner: string, address: string) => {
    if (address === '') found.push(problem(place, owner, 'An address is needed while DHCP is on.'));
    else if (inside !== null && !contains(inside, address))
      found.push(problem(place, owner, 'This address is not inside the GREEN network.'));
    else if (inside !== null && isEdge(address, inside.bits))
      found.push(problem(place, owner, 'This is the address of the network or its broadcast, not of a host.'));
    else if (address === network.green.address)
      found.push(problem(place, owner, 'This is the address of the box itself.'));
  };
  if (dhcp.enabled) {
    mustBeInside('dhcp/start', 'DHCP', dhcp.start);
    mustBeInside('dhcp/end', 'DHCP', dhcp.end);
    if (dhcp.start !== '' && dhcp.end !== '' && ipv4Number(dhcp.start) > ipv4Number(dhcp.end)) {
      found.push(problem('dhcp/end', 'DHCP', 'The range ends before it starts.'));
    }
  }
  dhcp.fixed.forEach((lease, index) => {
    mustBeInside(`dhcp/fixed/${index}/address`, lease.name || lease.mac, lease.address);
    const earlier = dhcp.fixed.slice(0, index);
    if (earlier.some((one) => one.mac === lease.mac))
      found.push(problem(`dhcp/fixed/${index}/mac`, lease.name || lease.mac, 'This MAC has a fixed lease already.'));
    if (earlier.some((one) => one.address === lease.address))
      found.push(
        problem(
          `dhcp/fixed/${index}/address`,
          lease.name || lease.mac,
          'This address is given to another MAC already.',
        ),
      );
  });
  return found;
};
