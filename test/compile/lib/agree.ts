import { type Explainer, type Explanation, explainerOf } from '../../../src/compile/explain.ts';
import type { Rule } from '../../../src/policy/schema.ts';
import type { Shot } from './aim.ts';
import type { Setting } from './policies.ts';
import { type Outcome, type Packet, referenceOf, type World } from './reference.ts';
import { compiled, runText, spelled, spoken } from './shots.ts';

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
    const lookup = lookups[packet.to === 'greengate' ? 'input' : 'forward'];
    seen(`${lookup.form === 'linear' && lookup.large ? 'large' : lookup.form} form`);
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
    'destination DNS name': destination.kind === 'typed' && /[a-z]\.[a-z]+$/.test(destination.value),
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
