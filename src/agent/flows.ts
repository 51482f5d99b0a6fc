import { isDeepStrictEqual } from 'node:util';
import { judgeOf, type Packet, type Verdict, type World } from '../compile/judge.ts';
import { flowMark } from '../compile/ruleset.ts';
import { nameSets } from '../plan/names.ts';
import { type Hosts, resolveDestination } from '../policy/resolve.ts';
import type { Policy, Rule } from '../policy/schema.ts';
import type { Box } from './box.ts';
import type { Flow, Generation } from './ports.ts';

/**
 * Cuts every running flow of GREEN that a generation does not allow, and returns how many there were. `before` is the policy that was in
 * force until now, by which all flows were judged; null: none was.
 */
export const cutForbidden = async (
  box: Pick<Box, 'machine' | 'clock'>,
  generation: Generation,
  before: Policy | null = generation.policy,
): Promise<number> => {
  const { forbidden } = await flowsToCut(box, generation, before);
  return forbidden.length === 0 ? 0 : box.machine.cut(forbidden);
};

/** The flows that `cutForbidden` would cut, and the neighbour table by which they were judged. */
export const flowsToCut = async (
  box: Pick<Box, 'machine' | 'clock'>,
  generation: Pick<Generation, 'policy' | 'setUp'>,
  before: Policy | null,
): Promise<{ forbidden: Flow[]; macs: Map<string, string> }> => {
  if (generation.setUp && !generation.policy.settings.enabled) return { forbidden: [], macs: new Map() };
  const [flows, macs] = await Promise.all([box.machine.flows(), box.machine.neighbours()]);
  const forbidden = generation.setUp
    ? forbiddenFlows(generation.policy, flows, macs, await worldOf(box, generation.policy), before)
    : flows.filter((flow) => flow.direction === 'forward');
  return { forbidden, macs };
};

/** What a verdict depends on besides the policy: the time, RED's address, and what DNS names are answered with. */
export const worldOf = async ({ machine, clock }: Pick<Box, 'machine' | 'clock'>, policy: Policy): Promise<World> => {
  const [{ red }, names] = await Promise.all([machine.facts(), machine.resolved(nameSets(policy))]);
  return { now: clock(), names, ...(red === undefined ? {} : { red }) };
};

/**
 * The flows that an enabled BOT does not allow, judged as if each began now. `macs` is the neighbour table: conntrack knows
 * no MAC. Where a MAC decides and is not known, the flow goes. `before`: the policy by which all of them were judged, if there was one.
 */
export const forbiddenFlows = (
  policy: Policy,
  flows: Flow[],
  macs: Map<string, string>,
  world: World,
  before: Policy | null = null,
): Flow[] => {
  const judge = judgeOf(policy, world);
  const letInByName = nameJudge(policy, world, before);
  const allowed = new Set(
    flows.filter((flow) => {
      if (isAboveBot(flow)) return true;
      const packet = packetOf(flow, macs);
      return passes(judge(packet)) || letInByName(flow, packet);
    }),
  );
  const controls = new Set([...allowed].filter(({ protocol, dport }) => protocol === TCP && dport === FTP).map(pairOf));
  return flows.filter((flow) => !allowed.has(flow) && !isDataOf(flow, controls));
};

const passes = ({ verdict, needsMac }: Verdict): boolean => verdict === 'accept' && !needsMac;

/**
 * A DNS name may have other addresses by now than when a rule let a flow in by it. As long as that rule's destination stands as it
 * stood, the flow's address counts as the name's: for this flow, whose mark names the rule, and for no other.
 */
const nameJudge = (policy: Policy, world: World, before: Policy | null) => {
  const names = new Map<number, string[]>();
  for (const rule of before === null ? [] : policy.rules) {
    const then = before?.rules.find(({ id }) => id === rule.id);
    const now = namedDestination(policy, rule);
    if (before !== null && then !== undefined && now !== null && isDeepStrictEqual(now, namedDestination(before, then)))
      names.set(flowMark(rule.id), now.names);
  }
  // Many flows of one rule go to the same address, and a judge of many rules takes its time.
  const judges = new Map<string, ReturnType<typeof judgeOf>>();
  const judgeWith = (own: string[], { mark, dst }: Flow) => {
    const key = `${mark} ${dst}`;
    const known = new Map(world.names);
    for (const name of own) known.set(name, [...(known.get(name) ?? []), dst]);
    const judge = judges.get(key) ?? judgeOf(policy, { ...world, names: known });
    judges.set(key, judge);
    return judge;
  };
  return (flow: Flow, packet: Packet): boolean => {
    const own = flow.direction === 'forward' ? names.get(flow.mark) : undefined;
    return own !== undefined && passes(judgeWith(own, flow)(packet));
  };
};

/** What a rule with DNS names in its destination names there; null for other rules. */
const namedDestination = (policy: Policy, { destination }: Rule): Hosts | null => {
  const hosts = destination.kind === 'greengate' ? null : resolveDestination(policy, destination);
  return hosts === null || hosts.names.length === 0 ? null : hosts;
};

const TCP = 6;
const UDP = 17;
const FTP = 21;
const ICMP = [1, 58];

/** The packet that began a flow. */
export const packetOf = (flow: Flow, macs: Map<string, string>): Packet => ({
  from: flow.src,
  mac: macs.get(flow.src) ?? null,
  to: flow.direction === 'input' ? 'greengate' : flow.dst,
  protocol: flow.protocol,
  port: flow.dport,
  sport: flow.sport,
  mark: flow.mark,
  ...(flow.type === undefined ? {} : { type: flow.type }),
  ...(flow.code === undefined ? {} : { code: flow.code }),
});

/** DHCP and ping of the box are above BOT: a cut would only be counted, they are back at once. */
const isAboveBot = ({ direction, protocol, dport }: Flow): boolean =>
  direction === 'input' && (ICMP.includes(protocol) || (protocol === UDP && (dport === 67 || dport === 68)));

/**
 * FTP's data connection has a port of its own. It belongs to a control connection between the same two hosts, and those are
 * all judged alike; that it is data is the kernel's word, since any other flow may run beside.
 */
const isDataOf = (flow: Flow, controls: Set<string>): boolean => flow.expected && controls.has(pairOf(flow));

const pairOf = ({ src, dst }: Flow): string => `${src} ${dst}`;
