import { isDeepStrictEqual } from 'node:util';
import { judgeOf, type Packet, type Verdict } from '../compile/judge.ts';
import { type Step, stepsOf, type World } from '../compile/model.ts';
import { flowMark } from '../compile/ruleset.ts';
import { origins } from '../plan/ruleset.ts';
import { ICMP, ICMP6, TCP, UDP } from '../policy/protocols.ts';
import type { Policy, Rule } from '../policy/schema.ts';
import { ruleSentence } from '../policy/sentence.ts';
import type { Affected, CutConnections } from './api.ts';
import type { Box } from './box.ts';
import { judgedBy } from './change.ts';
import { flowsToCut, packetOf, worldOf } from './flows.ts';
import type { Flow } from './ports.ts';

/** What a policy would do in place of the one in force. The flows are those that `cutForbidden` would cut: the same function chooses them. */
export const affectedBy = async (box: Box, after: Policy): Promise<Affected> => {
  const { policy: before, number, setUp } = box.generation;
  const judged = box.cutDue === null ? judgedBy(box.generation) : null;
  const { forbidden, macs } = await flowsToCut(box, { policy: after, setUp }, judged);
  const [then, now] = await Promise.all([worldOf(box, after), worldOf(box, before)]);
  return {
    revision: number,
    bot: after.settings.enabled,
    rules: changedRules(before, after, now),
    ...told(forbidden, macs, { before, after, now, then }),
  };
};

/** Rules that match other packets than before, or do something else with them; those that are off or over, before and after, do not count. */
const changedRules = (before: Policy, after: Policy, world: World): Affected['rules'] => {
  const [was, is] = [livingRules(before, world), livingRules(after, world)];
  const changed = [...is].flatMap(([id, { step, rule, number }]): Affected['rules'] => {
    const old = was.get(id);
    if (old !== undefined && isDeepStrictEqual(old.step, step) && isDeepStrictEqual(old.rule.frame, rule.frame))
      return [];
    const change = old === undefined ? 'new' : 'changed';
    return [{ id, number, rule: rule.remark || id, change, sentence: ruleSentence(after, rule) }];
  });
  const gone = [...was].flatMap(([id, { rule }]): Affected['rules'] =>
    is.has(id)
      ? []
      : [{ id, number: null, rule: rule.remark || id, change: 'gone', sentence: ruleSentence(before, rule) }],
  );
  return [...changed, ...gone];
};

type Living = { step: Omit<Step, 'from'>; rule: Rule; number: number };

const livingRules = (policy: Policy, world: World): Map<string, Living> => {
  const over = ({ expires }: Rule): boolean => expires !== null && expires <= world.now;
  return new Map(
    stepsOf(policy, world).flatMap(({ from, ...step }): [string, Living][] =>
      from.kind === 'rule' && step.enabled && !over(from.rule)
        ? [[step.id, { step, rule: from.rule, number: from.number }]]
        : [],
    ),
  );
};

type Sides = { before: Policy; after: Policy; now: World; then: World };

/** Lines of one answer. */
const LINES = 50;

const told = (
  forbidden: Flow[],
  macs: Map<string, string>,
  { before, after, now, then }: Sides,
): Pick<Affected, 'cut' | 'connections'> => {
  if (forbidden.length === 0) return { cut: [], connections: 0 };
  const [judgeNow, judgeThen] = [judgeOf(before, now), judgeOf(after, then)];
  const marks = new Map(before.rules.map((rule) => [flowMark(rule.id), rule]));
  const cut = new Map<string, CutConnections>();
  for (const flow of forbidden) {
    const packet = packetOf(flow, macs);
    const [was, becomes] = [judgeNow(packet), judgeThen(packet)];
    // What runs by a name that has moved on, or beside an FTP connection, is let through by no rule now: its mark says by which it came.
    const by = was.verdict === 'accept' ? ruleOf(before, was) : marks.get(flow.mark);
    const line: Omit<CutConnections, 'sentence'> = {
      ...{ count: 1, from: packet.from, mac: packet.mac, to: packet.to, service: serviceOf(packet) },
      was: { verdict: was.verdict, rule: by === undefined ? null : by.remark || by.id, id: by?.id ?? was.origin },
      becomes: {
        verdict: becomes.verdict,
        rule: nameOf(after, becomes),
        id: becomes.origin,
        needsMac: becomes.needsMac,
      },
    };
    const key = JSON.stringify(line);
    const same = cut.get(key);
    if (same === undefined) cut.set(key, { ...line, sentence: sentenceOf(line) });
    else same.count += 1;
  }
  const lines = [...cut.values()].sort((one, other) => other.count - one.count);
  return { cut: lines.slice(0, LINES), connections: forbidden.length };
};

const ruleOf = ({ rules }: Policy, { origin }: Verdict): Rule | undefined => rules.find(({ id }) => id === origin);

const nameOf = (policy: Policy, verdict: Verdict): string | null => {
  const rule = ruleOf(policy, verdict);
  return rule === undefined ? null : rule.remark || rule.id;
};

/** `192.168.51.7 → 10.0.0.5 tcp/25 (MailAccess)`. */
const sentenceOf = ({ from, to, service, was }: Omit<CutConnections, 'sentence'>): string => {
  const by = was.rule ?? (was.id === origins.admin ? 'administrators' : '');
  return `${from} → ${to === 'greengate' ? 'Greengate' : to} ${service}${by === '' ? '' : ` (${by})`}`;
};

const serviceOf = ({ protocol, port, type }: Packet): string => {
  if (protocol === TCP || protocol === UDP) return `${protocol === TCP ? 'tcp' : 'udp'}/${port ?? 0}`;
  if (protocol === ICMP || protocol === ICMP6) return `${protocol === ICMP ? 'icmp' : 'icmpv6'}/${type ?? 0}`;
  return `protocol ${protocol}`;
};
