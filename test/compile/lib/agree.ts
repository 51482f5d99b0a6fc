import { type Explainer, type Explanation, explainerOf } from '../../../src/compile/explain.ts';
import { compileRuleset, flowMark } from '../../../src/compile/ruleset.ts';
import { applianceFacts } from '../../../src/plan/facts.ts';
import { setOfName } from '../../../src/plan/names.ts';
import { printFull } from '../../../src/plan/nft.ts';
import type { Ruleset } from '../../../src/plan/ruleset.ts';
import type { Rule } from '../../../src/policy/schema.ts';
import type { Shot } from './aim.ts';
import type { Frame } from './nft-fields.ts';
import { NftKernel, type Run } from './nft-kernel.ts';
import { addressValue, macValue } from './nft-values.ts';
import type { Setting } from './policies.ts';
import { type Outcome, type Packet, referenceOf, type World } from './reference.ts';

/** The text that the compiler prints for a policy, read back; DNS names hold the addresses of the setting. */
export const compiled = ({ policy, known, laidOut, names }: Setting): { kernel: NftKernel; ruleset: Ruleset } => {
  const facts = { ...applianceFacts(true, laidOut), ...known, ipv6: true };
  const ruleset = compileRuleset(policy, facts);
  const kernel = new NftKernel().load(printFull(ruleset, 0));
  for (const { name, set } of ruleset.names)
    for (const address of names.get(name) ?? []) {
      const value = addressValue(address);
      kernel.set(address.includes(':') ? 'ip6' : 'ip', set).add([[value, value]], true);
    }
  return { kernel, ruleset };
};

/** A packet that was decided otherwise than by the reference. */
export type Mismatch = { shot: Shot; who: string; expected: string; found: string };

/**
 * Holds what decides packets against the reference: the judge, explain, and the printed text as the kernel runs it, the last with limits that
 * are not used up, and with limits that are. Gives every difference. `seen` is told by what kinds of rules the packets were decided.
 */
export function* mismatches(setting: Setting, shots: Shot[], seen: (what: string) => void): Generator<Mismatch> {
  const { policy, known, laidOut, names } = setting;
  const reference = referenceOf(policy, known);
  const { kernel, ruleset } = compiled(setting);
  const explainers = new Map<number, Explainer>();
  for (const shot of shots) {
    const { packet, at } = shot;
    const lookups = ruleset.lookups[packet.from.includes(':') ? 'ip6' : 'ip'];
    seen(`${lookups[packet.to === 'greengate' ? 'input' : 'forward'].form} form`);
    for (const within of [true, false]) {
      const outcome = reference(packet, { at, laidOut, names, within: () => within });
      const expected = spoken(setting, outcome);
      const run = runText(kernel, shot, () => within);
      const found = spelled(run, packet);
      const who = `the printed text, limits ${within ? 'not used up' : 'used up'}`;
      if (expected !== found) yield { shot, who, expected, found };
      for (const what of kindsOf(setting, shot, outcome, within)) seen(what);
      for (const chain of run.chains)
        seen(`chain ${chain.replace(/^g0_/, '').replace(/_(rule|gate|while)_.*$|\d+/g, '')}`);
    }
    const explainer = explainers.get(at) ?? explainerOf(policy, { ...known, now: at, names });
    explainers.set(at, explainer);
    const { verdict, origin } = explainer.decide(packet);
    const { outcome, limited } = doubted((within) => reference(packet, { at, laidOut: at, names, within }));
    const expected = `${outcome.verdict} by ${outcome.origin}`;
    const found = `${verdict} by ${origin}`;
    if (expected !== found) yield { shot, who: 'the judge', expected, found };
    const told = toldBy(explainer.explain(packet));
    const wanted = `${expected}, past ${outcome.passed}, limits ${limited}`;
    if (told !== wanted) yield { shot, who: 'explain', expected: wanted, found: told };
  }
}

/**
 * What the judge says where limits are not known to hold: as if they were used up; but if that lets the packet in, a denial with a limit
 * counts. `limited`: whose limits play a part, and what decides beyond them.
 */
const doubted = (decide: (within: World['within']) => Outcome): { outcome: Outcome; limited: string[] } => {
  const asked: string[] = [];
  const usedUp = decide(({ id, limit }) => {
    if (limit?.for !== 'log') asked.push(id);
    return false;
  });
  const outcome = usedUp.verdict === 'accept' ? decide(({ action }) => action !== 'accept') : usedUp;
  return { outcome, limited: asked.length === 0 ? [] : [...asked, usedUp.origin] };
};

const toldBy = ({ verdict, origin, steps, outcomes }: Explanation): string => {
  const passed = steps.filter(({ field }) => field === 'action').map(({ id }) => id);
  return `${verdict} by ${origin}, past ${passed}, limits ${outcomes.map((one) => one.origin)}`;
};

/** Runs a new flow's first packet through the hook it meets. */
export const runText = (kernel: NftKernel, shot: Shot, within: () => boolean): Run => {
  const frame = frameOf(shot);
  const meters = (_: object, { meter }: { meter: string | null }) => meter !== null || within();
  const hook = shot.packet.to === 'greengate' ? 'INPUT' : 'FORWARD';
  const run = kernel.run(hook, frame, meters);
  if (!isAbove(shot.packet)) return run;
  // DHCP and ping pass above BOT; BOT itself must decide them as any other packet.
  if (run.verdict !== 'accept' || run.counters.length > 0)
    throw new Error(`${JSON.stringify(shot)} does not pass above BOT`);
  return kernel.run('BOT_INPUT', frame, meters);
};

const isAbove = ({ to, from, protocol, port, sport, type }: Packet): boolean => {
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
const spoken = ({ policy }: Setting, { verdict, origin, passed, logged }: Outcome): string => {
  const action = (id: string) => {
    if (id === 'default') return policy.settings.defaultDeny;
    const found = policy.rules.find((one) => one.id === id) ?? policy.blocks.find((one) => one.id === id);
    return found?.action ?? 'accept';
  };
  const lines = logged.map((id) => `GREEN ${action(id).toUpperCase()} ${id}`);
  const mark = verdict === 'accept' ? flowMark(origin) : 0;
  return show(verdict, [...passed, origin], lines, mark);
};

const spelled = ({ verdict, counters, logs, ctMark, helpers }: Run, { to, protocol, port }: Packet): string => {
  const ftp = to !== 'greengate' && protocol === 6 && port === 21;
  const origins = counters.map((name) => name.replace(/^rule_/, ''));
  return show(verdict, origins, logs, ctMark) + (helpers.join() === (ftp ? 'ftp' : '') ? '' : `, helper ${helpers}`);
};

const show = (verdict: string, counters: string[], lines: string[], mark: number): string =>
  `${verdict}, counted by ${counters.toSorted()}, logged ${lines.toSorted()}, mark ${mark}`;

/** By what kinds of rules, and in what kind of packet, a decision was made: what never happens proves nothing. */
const kindsOf = (
  { policy }: Setting,
  { packet }: Shot,
  { verdict, origin, passed, logged }: Outcome,
  within: boolean,
): string[] => {
  const index = policy.rules.findIndex(({ id }) => id === origin);
  const rule = policy.rules[index];
  const flags = { 'log-only passed': passed.length > 0, logged: logged.length > 0 };
  const kind = rule === undefined ? (origin.startsWith('b') ? 'block' : origin) : 'rule';
  const found = [verdict, kind, ...Object.entries(flags).flatMap(([what, is]) => (is ? [what] : []))];
  found.push(packet.to === 'greengate' ? 'input' : 'forward', packet.from.includes(':') ? 'IPv6' : 'IPv4');
  found.push(`protocol ${[1, 6, 17, 58].includes(packet.protocol) ? packet.protocol : 'other'}`);
  return rule === undefined
    ? found
    : [...found, ...partsOf(rule, packet, within), ...(index >= 50 ? ['late rule'] : [])];
};

const partsOf = (rule: Rule, { mac }: Packet, within: boolean): string[] => {
  const { source, destination, service } = rule;
  const inverted = (ref: object) => 'invert' in ref && ref.invert === true;
  const is: Record<string, boolean> = {
    'source any': source.kind === 'any',
    'source group': source.kind === 'group',
    'source MAC': source.kind === 'typed' && source.value === mac && !source.invert,
    'source inverted': inverted(source),
    'destination any': destination.kind === 'any',
    'destination group': destination.kind === 'group',
    'destination inverted': inverted(destination),
    'destination DNS name':
      destination.kind === 'typed' && setOfName(destination.value) !== '' && /[a-z]\.[a-z]+$/.test(destination.value),
    'service any': service.kind === 'any',
    'service group': service.kind === 'group',
    'service inverted': inverted(service),
    'source ports': rule.sourcePorts !== '',
    frame: rule.frame !== null,
    expiry: rule.expires !== null,
    'limit not used up': within && rule.limit !== null && rule.limit.for !== 'log',
    'limit on the log': rule.limit?.for === 'log',
  };
  return Object.entries(is).flatMap(([what, true_]) => (true_ ? [what] : []));
};
