import { judgeOf, type Packet, type World } from '../compile/judge.ts';
import { nameSets } from '../plan/names.ts';
import type { Policy } from '../policy/schema.ts';
import type { Box } from './box.ts';
import type { Flow, Generation } from './ports.ts';

/** Cuts every running flow of GREEN that a generation does not allow, and returns how many there were. */
export const cutForbidden = async (box: Pick<Box, 'machine' | 'clock'>, generation: Generation): Promise<number> => {
  if (generation.setUp && !generation.policy.settings.enabled) return 0;
  const [flows, macs] = await Promise.all([box.machine.flows(), box.machine.neighbours()]);
  const forbidden = generation.setUp
    ? forbiddenFlows(generation.policy, flows, macs, await worldOf(box, generation.policy))
    : flows.filter((flow) => flow.direction === 'forward');
  return forbidden.length === 0 ? 0 : box.machine.cut(forbidden);
};

/** What a verdict depends on besides the policy: the time, RED's address, and what DNS names are answered with. */
export const worldOf = async ({ machine, clock }: Pick<Box, 'machine' | 'clock'>, policy: Policy): Promise<World> => {
  const [{ red }, names] = await Promise.all([machine.facts(), machine.resolved(nameSets(policy))]);
  return { now: clock(), names, ...(red === undefined ? {} : { red }) };
};

/**
 * The flows that an enabled BOT does not allow, judged as if each began now. `macs` is the neighbour table: conntrack knows
 * no MAC. Where a MAC decides and is not known, the flow goes.
 */
export const forbiddenFlows = (policy: Policy, flows: Flow[], macs: Map<string, string>, world: World): Flow[] => {
  const judge = judgeOf(policy, world);
  const allowed = new Set(
    flows.filter((flow) => {
      if (isAboveBot(flow)) return true;
      const { verdict, needsMac } = judge(packetOf(flow, macs));
      return verdict === 'accept' && !needsMac;
    }),
  );
  const controls = [...allowed].filter((flow) => flow.protocol === TCP && flow.dport === FTP);
  return flows.filter((flow) => !allowed.has(flow) && !controls.some((control) => isDataOf(flow, control)));
};

const TCP = 6;
const UDP = 17;
const FTP = 21;
const ICMP = [1, 58];

const packetOf = (flow: Flow, macs: Map<string, string>): Packet => ({
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
const isDataOf = (flow: Flow, control: Flow): boolean =>
  flow.expected && flow.src === control.src && flow.dst === control.dst;
