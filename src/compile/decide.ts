import { origins } from '../plan/ruleset.ts';
import type { Policy } from '../policy/schema.ts';
import { type Bits, bitsOf, hasBit } from './bits.ts';
import { hostBits } from './host-bits.ts';
import type { Packet, Verdict } from './judge.ts';
import { limitsAction, type Step, stepsOf, type World } from './model.ts';
import { flowMark } from './ruleset.ts';
import { senderBits, serviceBits } from './service-bits.ts';

/** A policy laid out for asking about many packets. */
export type Decider = {
  steps: Step[];
  decide: (packet: Packet) => Verdict;
  /** Which sides of a step a packet is on. */
  meets: (index: number, packet: Packet) => Meeting;
};

/** `mac`: it depends on the sender's MAC, which is not known. `sender`: the ports it comes from. */
export type Meeting = { source: boolean | 'mac'; destination: boolean; service: boolean; sender: boolean };

/**
 * Each side of a packet is one set of steps, kept by address, MAC and port: the steps that match are where all sets meet, and the first of
 * them decides. Of a limit on the action only its rule's own flows are known to be within it; the others are judged as if it were used up.
 */
export const deciderOf = (policy: Policy, world: World): Decider => {
  const steps = stepsOf(policy, world);
  const marks = steps.map(({ id }) => flowMark(id));
  const sides = sidesOf(steps, world);
  const deciding = indexed(steps, ({ enabled, holds, action }) => enabled && holds && action !== 'log');
  const deny = policy.settings.defaultDeny;
  const decide = (packet: Packet): Verdict => {
    const { on, open } = sides.source(packet);
    const [to, service, sender] = [sides.destination(packet), sides.service(packet), sides.sender(packet)];
    let needsMac = false;
    let doubt: Verdict | null = null;
    for (let at = 0; at < deciding.length; at += 1) {
      const others = (to[at] as number) & (service[at] as number) & (sender[at] as number) & (deciding[at] as number);
      if (others === 0) continue;
      const unknown = (open[at] as number) & others;
      for (let left = (on[at] as number) & others; left !== 0; left &= left - 1) {
        const bit = 31 - Math.clz32(left & -left);
        const { id, action, limit } = steps[at * 32 + bit] as Step;
        if ((unknown & ((1 << bit) - 1)) !== 0) needsMac = true;
        const verdict: Verdict = { verdict: action as Verdict['verdict'], origin: id, needsMac };
        const own = packet.mark !== undefined && packet.mark === marks[at * 32 + bit];
        if (limitsAction(limit) && !own) {
          if (action !== 'accept') doubt ??= verdict;
          continue;
        }
        return doubt !== null && action === 'accept' && !own ? { ...doubt, needsMac } : verdict;
      }
      if (unknown !== 0) needsMac = true;
    }
    return { verdict: deny, origin: origins.default, needsMac };
  };
  const meets = (index: number, packet: Packet): Meeting => {
    const { on, open } = sides.source(packet);
    return {
      source: hasBit(on, index) || (hasBit(open, index) ? 'mac' : false),
      destination: hasBit(sides.destination(packet), index),
      service: hasBit(sides.service(packet), index),
      sender: hasBit(sides.sender(packet), index),
    };
  };
  return { steps, decide, meets };
};

/** The steps that hold each side of a packet, kept for packets that come again. */
const sidesOf = (steps: Step[], { names }: World) => {
  const sources = hostBits(steps.map(({ source }) => source));
  const destinations = hostBits(
    steps.map(({ destination }) => destination),
    names,
  );
  const box = indexed(steps, ({ destination }) => destination === null);
  return {
    source: ({ from, mac }: Packet) => sources(from, mac),
    destination: ({ to }: Packet): Bits => (to === 'greengate' ? box : destinations(to, null).on),
    service: serviceBits(steps.map(({ service }) => service)),
    sender: senderBits(steps.map(({ ports }) => ports)),
  };
};

const indexed = (steps: Step[], test: (step: Step) => boolean): Bits =>
  bitsOf(
    steps.length,
    steps.flatMap((step, index) => (test(step) ? [index] : [])),
  );
