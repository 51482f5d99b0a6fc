import type { Limit } from '../../../src/policy/schema.ts';
import type { Mismatch } from './agree.ts';
import type { Shot } from './aim.ts';
import type { Setting } from './policies.ts';
import { referenceOf } from './reference.ts';
import { compiled, runText, spelled, spoken } from './shots.ts';

/** The policy with a tight limit on every rule, and nothing that depends on the time otherwise. */
export const limited = (setting: Setting): Setting => {
  const rules = setting.policy.rules.map((rule, index) => {
    const limit: Limit = {
      for: rule.action === 'log' ? 'log' : ((['action', 'both', 'log'] as const)[index % 3] ?? 'action'),
      rate: 1 + (index % 4),
      per: index % 2 === 0 ? 'second' : 'minute',
      burst: 1 + (index % 3),
    };
    return { ...rule, limit, frame: null, expires: null };
  });
  const blocks = setting.policy.blocks.map((block) => ({ ...block, until: null }));
  return { ...setting, policy: { ...setting.policy, rules, blocks } };
};

/**
 * Packets one after the other, so many milliseconds apart: the printed text must spend each rule's limit as the reference does, once for each
 * packet that gets so far, and no more. Each family has limits of its own. `seen` is told which packets were beyond one.
 */
export function* limitMismatches(
  setting: Setting,
  shots: Shot[],
  gaps: number[],
  seen: (what: string) => void,
): Generator<Mismatch> {
  const { policy, known, laidOut, names } = setting;
  const reference = referenceOf(policy, known);
  const { kernel } = compiled(setting);
  const [ours, kernels] = [buckets(), buckets()];
  let passed = 0;
  for (const [index, { packet, words }] of shots.entries()) {
    passed += (gaps[index] ?? 0) / 1000;
    const shot = { packet, words, at: laidOut + passed };
    const family = packet.from.includes(':') ? 6 : 4;
    const outcome = reference(packet, {
      ...{ at: shot.at, laidOut, names },
      within: ({ id, limit, log, action }) => {
        if (limit === null) return true;
        // A limit on a log that nobody writes is asked of nobody.
        if (limit.for === 'log' && !log && action !== 'log') return true;
        const within = ours(
          `${id} ${family}`,
          { packets: limit.rate, seconds: units[limit.per], burst: limit.burst },
          passed,
        );
        seen(within ? 'within a limit' : 'beyond a limit');
        return within;
      },
    });
    const expected = spoken(setting, outcome);
    const found = spelled(
      runText(kernel, shot, (place, rate) => kernels(place, rate, passed)),
      packet,
    );
    if (expected !== found) yield { shot, who: `the printed text, packet ${index}`, expected, found };
  }
}

const units = { second: 1, minute: 60, hour: 3600, day: 86_400 };

type Bucket = { packets: number; seconds: number; burst: number };

/** Token buckets as in the kernel: full at first, refilled as time goes, a packet takes its share of the unit or nothing. */
const buckets = (): ((key: unknown, bucket: Bucket, now: number) => boolean) => {
  const kept = new Map<unknown, { tokens: number; at: number }>();
  return (key, { packets, seconds, burst }, now) => {
    const cost = seconds / packets;
    const { tokens, at } = kept.get(key) ?? { tokens: cost * burst, at: now };
    const full = Math.min(cost * burst, tokens + now - at);
    kept.set(key, { tokens: full >= cost ? full - cost : full, at: now });
    return full >= cost;
  };
};
