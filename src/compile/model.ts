import { origins } from '../plan/ruleset.ts';
import { isMac, networksOf } from '../policy/address.ts';
import type { Known } from '../policy/builtin.ts';
import { holdsAt, intervalsOfRules, ruleIntervals } from '../policy/frames.ts';
import { type Match, otherPorts } from '../policy/matches.ts';
import { type PortRange, parsePorts } from '../policy/ports.ts';
import { type Hosts, resolveDestination, resolveService, resolveSource, settled } from '../policy/resolve.ts';
import type { Block, Limit, Policy, Rule } from '../policy/schema.ts';
import { blockRules, blockServices } from './blocks.ts';

/** What the verdict depends on besides policy and packet: seconds since the epoch, and the addresses that DNS names have now. */
export type World = Known & { now: number; names?: ReadonlyMap<string, readonly string[]> };

/**
 * One thing that an enabled BOT asks about a packet: the first that matches on all its sides, is on and holds now decides. `destination` null:
 * the box itself. `ports`: of the sender, null for any; with ports only TCP and UDP are meant. `from` is what it was made of.
 */
export type Step = Pick<Rule, 'id' | 'action' | 'limit'> & {
  enabled: boolean;
  holds: boolean;
  source: Hosts;
  destination: Hosts | null;
  service: Match[];
  ports: PortRange[] | null;
  from: { kind: 'admin' } | { kind: 'block'; block: Block } | { kind: 'rule'; rule: Rule; number: number };
};

/** Everything that is asked, in order: the admin access, the blocks (once for the box, once for outside), the rules. */
export const stepsOf = (policy: Policy, world: World): Step[] => [
  adminStep(policy),
  ...blockSteps(policy, world),
  ...ruleSteps(policy, world),
];

/** Does the limit leave the decision to the next rules when it is used up? */
export const limitsAction = (limit: Limit | null): boolean => limit?.for === 'action' || limit?.for === 'both';

const always = { limit: null, enabled: true, holds: true, ports: null } as const;

const adminStep = ({ settings, ssh }: Policy): Step => {
  const admins = [settings.adminMac, ...settings.moreAdmins].filter((one) => one !== '');
  const ports = parsePorts([settings.uiPort, ...(ssh.enabled ? [ssh.port] : [])].join()) ?? [];
  return {
    ...always,
    id: origins.admin,
    action: 'accept',
    source: hostsOf(admins),
    destination: null,
    service: [{ protocol: 'tcp', ports }],
    from: { kind: 'admin' },
  };
};

/** A block that is over is not asked any more. */
const blockSteps = (policy: Policy, { now }: World): Step[] =>
  blockRules(policy).flatMap((rule, index) => {
    const block = policy.blocks[index];
    if (block === undefined || !holdsAt(ruleIntervals(rule, policy.network.timezone, now), now)) return [];
    const { id, action } = rule;
    const step = { ...always, id, action, source: hostsOf([block.host]), from: { kind: 'block', block } as const };
    return [
      { ...step, destination: null, service: blockServices(policy, block) },
      { ...step, destination: anywhere, service: [{ protocol: 'any' }] },
    ];
  });

const ruleSteps = (policy: Policy, world: World): Step[] => {
  const intervals = intervalsOfRules(policy.network.timezone, world.now);
  return policy.rules.map((rule, index) => {
    const { id, action, limit, enabled, source, destination } = rule;
    return {
      id,
      action,
      limit,
      enabled,
      holds: holdsAt(intervals(rule), world.now),
      source: settled(resolveSource(policy, source, world), action),
      destination:
        destination.kind === 'greengate' ? null : settled(resolveDestination(policy, destination, world), action),
      service: resolveService(policy, rule.service),
      ports: senderPorts(rule),
      from: { kind: 'rule', rule, number: index + 1 },
    };
  });
};

const senderPorts = ({ sourcePorts, invertSourcePorts }: Rule): PortRange[] | null => {
  const ports = sourcePorts === '' ? null : parsePorts(sourcePorts);
  return ports !== null && invertSourcePorts ? otherPorts(ports) : ports;
};

const hostsOf = (values: string[]): Hosts => ({
  any: false,
  networks: values.flatMap(networksOf),
  macs: values.filter(isMac),
  names: [],
  invert: false,
});

const anywhere: Hosts = { any: true, networks: [], macs: [], names: [], invert: false };
