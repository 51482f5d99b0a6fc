import { origins } from '../plan/ruleset.ts';
import type { Policy } from '../policy/schema.ts';
import { deciderOf, type Meeting } from './decide.ts';
import { answerWords, limitWhen, stepWords } from './explain-words.ts';
import type { Packet, Verdict } from './judge.ts';
import { limitsAction, type Step, type World } from './model.ts';

/**
 * Why a rule did not decide: the first field that did not match, in the order of the rule form; `limit` and `action` (it only logs): all
 * matched, and still the next rules are asked.
 */
export type StepField =
  | 'enabled'
  | 'source'
  | 'destination'
  | 'service'
  | 'source port'
  | 'time'
  | 'expiry'
  | 'limit'
  | 'action';

/** One rule that was asked. `rule` is its remark or, without one, its id; null for what is no rule. `field` null: it decided. */
export type ExplainedStep = {
  rule: string | null;
  id: string;
  number: number | null;
  field: StepField | null;
  sentence: string;
};

/** What decides: an action, and whose it is. `rule` and `number` are null when it is no rule's. */
export type Decided = { verdict: Verdict['verdict']; rule: string | null; number: number | null; origin: string };

/**
 * Why a packet is let through or not. `steps` are the rules in the order they were asked; the last one decided. `needsMac`: the sender's MAC
 * is not known, and the outcome depends on it. `outcomes`: where a limit plays a part, what decides within each, and what beyond them.
 */
export type Explanation = Decided & {
  sentence: string;
  needsMac: boolean;
  outcomes: (Decided & { when: string })[];
  steps: ExplainedStep[];
};

/** How the sides of a packet are called in the answer; by their addresses and numbers, where nothing else is said. */
export type Labels = { who?: string; where?: string; what?: string };

/** A policy laid out for many questions: `decide` is quick, `explain` names every rule that was asked. Both judge as `judgeOf` does. */
export type Explainer = {
  steps: Step[];
  decide: (packet: Packet) => Verdict;
  explain: (packet: Packet, labels?: Labels) => Explanation;
};

/** Prepares the answers for a policy, as if BOT were enabled, at the moment and with the addresses of `world`. */
export const explainerOf = (policy: Policy, world: World): Explainer => {
  const { steps, decide, meets } = deciderOf(policy, world);
  const explain = (packet: Packet, labels: Labels = {}): Explanation => {
    const { origin, needsMac } = decide(packet);
    const asked = steps
      .map((step, index): Asked => ({ step, meeting: meets(index, packet) }))
      .filter((one) => speaksOf(one, packet));
    const matching = asked.filter((one) => missing(one, world.now) === null && one.step.action !== 'log');
    const decider = matching.find(({ step }) => step.id === origin);
    const told = { ...decidedBy(policy, decider?.step), needsMac, outcomes: outcomesOf(policy, matching) };
    const words = (one: Asked | null, field: StepField | null): ExplainedStep => ({
      rule: nameOf(one?.step),
      id: one?.step.id ?? origins.default,
      number: numberOf(one?.step),
      field,
      sentence: stepWords({
        policy,
        world,
        packet,
        step: one?.step ?? null,
        field,
        macOpen: one?.meeting.source === 'mac',
      }),
    });
    const before = decider === undefined ? asked : asked.slice(0, asked.indexOf(decider));
    return {
      ...told,
      sentence: answerWords(policy, packet, labels, told),
      steps: [...before.map((one) => words(one, fieldOf(one, world.now))), words(decider ?? null, null)],
    };
  };
  return { steps, decide, explain };
};

/** A step, and which sides of it the packet is on. */
type Asked = { step: Step; meeting: Meeting };

/** The admin access and blocks stand in no list of rules: they are told of where they have something to say. */
const speaksOf = ({ step, meeting }: Asked, { to }: Packet): boolean => {
  if (step.from.kind === 'rule') return true;
  return (step.destination === null) === (to === 'greengate') && (step.from.kind === 'block' || meeting.service);
};

/** The first field that does not match; null: all do. */
const missing = ({ step, meeting }: Asked, now: number): StepField | null => {
  if (!step.enabled) return 'enabled';
  if (meeting.source !== true) return 'source';
  if (!meeting.destination) return 'destination';
  if (!meeting.service) return 'service';
  if (!meeting.sender) return 'source port';
  if (step.holds) return null;
  return step.from.kind === 'rule' && step.from.rule.expires !== null && step.from.rule.expires <= now
    ? 'expiry'
    : 'time';
};

/** Why a step that was asked before the one that decides did not decide itself. */
const fieldOf = (one: Asked, now: number): StepField =>
  missing(one, now) ?? (one.step.action === 'log' ? 'action' : 'limit');

const decidedBy = (policy: Policy, step: Step | undefined): Decided => ({
  verdict: step === undefined ? policy.settings.defaultDeny : (step.action as Verdict['verdict']),
  rule: nameOf(step),
  number: numberOf(step),
  origin: step?.id ?? origins.default,
});

const nameOf = (step: Step | undefined): string | null =>
  step?.from.kind === 'rule' ? step.from.rule.remark || step.id : null;

const numberOf = (step: Step | undefined): number | null => (step?.from.kind === 'rule' ? step.from.number : null);

/** Empty when no limit plays a part. */
const outcomesOf = (policy: Policy, matching: Asked[]): Explanation['outcomes'] => {
  const free = matching.findIndex(({ step }) => !limitsAction(step.limit));
  const limited = free < 0 ? matching : matching.slice(0, free);
  if (limited.length === 0) return [];
  return [
    ...limited.map(({ step }) => ({ ...decidedBy(policy, step), when: limitWhen(step.limit) })),
    { ...decidedBy(policy, matching[free]?.step), when: 'beyond that' },
  ];
};
