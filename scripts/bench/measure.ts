import type { Road, Train } from '../../test/lab/lib/road.ts';
import { type Sent, send } from './send.ts';

/** One way of filtering, in force on a road of its own. */
export type Way = { name: string; road: Road };

/**
 * What a train cost on a way: nanoseconds a packet (the median), its throughput in relation to the first way's (the median of the ratios paired by
 * round) with half the distance between its quartiles, and the nanoseconds of the quickest tenth of the passes, when nobody else disturbed.
 */
export type Cost = { nanoseconds: number; ratio: number; spread: number; quiet: number };

/** What is sent on a way, and which of its packets, by their numbers, should arrive. */
export type Trip = { train: Train; accepts: (number: number) => boolean };

/**
 * Compares ways by `passes` passes, in each of which a part of each way's train is sent in two bursts of a few milliseconds, one way after the other. The
 * first way is the baseline. `tripOf` may give slow ways a shorter train. `keep`: connections live on from pass to pass. Throws when a pass did not let through as many packets as it should.
 */
export function compare(ways: Way[], tripOf: (way: Way) => Trip, passes: number, keep = false): Map<string, Cost> {
  const costs = ways.map((): number[] => []);
  const trips = ways.map((way) => ({ road: way.road, ...tripOf(way) }));
  for (let pass = 0; pass < passes; pass += 1) {
    const sent = trips.map(({ road, train }) => {
      const count = Math.min(WINDOW, train.packets.length);
      return { road, train, count, first: (pass * count) % (train.packets.length - (train.packets.length % count)) };
    });
    send(sent, { bursts: 2, warm: WARM, turn: pass, keep }).forEach(({ nanoseconds, arrived }, index) => {
      const { accepts } = trips[index] as Trip;
      const { train, first, count } = sent[index] as Sent;
      const arriving = train.packets.slice(first, first + count).filter(({ number }) => accepts(number)).length;
      if (arrived !== arriving)
        throw new Error(`${ways[index]?.name}: ${arrived} packets arrived instead of ${arriving}.`);
      costs[index]?.push(...nanoseconds);
    });
  }
  return new Map(
    ways.map(({ name }, index) => {
      const own = costs[index] ?? [];
      const ratios = own.map((cost, burst) => (costs[0]?.[burst] ?? 0) / cost);
      const quiet = quantile(own, 0.1);
      return [name, { nanoseconds: median(own), ratio: median(ratios), spread: spreadOf(ratios), quiet }];
    }),
  );
}

/** Packets of each way in a pass, and how many of each burst go ahead untimed. */
const WINDOW = 5000;
const WARM = 500;

/** Sends each way's whole train in a pass of its own and compares the verdict of every packet with what is expected. Throws at the first difference. */
export function verify(ways: Way[], tripOf: (way: Way) => Trip): void {
  for (const way of ways) {
    const { train, accepts } = tripOf(way);
    way.road.remember(true);
    send([{ road: way.road, train, first: 0, count: train.packets.length }], { bursts: 1, warm: 0 });
    const seen = way.road.numbers();
    way.road.remember(false);
    for (const packet of train.packets)
      if (seen.has(packet.number) !== accepts(packet.number))
        throw new Error(
          `${way.name}: ${accepts(packet.number) ? 'lost' : 'let through'}: ${JSON.stringify(packet)}; ${seen.size} of ${train.packets.length} arrived.`,
        );
  }
}

/** The value in the middle. */
export function median(values: number[]): number {
  return quantile(values, 0.5);
}

/** Does something and says how long it took. */
export async function timed<T>(work: () => Promise<T>): Promise<{ result: T; milliseconds: number }> {
  const began = performance.now();
  const result = await work();
  return { result, milliseconds: performance.now() - began };
}

/** Half the distance between the quartiles, as a part of the median. */
function spreadOf(values: number[]): number {
  return (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / (median(values) || 1);
}

function quantile(values: number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? 0;
}
