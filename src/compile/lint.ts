import { origins } from '../plan/ruleset.ts';
import type { Edit } from '../policy/edit.ts';
import type { FindingKind } from '../policy/finding-kinds.ts';
import type { Match } from '../policy/matches.ts';
import { duplicates } from '../policy/same-rule.ts';
import type { Policy, Rule } from '../policy/schema.ts';
import { usedBy } from '../policy/used-by.ts';
import { deciderOf } from './decide.ts';
import type { Packet, Verdict } from './judge.ts';
import { type Ask, askOf } from './lint-ask.ts';
import { boxFindings, firstDecided, probesOf } from './lint-box.ts';
import { orderFindings } from './lint-order.ts';
import { findingWords } from './lint-words.ts';
import { limitsAction, type Step, type World } from './model.ts';

/** A rule as it is named in findings: its remark or, without one, its id. */
export type RuleName = { rule: string; id: string; number: number };

/**
 * Something about a policy that somebody should look at. `rule`, `id` and `number` are null where it is about a `group`. `by`: the rules that make
 * it so. `packet` shows it: asked about it, explain names this rule, or for `never`, `duplicate` and `partly` one above; for `proxy` the rule
 * that opens the proxy. `fix`: an edit after which every packet is decided as before; null where there is none.
 */
export type Finding = {
  kind: FindingKind;
  rule: string | null;
  id: string | null;
  number: number | null;
  group: { collection: 'addressGroups' | 'serviceGroups'; name: string } | null;
  by: RuleName[];
  sentence: string;
  packet: Packet | null;
  fix: Edit | null;
};

/** All findings about a policy, in the order of its rules, then those about groups. What cannot be proved is not said. */
export const lintOf = (policy: Policy, world: World): Finding[] => {
  const steps = lintSteps(policy, world);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
};

/** The same in small steps, for a process that has other things to do. */
export function* lintSteps(policy: Policy, world: World): Generator<void, Finding[]> {
  const probes = probesOf(policy);
  const ask = askOf(
    policy,
    world,
    Object.values(probes).filter((one) => one !== null),
  );
  const order = yield* orderFindings(ask);
  const living: Ask = { ...ask, gone: ask.never };
  const { decide } = deciderOf(policy, world);
  const twins = twinsOf(policy);
  const shown = new Map(order.map(({ step, packet }) => [step.from.kind === 'rule' ? step.from.rule : null, packet]));
  const found = [
    ...order.filter(({ step }) => !twins.has(step.id)).map(aboutStep),
    ...boxFindings(living, probes).map(aboutStep),
    ...wideRules(living).map(aboutStep),
    ...policy.rules
      .flatMap((rule, index) => plainFindings(ask, twins, world.now, { rule, number: index + 1 }))
      .map((one) => ({ ...one, packet: shown.get(one.rule) ?? null })),
  ];
  return [
    ...found
      .map((about) => findingOf(policy, decide, about))
      .sort((one, other) => (one.number ?? 0) - (other.number ?? 0)),
    ...unusedGroups(policy),
  ];
}

type RuleKind = Exclude<FindingKind, 'unused'>;
type About = { kind: RuleKind; rule: Rule; number: number; by: Step[]; packet: Packet | null };

const aboutStep = ({ step, ...rest }: Omit<About, 'rule' | 'number'> & { step: Step }): About => {
  if (step.from.kind !== 'rule') throw new Error(`${step.id} is no rule`);
  return { ...rest, rule: step.from.rule, number: step.from.number };
};

/** Rules that say what another one above says, and that rule. With a limit each counts for itself. */
const twinsOf = (policy: Policy): Map<string, Rule> => {
  const deciding = policy.rules.filter(
    ({ enabled, action, limit }) => enabled && action !== 'log' && !limitsAction(limit),
  );
  return duplicates(deciding);
};

const plainFindings = (
  { steps }: Ask,
  twins: Map<string, Rule>,
  now: number,
  about: Pick<About, 'rule' | 'number'>,
): About[] => {
  const { rule } = about;
  if (!rule.enabled) return [];
  if (rule.expires !== null && rule.expires <= now) return [{ ...about, kind: 'expired', by: [], packet: null }];
  const twin = twins.get(rule.id);
  if (twin === undefined) return [];
  return [{ ...about, kind: 'duplicate', by: steps.filter(({ id }) => id === twin.id), packet: null }];
};

/** Rules that let everything out: to any address, by any service. */
const wideRules = (ask: Ask): (Omit<About, 'rule' | 'number'> & { step: Step })[] =>
  ask.steps
    .filter(
      ({ from, action, destination, service }) =>
        from.kind === 'rule' && action === 'accept' && isEverywhere(destination) && service.some(isAnything),
    )
    .flatMap((step) => {
      const found = firstDecided(ask, step, (look) => look.space.boxesOf(step));
      return found === null
        ? []
        : [{ kind: 'wide' as const, step, by: [], packet: found.look.space.packetOf(found.cell) }];
    });

const isEverywhere = (to: Step['destination']): boolean =>
  to !== null && (to.any || to.invert || to.networks.some(({ bits }) => bits === 0));

const isAnything = ({ protocol }: Match): boolean => protocol === 'any' || protocol === 'except';

const unusedGroups = (policy: Policy): Finding[] =>
  (['addressGroups', 'serviceGroups'] as const).flatMap((collection) =>
    policy[collection]
      .filter(({ name }) => usedBy(policy, collection, name).length === 0)
      .map(
        ({ name }): Finding => ({
          ...{ kind: 'unused', rule: null, id: null, number: null, group: { collection, name }, by: [], packet: null },
          sentence: `No rule and no other group uses the ${collection === 'addressGroups' ? 'address' : 'service'} group “${name}”.`,
          fix: { do: 'delete', collection, name },
        }),
      ),
  );

/** What may be deleted without any packet being decided otherwise. */
const superfluous: ReadonlySet<RuleKind> = new Set<RuleKind>(['never', 'duplicate', 'redundant', 'expired']);

const findingOf = (
  policy: Policy,
  decide: (packet: Packet) => Verdict,
  { kind, rule, number, by, packet }: About,
): Finding => ({
  ...{ kind, rule: rule.remark || rule.id, id: rule.id, number, group: null },
  by: by.flatMap(({ from }) => (from.kind === 'rule' ? [nameOf(from)] : [])),
  sentence: findingWords(policy, kind, rule, by),
  packet: packet === null ? null : confirmed(decide, packet, (origin) => shows(kind, rule, by, origin)),
  fix: superfluous.has(kind) && (kind !== 'never' || by.length > 0) ? { do: 'deleteRule', id: rule.id } : null,
});

const nameOf = ({ rule, number }: { rule: Rule; number: number }): RuleName => ({
  rule: rule.remark || rule.id,
  id: rule.id,
  number,
});

const shows = (kind: RuleKind, { id }: Rule, by: Step[], origin: string): boolean => {
  if (kind === 'redundant' || kind === 'wide' || kind === 'ui') return origin === id;
  return kind === 'never' || kind === 'duplicate'
    ? origin !== id && origin !== origins.default
    : by.some((one) => one.id === origin);
};

/** The packet, if it is decided now as it should be; without its MAC, if that does not matter. */
const confirmed = (
  decide: (packet: Packet) => Verdict,
  packet: Packet,
  right: (origin: string) => boolean,
): Packet | null => {
  const bare = { ...packet, mac: null };
  const { origin, needsMac } = decide(bare);
  if (!needsMac && right(origin)) return bare;
  return right(decide(packet).origin) ? packet : null;
};
