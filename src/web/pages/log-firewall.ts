import type { Policy } from '../../policy/schema.ts';
import { can, type Pages, tokenOf } from '../context.ts';
import { showPage } from '../frame.ts';
import { hostNamer, insideOf } from '../hosts.ts';
import { logLinks, logState, numberFilter, placeOf, textFilter } from '../log-view.ts';
import { addressOf } from '../paging.ts';
import { type PortNamer, portNamer } from '../port-names.ts';
import type { FirewallLine, FirewallQuery } from '../ports.ts';
import { whyOfLine } from '../why-link.ts';

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
    const inside = insideOf(policy);
    const lines = page.lines.map((line) => ({
      ...line,
      sourceName: hostOf(line.source),
      destinationName: hostOf(line.destination),
      service: serviceOf(line.protocol, line.destinationPort, line.destination === policy.network.green.address),
      rule: ruleOf(policy, line.origin),
      inside: line.iface === 'green' && inside(line.source),
      why: line.iface === 'green' ? whyOfLine(line, policy.network.timezone) : '',
      allow: /DROP|REJECT/.test(line.chain) && can(ctx, 'administer') ? allowHref(policy, line, serviceOf) : '',
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

/** The form of a new rule, with what this line tells filled in. */
const allowHref = (policy: Policy, line: FirewallLine, serviceOf: PortNamer): string => {
  const toBox = line.destination === policy.network.green.address;
  const protocol = line.protocol.toLowerCase();
  const plain = line.destinationPort === null ? protocol : `${protocol}/${line.destinationPort}`;
  const service = serviceOf(line.protocol, line.destinationPort, toBox) || plain;
  const destination = toBox ? 'greengate' : line.destination;
  return addressOf('/firewall/bot/rules/new', { source: line.source, destination, service });
};

/** The rule behind a line, if it still is there. */
const ruleOf = (policy: Policy, origin: string) => {
  const index = policy.rules.findIndex(({ id }) => id === origin);
  return index < 0 ? null : { id: origin, number: index + 1 };
};
