import { lookupOf } from '../../../src/compile/lookup.ts';
import { compileRuleset, flowMark } from '../../../src/compile/ruleset.ts';
import { applianceFacts } from '../../../src/plan/facts.ts';
import { printFull } from '../../../src/plan/nft.ts';
import type { Ruleset } from '../../../src/plan/ruleset.ts';
import type { Shot } from './aim.ts';
import type { Frame } from './nft-fields.ts';
import { NftKernel, type Run } from './nft-kernel.ts';
import type { Within } from './nft-rule.ts';
import { addressValue, macValue } from './nft-values.ts';
import type { Setting } from './policies.ts';
import type { Outcome, Packet } from './reference.ts';

/** The text that the compiler prints for a policy, read back; DNS names hold the addresses of the setting. */
export const compiled = ({ policy, known, laidOut, names, room }: Setting): { kernel: NftKernel; ruleset: Ruleset } => {
  const facts = { ...applianceFacts(true, laidOut), ...known, ipv6: true };
  const ruleset = within(room, compileRuleset(policy, facts));
  const kernel = new NftKernel().load(printFull(ruleset, 0));
  for (const { name, set } of ruleset.names)
    for (const address of names.get(name) ?? []) {
      const value = addressValue(address);
      kernel.set(address.includes(':') ? 'ip6' : 'ip', set).add([[value, value]], true);
    }
  return { kernel, ruleset };
};

/** The same rules, found in another way where the index must be small. */
const within = (room: number | null, ruleset: Ruleset): Ruleset => {
  if (room === null) return ruleset;
  const most = { rules: room, elements: room };
  const lookups = (family: 'ip' | 'ip6') => ({
    input: lookupOf(family, ruleset.input, ruleset.leaves, most),
    forward: lookupOf(family, ruleset.forward, ruleset.leaves, most),
  });
  return { ...ruleset, lookups: { ip: lookups('ip'), ip6: lookups('ip6') } };
};

/** Runs a new flow's first packet through the hook it meets. */
export const runText = (kernel: NftKernel, shot: Shot, within: Within): Run => {
  const frame = frameOf(shot);
  // What is logged is limited by sender, too: here nobody sends that much.
  const meters: Within = (place, limit, own) => limit.meter !== null || within(place, limit, own);
  const hook = shot.packet.to === 'greengate' ? 'INPUT' : 'FORWARD';
  const run = kernel.run(hook, frame, meters);
  if (!isAbove(shot.packet)) return run;
  // DHCP and ping pass above BOT; BOT itself must decide them as any other packet.
  if (run.verdict !== 'accept' || run.counters.length > 0)
    throw new Error(`${JSON.stringify(shot)} does not pass above BOT`);
  return kernel.run('BOT_INPUT', frame, meters);
};

/** Does it pass before BOT is asked: DHCP, and ping of the box? */
export const isAbove = ({ to, from, protocol, port, sport, type }: Packet): boolean => {
  if (to !== 'greengate') return false;
  const v6 = from.includes(':');
  return (
    (protocol === (v6 ? 58 : 1) && type === (v6 ? 128 : 8)) || (!v6 && protocol === 17 && sport === 68 && port === 67)
  );
};

/** The packet as it lies in the kernel, a fraction of a second after its moment. */
export const frameOf = ({ packet, at, words }: Shot): Frame => {
  const { from, mac, to, protocol, port, sport, type, code } = packet;
  const v6 = from.includes(':');
  const inside = to === 'greengate';
  return {
    family: v6 ? 'ip6' : 'ip',
    iif: 'green',
    oif: inside ? '' : 'red',
    saddr: addressValue(from),
    daddr: addressValue(inside ? (v6 ? 'fd51::254' : '192.168.51.254') : to),
    mac: mac === null ? null : macValue(mac),
    protocol,
    words:
      port !== undefined
        ? [sport ?? 0, port]
        : type !== undefined
          ? [type * 256 + (code ?? 0), words?.[1] ?? 0]
          : words,
    tcpFlags: 2,
    hopLimit: 64,
    ct: { state: 'new', direction: 'original', mark: 0, helper: '' },
    fib: { back: true, type: inside ? 'local' : 'unicast' },
    time: at + 0.5,
    skuid: null,
  };
};

/** What an outcome should look like in the kernel. */
export const spoken = ({ policy }: Setting, { verdict, origin, passed, logged }: Outcome): string => {
  const action = (id: string) => {
    if (id === 'default') return policy.settings.defaultDeny;
    const found = policy.rules.find((one) => one.id === id) ?? policy.blocks.find((one) => one.id === id);
    return found?.action ?? 'accept';
  };
  const lines = logged.map((id) => `GREEN ${action(id).toUpperCase()} ${id}`);
  const mark = verdict === 'accept' ? flowMark(origin) : 0;
  return show(verdict, [...passed, origin], lines, mark);
};

export const spelled = ({ verdict, counters, logs, ctMark, helpers }: Run, { to, protocol, port }: Packet): string => {
  const ftp = to !== 'greengate' && protocol === 6 && port === 21;
  const origins = counters.map((name) => name.replace(/^rule_/, ''));
  return show(verdict, origins, logs, ctMark) + (helpers.join() === (ftp ? 'ftp' : '') ? '' : `, helper ${helpers}`);
};

const show = (verdict: string, counters: string[], lines: string[], mark: number): string =>
  `${verdict}, counted by ${counters.toSorted()}, logged ${lines.toSorted()}, mark ${mark}`;
