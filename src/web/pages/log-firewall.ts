import { parseNetwork } from '../../policy/address.ts';
import type { Policy } from '../../policy/schema.ts';
import { type Pages, tokenOf } from '../context.ts';
import { showPage } from '../frame.ts';
import { logLinks, logState, numberFilter, placeOf, textFilter } from '../log-view.ts';
import { portNamer } from '../port-names.ts';
import type { FirewallQuery } from '../ports.ts';

const path = '/logs/firewall';
const names = ['chain', 'iface', 'protocol', 'source', 'sport', 'mac', 'destination', 'dport', 'origin', 'q'] as const;

/** Logs → Firewall: what was dropped, refused or logged, newest first. */
export const firewallLogPages: Pages = (router, web) => {
  router.get(path, async (ctx) => {
    const state = logState(ctx, path, names);
    const page = web.logs.firewall({ ...placeOf(state), ...exact(state.filters) });
    const [{ policy }, { leases }] = await Promise.all([
      web.agent('policy.get', {}, tokenOf(ctx)),
      web.agent('leases.get', {}, tokenOf(ctx)),
    ]);
    const serviceOf = portNamer(policy);
    const hostOf = hostNamer(policy, leases);
    const lines = page.lines.map((line) => ({
      ...line,
      sourceName: hostOf(line.source),
      destinationName: hostOf(line.destination),
      service: serviceOf(line.protocol, line.destinationPort, line.destination === policy.network.green.address),
      rule: ruleOf(policy, line.origin),
    }));
    await showPage(web, ctx, { title: 'Firewall log', nav: 'log-firewall' }, 'log-firewall.njk', {
      lines,
      state,
      links: logLinks(state, page),
    });
  });
};

const exact = (filters: Record<string, string>): Partial<FirewallQuery> => ({
  ...textFilter('chain', filters.chain),
  ...textFilter('iface', filters.iface),
  ...textFilter('protocol', filters.protocol),
  ...textFilter('source', filters.source),
  ...numberFilter('sourcePort', filters.sport),
  ...textFilter('mac', filters.mac),
  ...textFilter('destination', filters.destination),
  ...numberFilter('destinationPort', filters.dport),
  ...textFilter('origin', filters.origin),
});

/** Names an address: the box, the owner's address objects for one host, then the names in DHCP leases. */
const hostNamer = (policy: Policy, leases: { address: string; name: string }[]): ((address: string) => string) => {
  const hosts = policy.addresses.filter(({ value }) => {
    const network = parseNetwork(value);
    return network !== null && network.bits === (network.family === 4 ? 32 : 128);
  });
  const known = new Map([
    ...leases.map(({ address, name }): [string, string] => [address, name]),
    ...policy.dhcp.fixed.map(({ address, name }): [string, string] => [address, name]),
    ...hosts.map(({ value, name }): [string, string] => [value, name]),
    [policy.network.green.address, 'Greengate'],
  ]);
  return (address) => known.get(address) ?? '';
};

/** The rule behind a line, if it still is there. */
const ruleOf = (policy: Policy, origin: string) => {
  const index = policy.rules.findIndex(({ id }) => id === origin);
  return index < 0 ? null : { id: origin, number: index + 1 };
};
