import { allServices, greengateServices } from '../policy/builtin.ts';
import { parsePorts } from '../policy/ports.ts';
import { sameName } from '../policy/resolve.ts';
import type { Policy } from '../policy/schema.ts';
import { hostChoices, serviceChoices } from './picks.ts';
import { emptyRule, type RuleValues, valuesOfRule } from './rule-values.ts';

/** What an address of New Rule may say beforehand: `copy` is a rule's id; the others are texts as a log line has them. */
export type Prefill = { copy: string; source: string; destination: string; service: string; action: string };

/** The fields that New Rule begins with: empty, a copy right behind its rule, or what a log line tells. */
export const prefilled = (policy: Policy, wanted: Prefill, zone: string): RuleValues => {
  const index = policy.rules.findIndex(({ id }) => id === wanted.copy);
  const copied = policy.rules[index];
  if (copied !== undefined) return { ...valuesOfRule(policy, copied, zone), position: String(index + 2) };
  return {
    ...emptyRule,
    ...hostPart(policy, 'source', wanted.source),
    ...(wanted.destination.toLowerCase() === 'greengate' || wanted.destination === policy.network.green.address
      ? { destination: 'greengate' }
      : hostPart(policy, 'destination', wanted.destination)),
    ...servicePart(policy, wanted),
    ...(['accept', 'drop', 'reject', 'log'].includes(wanted.action) ? { action: wanted.action } : {}),
  };
};

/** A host that has an object of its own is called by its name. */
const hostPart = (policy: Policy, side: 'source' | 'destination', text: string): Partial<RuleValues> => {
  if (text === '' || text.toLowerCase() === 'any') return {};
  const own = policy.addresses.find(({ name, value }) => value === text && !sameName(name, text));
  const found = hostChoices(policy).find(({ name }) => sameName(name, own?.name ?? text));
  return { [side]: 'pick', [`${side}Pick`]: found?.text ?? text };
};

/** A service by its name, or by protocol and port (`tcp/443`): one that is exactly that, else a new one is drafted. */
const servicePart = (policy: Policy, { service, destination }: Prefill): Partial<RuleValues> => {
  if (service === '') return {};
  if (service.toLowerCase() === 'any') return { service: 'any' };
  const named = serviceChoices(policy).find(({ text }) => sameName(text, service));
  if (named !== undefined) return { service: 'pick', servicePick: named.text };
  if (bare.includes(service.toLowerCase()))
    return { service: 'newService', serviceNewName: service.toUpperCase(), serviceNewProtocol: service.toLowerCase() };
  const [, protocol = '', port = ''] = /^(tcp|udp)[/ ](\d{1,5})$/i.exec(service) ?? [];
  if (protocol === '') return { service: 'pick', servicePick: service };
  const name = exactService(policy, destination, protocol.toLowerCase(), Number(port));
  if (name !== undefined) return { service: 'pick', servicePick: name };
  return {
    service: 'newService',
    serviceNewName: `${protocol.toUpperCase()} ${port}`,
    serviceNewProtocol: protocol.toLowerCase(),
    serviceNewPorts: port,
  };
};

/** Protocols without ports, as a log line names them. */
const bare = ['icmp', 'icmpv6', 'gre', 'esp', 'ah'];

const exactService = (policy: Policy, destination: string, protocol: string, port: number): string | undefined => {
  const toBox = destination.toLowerCase() === 'greengate' || destination === policy.network.green.address;
  const list = toBox ? [...greengateServices(policy), ...allServices(policy)] : allServices(policy);
  const exact = list.filter((one) => {
    const ranges = parsePorts(one.ports);
    const only = ranges?.length === 1 && ranges[0]?.[0] === port && ranges[0][1] === port;
    return only && !one.invertPorts && [protocol, 'tcp&udp'].includes(one.protocol);
  });
  const found = exact.find((one) => toBox || !one.name.startsWith('Greengate ')) ?? exact[0];
  return found === undefined
    ? undefined
    : serviceChoices(policy).find((one) => one.kind === 'object' && one.name === found.name)?.text;
};
