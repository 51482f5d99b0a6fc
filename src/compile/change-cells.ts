import type { Network } from '../policy/address.ts';
import { contains } from '../policy/address.ts';
import type { Match } from '../policy/matches.ts';
import type { PortRange } from '../policy/ports.ts';
import { type Hosts, membersOf, sameName } from '../policy/resolve.ts';
import type { Policy, Rule } from '../policy/schema.ts';
import { type Parts, type Points, partsOf, pointsOf } from './change-points.ts';
import { judgeOf, type Packet, type World } from './judge.ts';

/** More rules than this that meet one rule are not looked into. */
export const MOST = 150;
const MOST_CELLS = 200_000;

/** What decides a packet: an action, and the id of its rule; `default` when no rule speaks of it. */
export type Decision = { action: 'accept' | 'drop' | 'reject'; id: string };

/** Which points of each side one rule matches. */
export type Sides = { sources: boolean[]; destinations: boolean[]; services: boolean[] };

/** A rule, and the policy whose names it uses. */
export type Variant = { rule: Rule; policy: Policy };

/** All that is needed to say what one rule changes. `timed`: rules that it meets, and that hold at times only. */
export type Field = {
  points: Points;
  /** Points of each side that a rule matches, the rule being any variant of one. */
  sidesOf: (variant: Variant) => Sides;
  before: (source: number, destination: number, service: number) => Decision;
  after: (source: number, destination: number, service: number) => Decision;
  timed: Rule[];
  /** Is the rule in force after the change, too? */
  stays: boolean;
  /** There were too many combinations: only some were looked at. */
  sampled: boolean;
};

/** The packets that matter to a rule before and after a change, and how both policies decide them; null when too many rules meet it. */
export const fieldOf = (before: Policy, after: Policy, touched: Variant[], world: World): Field | null => {
  const id = touched[0]?.rule.id;
  const focus = touched.map(({ rule, policy }) => partsOf(policy, rule, world));
  const others = (policy: Policy): Rule[] =>
    policy.rules.filter((rule) => rule.enabled && rule.action !== 'log' && rule.id !== id);
  const meets = (policy: Policy) => (rule: Rule) => {
    const parts = partsOf(policy, rule, world);
    return focus.some((one) => overlap(one, parts));
  };
  const met = others(after).filter(meets(after));
  const gone = others(before).filter((rule) => !after.rules.some((one) => one.id === rule.id) && meets(before)(rule));
  const steady = new Set([...met, ...gone].filter(isSteady).map((rule) => rule.id));
  if (steady.size > MOST) return null;
  const all = [
    ...focus,
    ...[...met, ...gone].filter(isSteady).map((rule) => partsOf(met.includes(rule) ? after : before, rule, world)),
  ];
  const whole = pointsOf(after, all);
  const points = thin(whole);
  const inner = { ...world, names: points.names };
  const [smallBefore, smallAfter] = [before, after].map((policy) =>
    only(
      policy,
      all.map(({ rule }) => rule),
    ),
  );
  const small = (policy: Policy): Policy => (policy === before ? smallBefore : smallAfter) ?? policy;
  const sidesOf = ({ rule, policy }: Variant) => matchSides(small(policy), rule, points, inner);
  const decide = (policy: Policy) => {
    const list = policy.rules
      .filter((rule) => rule.enabled && rule.action !== 'log' && (rule.id === id || steady.has(rule.id)))
      .map((rule) => ({ rule, sides: sidesOf({ rule, policy }) }));
    return (source: number, destination: number, service: number): Decision => {
      const found = list.find(
        ({ sides: one }) => one.sources[source] && one.destinations[destination] && one.services[service],
      );
      return found === undefined
        ? { action: policy.settings.defaultDeny, id: 'default' }
        : { action: found.rule.action as Decision['action'], id: found.rule.id };
    };
  };
  const stays = after.rules.some((rule) => rule.id === id && rule.enabled && rule.action !== 'log');
  const timed = met.filter((rule) => !isSteady(rule));
  return { points, sidesOf, before: decide(before), after: decide(after), timed, stays, sampled: points !== whole };
};

/** The policy with no more addresses than these rules name: it is looked through for every single one of them. */
const only = (policy: Policy, rules: Rule[]): Policy => {
  const groups = new Set<string>();
  const named = new Set<string>();
  for (const { source, destination } of rules)
    for (const ref of [source, destination]) {
      if (ref.kind === 'address') named.add(ref.name.toLowerCase());
      if (ref.kind === 'group') groups.add(ref.name);
    }
  for (const group of groups)
    if (policy.addressGroups.some(({ name }) => sameName(name, group)))
      for (const name of membersOf(policy.addressGroups, group)) named.add(name.toLowerCase());
  return { ...policy, addresses: policy.addresses.filter(({ name }) => named.has(name.toLowerCase())) };
};

/** Does it decide at all times, and without a count? */
const isSteady = ({ frame, expires, limit }: Rule): boolean =>
  frame === null && expires === null && (limit === null || limit.for === 'log');

/** The judge is asked about one side at a time: a rule matches a packet when all three of its sides do. */
const matchSides = (policy: Policy, rule: Rule, points: Points, world: World): Sides => {
  const any = { kind: 'any' as const };
  const lone = (change: Partial<Rule>): ((packet: Partial<Packet>) => boolean) => {
    const plain = { ...rule, enabled: true, frame: null, expires: null, limit: null, action: 'accept' as const };
    const settings = { ...policy.settings, adminMac: '', moreAdmins: [], defaultDeny: 'drop' as const };
    const judge = judgeOf({ ...policy, settings, blocks: [], rules: [{ ...plain, ...change }] }, world);
    return (packet) =>
      judge({ from: '192.0.2.1', mac: '02:67:67:00:00:02', to: '192.0.2.2', protocol: 253, ...packet }).verdict ===
      'accept';
  };
  const noPorts = { sourcePorts: '', invertSourcePorts: false };
  const source = lone({ destination: any, service: any, ...noPorts });
  const destination = lone({ source: any, service: any, ...noPorts });
  const service = lone({ source: any, destination: any });
  return {
    sources: points.sources.map((one) => source(one)),
    destinations: points.destinations.map((to) => destination({ to })),
    services: points.services.map((one) => service(one)),
  };
};

/** Could some packet be meant by both? When in doubt, yes. */
const overlap = (one: Parts, other: Parts): boolean =>
  (one.to === null) === (other.to === null) &&
  (one.to === null || other.to === null || hostsMeet(one.to, other.to)) &&
  hostsMeet(one.from, other.from) &&
  one.service.some((match) => other.service.some((against) => matchesMeet(match, against)));

const hostsMeet = (one: Hosts, other: Hosts): boolean =>
  [one, other].some(({ any, invert, names }) => any || invert || names.length > 0) ||
  one.networks.some((network) => other.networks.some((against) => networksMeet(network, against))) ||
  one.macs.some((mac) => other.macs.includes(mac)) ||
  // The address of a card is not known.
  (one.macs.length > 0 && other.networks.length > 0) ||
  (other.macs.length > 0 && one.networks.length > 0);

const networksMeet = (one: Network, other: Network): boolean =>
  contains(one, other.address) || contains(other, one.address);

const matchesMeet = (one: Match, other: Match): boolean => {
  const loose = (match: Match) => match.protocol === 'any' || match.protocol === 'except';
  if (loose(one) || loose(other)) return true;
  const icmp = (match: Match) => match.protocol === 'icmp' || match.protocol === 'icmpv6';
  if (icmp(one) || icmp(other)) return icmp(one) && icmp(other);
  if ('ports' in one && 'ports' in other) return one.protocol === other.protocol && rangesMeet(one.ports, other.ports);
  return 'number' in one && 'number' in other && one.number === other.number;
};

const rangesMeet = (one: PortRange[], other: PortRange[]): boolean =>
  one.some(([from, to]) => other.some(([start, end]) => from <= end && start <= to));

/** Keeps the number of combinations in bounds; the first points of each side, which are the rule's own, stay. */
const thin = (points: Points): Points => {
  const share = (points.sources.length * points.destinations.length * points.services.length) / MOST_CELLS;
  if (share <= 1) return points;
  const step = Math.ceil(Math.cbrt(share)) + 1;
  const some = <T>(list: T[]): T[] => list.filter((_, index) => index < 30 || index % step === 0);
  return {
    ...points,
    sources: some(points.sources),
    destinations: some(points.destinations),
    services: some(points.services),
  };
};
