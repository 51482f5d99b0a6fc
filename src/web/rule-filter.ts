import type { Context } from 'koa';
import { contains, isDnsName, isIp, isMac, normalMac, parseNetwork } from '../policy/address.ts';
import { allAddresses, allServices, greenNetwork } from '../policy/builtin.ts';
import { inPorts, type Match } from '../policy/matches.ts';
import { TCP, UDP } from '../policy/protocols.ts';
import {
  type Hosts,
  membersOf,
  resolveDestination,
  resolveService,
  resolveSource,
  sameName,
} from '../policy/resolve.ts';
import type { Policy, Rule } from '../policy/schema.ts';
import { queryOf } from './context.ts';
import { addressOf } from './paging.ts';
import { isExpired } from './rule-when.ts';

/** What the list is narrowed to; every field may be empty. It is the query of the page's address. */
export const filterNames = ['q', 'host', 'service', 'action', 'state', 'heading'] as const;
export type RuleFilter = Record<(typeof filterNames)[number], string>;

/** Everything passes. */
export const noFilter: RuleFilter = { q: '', host: '', service: '', action: '', state: '', heading: '' };

/** Where the rule list stands: its filter and its page. */
export type ListPlace = { filter: RuleFilter; page: string };

/** Reads the place from the page's own address. */
export const placeOfQuery = (ctx: Context): ListPlace => placeOf((name) => queryOf(ctx, name));

/** Reads the place from the text that `placeText` made: forms carry it in one field. */
export const placeOfText = (text: string): ListPlace => {
  const fields = new URLSearchParams(text.slice(0, 2000));
  return placeOf((name) => (fields.get(name) ?? '').trim().slice(0, 200));
};

/** The place as a query without question mark. */
export const placeText = (place: ListPlace): string => listAddress(place).replace(/^[^?]*\??/, '');

/** The address of the list at this place. */
export const listAddress = ({ filter, page }: ListPlace): string =>
  addressOf('/firewall/bot', { ...filter, page: page === '1' ? '' : page });

/** Is the list narrowed at all? */
export const isFiltered = (filter: RuleFilter): boolean => filterNames.some((name) => filter[name] !== '');

/**
 * A test for the rules that a filter lets through. Objects are looked up once, for it is asked of thousands of rules. `found`: the ids of
 * rules with findings; where nobody knows them, a filter by findings lets none through.
 */
export const ruleFilter = (
  policy: Policy,
  filter: RuleFilter,
  now: number,
  found: ReadonlySet<string> | null,
): ((rule: Rule) => boolean) => {
  const tests: ((rule: Rule) => boolean)[] = [];
  if (filter.q !== '') tests.push(either(textTest(policy, filter.q), hostTest(policy, filter.q)));
  if (filter.host !== '') tests.push(hostTest(policy, filter.host) ?? nameTest(filter.host, ['source', 'destination']));
  if (filter.service !== '')
    tests.push(portTest(policy, filter.service) ?? serviceNameTest(policy, filter.service.toLowerCase()));
  if (filter.action !== '') tests.push((rule) => rule.action === filter.action);
  if (filter.heading !== '') tests.push((rule) => sameName(rule.heading, filter.heading));
  if (filter.state === 'found') tests.push(({ id }) => found?.has(id) === true);
  const state = states[filter.state];
  if (state !== undefined) tests.push((rule) => state(rule, now));
  return (rule) => tests.every((test) => test(rule));
};

const placeOf = (read: (name: string) => string): ListPlace => ({
  filter: Object.fromEntries(filterNames.map((name) => [name, read(name)])) as RuleFilter,
  page: /^\d{1,6}$/.test(read('page')) ? read('page') : '',
});

const states: Record<string, (rule: Rule, now: number) => boolean> = {
  on: (rule, now) => rule.enabled && !isExpired(rule, now),
  off: (rule) => !rule.enabled,
  expired: isExpired,
  logged: (rule) => rule.log,
};

type Test = (rule: Rule) => boolean;

const either = (first: Test, second: Test | null): Test =>
  second === null ? first : (rule) => first(rule) || second(rule);

/** Free text: names, what is behind them, remark, heading. */
const textTest = (policy: Policy, text: string): Test => {
  const wanted = text.toLowerCase();
  const addresses = new Map(allAddresses(policy).map(({ name, value }) => [name, value]));
  const services = new Map(allServices(policy).map(({ name, protocol, ports }) => [name, `${protocol} ${ports}`]));
  const behind = remembered((ref: Ref) => {
    if (ref.kind === 'typed') return ref.value;
    if (ref.kind === 'address') return `${ref.name} ${addresses.get(ref.name) ?? ''}`;
    if (ref.kind === 'service') return `${ref.name} ${services.get(ref.name) ?? ''}`;
    return ref.kind === 'greengate' ? 'greengate access the box itself' : '';
  });
  const addressGroup = remembered((ref: Ref) => groupText(policy.addressGroups, ref));
  const serviceGroup = remembered((ref: Ref) => groupText(policy.serviceGroups, ref));
  const sideText = (ref: Ref) => (ref.kind === 'group' ? addressGroup(ref) : behind(ref));
  return ({ remark, heading, source, destination, service }) =>
    [
      remark,
      heading,
      sideText(source),
      sideText(destination),
      service.kind === 'group' ? serviceGroup(service) : behind(service),
    ]
      .join(' ')
      .toLowerCase()
      .includes(wanted);
};

const groupText = (groups: Policy['addressGroups'], ref: Ref): string =>
  ref.kind === 'group' ? `${ref.name} ${membersOf(groups, ref.name).join(' ')}` : '';

type Ref = Rule['source'] | Rule['destination'] | Rule['service'];

const remembered = <T>(work: (ref: Ref) => T): ((ref: Ref) => T) => {
  const known = new Map<string, T>();
  return (ref) => {
    const key = `${ref.kind} ${'name' in ref ? ref.name : 'value' in ref ? ref.value : ''} ${'invert' in ref && ref.invert}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = work(ref);
    known.set(key, made);
    return made;
  };
};

/** Rules whose source or destination holds this host; null when the text is neither an IP address, a MAC nor a DNS name. */
const hostTest = (policy: Policy, text: string): Test | null => {
  const holds = holdsHost(policy, text);
  if (holds === null) return null;
  const green = parseNetwork(greenNetwork(policy));
  const inside = isMac(text) || (green !== null && contains(green, text));
  const fromIt = remembered((ref) => holds(resolveSource(policy, ref as Rule['source'])));
  const toIt = remembered((ref) => holds(resolveDestination(policy, ref as Outside)));
  return ({ source, destination }) => {
    if (source.kind === 'any' ? inside : fromIt(source)) return true;
    if (destination.kind === 'greengate') return text === policy.network.green.address;
    return destination.kind === 'any' ? !inside : toIt(destination);
  };
};

type Outside = Exclude<Rule['destination'], { kind: 'greengate' }>;

const holdsHost = (policy: Policy, text: string): ((hosts: Hosts) => boolean) | null => {
  if (isMac(text)) return ({ macs, invert }) => macs.length > 0 && macs.includes(normalMac(text)) !== invert;
  if (isIp(text)) {
    const macs = policy.dhcp.fixed.filter(({ address }) => address === text).map(({ mac }) => mac);
    return (hosts) =>
      (hosts.networks.some((network) => contains(network, text)) || hosts.macs.some((mac) => macs.includes(mac))) !==
      hosts.invert;
  }
  if (!isDnsName(text)) return null;
  const name = text.toLowerCase();
  return ({ names, invert }) =>
    names.length > 0 && names.some((one) => name === one || name.endsWith(`.${one}`)) !== invert;
};

/** By the name as it stands in the rule. */
const nameTest = (text: string, sides: readonly ('source' | 'destination')[]): Test => {
  const wanted = text.toLowerCase();
  return (rule) =>
    sides.some((side) => {
      const ref = rule[side];
      return ('name' in ref ? ref.name : 'value' in ref ? ref.value : '').toLowerCase().includes(wanted);
    });
};

/** `25`, `tcp 25`, `udp/53`: rules that speak of this port; null when the text is something else. */
const portTest = (policy: Policy, text: string): Test | null => {
  const [, protocol = '', digits = ''] = /^(?:(tcp|udp)[\s/]*)?(\d{1,5})$/i.exec(text) ?? [];
  if (digits === '') return null;
  const wanted = (['tcp', 'udp'] as const).filter((one) => protocol === '' || one === protocol.toLowerCase());
  const speaks = (match: Match) =>
    wanted.some((one) => {
      if (match.protocol === 'except') return !match.numbers.includes(one === 'tcp' ? TCP : UDP);
      return match.protocol === 'any' || (match.protocol === one && inPorts(match.ports, Number(digits)));
    });
  const found = remembered((ref) => resolveService(policy, ref as Rule['service']).some(speaks));
  return ({ service }) => found(service);
};

const serviceNameTest = (policy: Policy, wanted: string): Test => {
  const group = remembered((ref) => groupText(policy.serviceGroups, ref).toLowerCase());
  return ({ service }) => {
    if (service.kind === 'any') return 'any service'.includes(wanted);
    return service.kind === 'group' ? group(service).includes(wanted) : service.name.toLowerCase().includes(wanted);
  };
};
