import type { Mismatch } from './agree.ts';
import type { Shot } from './aim.ts';
import type { Frame } from './nft-fields.ts';
import type { Setting } from './policies.ts';
import { holds, referenceOf } from './reference.ts';
import { compiled, frameOf, isAbove, runText } from './shots.ts';

/**
 * Flows that a rule has let in, at later moments, in both directions: the printed text must let them pass while their rule holds, and no
 * longer. Without “Connection state” what the sender sends is judged anew each time.
 */
export function* flowMismatches(
  setting: Setting,
  shots: Shot[],
  moments: number[],
  seen: (what: string) => void,
): Generator<Mismatch> {
  const { policy, known, laidOut, names } = setting;
  const reference = referenceOf(policy, known);
  const { kernel } = compiled(setting);
  const within = () => true;
  for (const [index, shot] of shots.entries()) {
    const { packet } = shot;
    if (isAbove(packet)) continue;
    const begun = reference(packet, { at: shot.at, laidOut, names, within });
    if (begun.verdict !== 'accept') continue;
    const mark = runText(kernel, shot, within).ctMark;
    const at = moments[index] ?? shot.at;
    const alive = isAlive(setting, begun.origin, at);
    const again = reference(packet, { at, laidOut, names, within }).verdict;
    const sent = !alive ? 'drop' : policy.settings.connectionState ? 'accept' : again;
    const frame: Frame = { ...frameOf({ ...shot, at }), tcpFlags: 16 };
    const original: Frame = { ...frame, ct: { state: 'established', direction: 'original', mark, helper: '' } };
    const inside = packet.to === 'greengate';
    const ways: [string, string, string, Frame][] = [['sent', inside ? 'INPUT' : 'FORWARD', sent, original]];
    if (!inside) ways.push(['answered', 'FORWARD', alive ? 'accept' : 'drop', answer(original)]);
    for (const [what, hook, expected, one] of ways) {
      seen(`${what}, ${expected}`);
      const found = kernel.run(hook, one, within).verdict;
      if (found !== expected) yield { shot, who: `the flow of ${begun.origin}, ${what} at ${at}`, expected, found };
    }
  }
}

/** Does what let the flow in still hold? */
const isAlive = ({ policy, laidOut }: Setting, origin: string, at: number): boolean => {
  const rule = policy.rules.find(({ id }) => id === origin);
  const block = policy.blocks.find(({ id }) => id === origin);
  if (rule !== undefined) return holds(policy, rule, { at, laidOut });
  return block === undefined || holds(policy, { ...block, frame: null, expires: block.until }, { at, laidOut });
};

/** A packet of the same flow from the other end. */
const answer = (frame: Frame): Frame => ({
  ...frame,
  ...{ iif: 'red', oif: 'green', saddr: frame.daddr, daddr: frame.saddr, mac: 0x020000000902 },
  words: frame.words === null ? null : [frame.words[1], frame.words[0]],
  ct: { ...frame.ct, direction: 'reply' },
});
