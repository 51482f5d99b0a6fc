import { contains, isIpv4, parseNetwork } from '../policy/address.ts';
import { greenNetwork } from '../policy/builtin.ts';
import type { Result } from '../policy/problem.ts';
import { ICMP, ICMP6 } from '../policy/protocols.ts';
import type { Policy } from '../policy/schema.ts';
import { aboveBot } from './above.ts';
import { servicesOf } from './change-points.ts';
import { type Decided, type Explainer, type Explanation, explainerOf } from './explain.ts';
import type { Packet, World } from './judge.ts';
import type { Step } from './model.ts';
import { type Posed, type Question, readQuestion } from './question.ts';
import type { SeenHost } from './question-hosts.ts';
import { serves } from './service-bits.ts';

/**
 * The answer to a question. `packet` is the one that was explained, `at` its moment (seconds since the epoch). `others`: the question is about
 * several hosts or ports, and something else decides some of them; one example each. `notes` are sentences on what was taken for granted.
 */
export type Answer = Explanation & {
  packet: Packet;
  at: number;
  others: (Decided & { packet: Packet; sentence: string })[];
  notes: string[];
};

/** Answers a question about a policy with BOT enabled. A question that means nothing is refused, with the field in `place`. */
export const answerOf = (
  policy: Policy,
  question: Question,
  world: World,
  seen: readonly SeenHost[] = [],
): Result<Answer> => {
  const read = readQuestion(policy, question, world, seen);
  if (!read.ok) return read;
  const posed = read.value;
  const explainer = explainerOf(policy, posed.world);
  const { packets, sampled } = packetsOf(posed, explainer.steps);
  const [packet] = packets as [Packet, ...Packet[]];
  const others = othersOf(policy, posed, explainer, packets);
  const labels = others.length === 0 ? wholeLabels(posed) : partLabels(posed, packet);
  const explained = explainedOf(policy, posed.world, explainer, packet, labels);
  const notes = [
    ...posed.senders.notes,
    ...posed.places.notes,
    ...circumstances(policy, packet),
    ...(explained.steps.some(({ field }) => field === 'source port') && packet.sport === undefined
      ? ['The sender’s port is not given: rules that speak of source ports were taken as not matching.']
      : []),
    ...(sampled ? ['So many hosts and services are meant that only samples were looked at.'] : []),
  ];
  return { ok: true, value: { ...explained, packet, at: posed.world.now, others, notes } };
};

/** More packets than this are not looked at for one question. */
const MOST = 20_000;

/** One packet of each kind that the rules tell apart, the first one first. */
const packetsOf = (
  { senders, places, service, sport }: Posed,
  steps: Step[],
): { packets: Packet[]; sampled: boolean } => {
  const all = [...service.matches, ...steps.flatMap((step) => step.service)];
  const echo = { code: 0, type: 8, protocol: ICMP };
  const points = ([4, 6] as const).map((family) =>
    [family === 4 ? echo : { ...echo, type: 128, protocol: ICMP6 }, ...servicesOf(all, family, [sport])].filter(
      (point) => service.matches.some((match) => serves(match, { from: family === 4 ? '0.0.0.0' : '::', ...point })),
    ),
  );
  const pairs = senders.hosts.flatMap((sender) =>
    places.hosts
      .filter((to) => to === 'greengate' || isIpv4(to) === isIpv4(sender.from))
      .map((to) => ({ ...sender, to })),
  );
  const total = pairs.reduce((sum, { from }) => sum + pointsOf(points, from).length, 0);
  const step = Math.ceil(total / MOST);
  const packets = pairs.flatMap((pair) => pointsOf(points, pair.from).map((point) => ({ ...pair, ...point })));
  return { packets: packets.filter((_, index) => index % step === 0), sampled: step > 1 };
};

const pointsOf = <T>([four = [], six = []]: T[][], from: string): T[] => (isIpv4(from) ? four : six);

const wholeLabels = ({ senders, places, service }: Posed) => ({
  who: senders.label,
  where: places.label,
  what: service.label,
});

/** Where not all are decided alike, the one that is spoken of is named. */
const partLabels = ({ senders, places }: Posed, packet: Packet) => ({
  who: senders.whole ? `${packet.from} of ${senders.label}` : senders.label,
  ...(places.whole ? { where: `${packet.to} of ${places.label}` } : { where: places.label }),
});

const explainedOf = (
  policy: Policy,
  world: World,
  { explain }: Explainer,
  packet: Packet,
  labels: object,
): Explanation => {
  const above = aboveBot(policy, world, packet);
  if (above === null) return explain(packet, labels);
  const { verdict, sentence } = above;
  const step = { rule: null, id: ABOVE, number: null, field: null, sentence };
  return { verdict, rule: null, number: null, origin: ABOVE, sentence, needsMac: false, outcomes: [], steps: [step] };
};

/** The origin of what is decided before BOT is asked. */
const ABOVE = 'box';

const othersOf = (policy: Policy, { world }: Posed, explainer: Explainer, packets: Packet[]): Answer['others'] => {
  const kinds = new Map<string, Packet>();
  for (const packet of packets) {
    const { verdict, origin } =
      aboveBot(policy, world, packet) === null ? explainer.decide(packet) : { verdict: '', origin: ABOVE };
    const kind = `${origin} ${verdict}`;
    if (!kinds.has(kind)) kinds.set(kind, packet);
  }
  return [...kinds.values()].slice(1).map((packet) => {
    const { verdict, rule, number, origin, sentence } = explainedOf(policy, world, explainer, packet, {
      who: packet.from,
    });
    return { verdict, rule, number, origin, packet, sentence };
  });
};

/** What the answer leaves out: BOT is off, the sender is not on GREEN, the way does not lead through the box. */
const circumstances = (policy: Policy, { from, to }: Packet): string[] => {
  const green = parseNetwork(greenNetwork(policy));
  const onGreen = (address: string) => green !== null && contains(green, address);
  const v6 = !isIpv4(from);
  return [
    ...(policy.settings.enabled
      ? []
      : ['BOT is off in this policy: the rules are asked once it is enabled. Until then everything may leave.']),
    ...(v6 ? ['IPv6 is not forwarded yet: this is what the rules say.'] : []),
    ...(v6 || onGreen(from)
      ? []
      : [
          `${from} is not in GREEN’s network (${greenNetwork(policy)}): from elsewhere the box takes nothing, whatever the rules say.`,
        ]),
    ...(!v6 && onGreen(to)
      ? [`${to} is on GREEN: what GREEN’s hosts send to each other does not come through the box.`]
      : []),
  ];
};
