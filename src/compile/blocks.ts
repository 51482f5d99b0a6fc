import type { Dispatch, Side } from '../plan/ruleset.ts';
import { isMac, networksOf } from '../policy/address.ts';
import type { Match } from '../policy/matches.ts';
import type { Block, Policy, Rule } from '../policy/schema.ts';

/** Hosts blocked or let through for a time, as what a leaf is made of. A block that is over does nothing. */
export const blockRules = ({ blocks }: Policy): Pick<Rule, 'id' | 'action' | 'frame' | 'expires' | 'limit' | 'log'>[] =>
  blocks.map(({ id, action, until }) => ({
    id,
    action,
    frame: null,
    expires: until,
    limit: null,
    log: action === 'drop',
  }));

/** They stand before all rules. What is let through may go outside, and may use DNS, time and the proxy of the box. */
export const blockDispatch = (policy: Policy): { input: Dispatch[]; forward: Dispatch[] } => ({
  input: policy.blocks.flatMap((block) => dispatch(block, blockServices(policy, block))),
  forward: policy.blocks.flatMap((block) => dispatch(block, [{ protocol: 'any' }])),
});

/** What a block is about on the box itself: everything (the UI of administrators excepted), or what a free host needs. */
export const blockServices = ({ proxy }: Policy, { action }: Block): Match[] => {
  if (action === 'drop') return [{ protocol: 'any' }];
  const ports: [number, number][] = [
    [53, 53],
    ...(proxy.enabled ? [[proxy.port, proxy.port] as [number, number]] : []),
  ];
  return [
    { protocol: 'tcp', ports },
    {
      protocol: 'udp',
      ports: [
        [53, 53],
        [123, 123],
      ],
    },
  ];
};

const dispatch = ({ id, host }: Block, services: Match[]): Dispatch[] =>
  (['ip', 'ip6'] as const).flatMap((family) => {
    const networks = networksOf(host).filter((network) => network.family === (family === 'ip' ? 4 : 6));
    const source: Side | null = isMac(host)
      ? { kind: 'macs', macs: [host] }
      : networks.length > 0
        ? { kind: 'networks', networks }
        : null;
    if (source === null) return [];
    return services.map((service): Dispatch => ({ family, source, destination: { kind: 'any' }, service, leaf: id }));
  });
