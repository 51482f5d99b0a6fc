import type { Road, Train } from './road.ts';

/** One way of filtering, in force on a road of its own. */
export type Way = { name: string; road: Road };

/**
 * What a train cost on a way: nanoseconds a packet (the median), its throughput in relation to the first way's (the median of the ratios paired by
 * round) with half the distance between its quartiles, and the nanoseconds of the quickest tenth of the passes, when nobody else disturbed.
 */
export type Cost = { nanoseconds: number; ratio: number; spread: number; quiet: number };

/**
 * Sends each way's train `rounds` times, one way after the other in each round, beginning with another one each time. The first way is the
 * baseline. `trainOf` may give slow ways a shorter train. Throws when a pass did not let through what it should.
 */
export function compare(
  ways: Way[],
  trainOf: (way: Way) => { train: Train; arriving: number },
  rounds: number,
): Map<string, Cost> {
  const costs = ways.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1)
    for (let turn = 0; turn < ways.length; turn += 1) {
      const index = (round + turn) % ways.length;
      const way = ways[index] as Way;
      const { train, arriving } = trainOf(way);
      const { nanoseconds, arrived } = way.road.send(train);
      if (arrived !== arriving) throw new Error(`${way.name}: ${arrived} packets arrived instead of ${arriving}.`);
      costs[index]?.push(nanoseconds);
    }
  return new Map(
    ways.map(({ name }, index) => {
      const own = costs[index] ?? [];
      const ratios = own.map((cost, round) => (costs[0]?.[round] ?? 0) / cost);
      const quiet = quantile(own, 0.1);
      return [name, { nanoseconds: median(own), ratio: median(ratios), spread: spreadOf(ratios), quiet }];
    }),
  );
}

/** Sends a train in a pass of its own and compares the verdict of every packet with what is expected. Throws at the first difference. */
export function verify(way: Way, train: Train, accepted: (number: number) => boolean): void {
  const seen = way.road.numbersOf(train);
  for (const packet of train.packets)
    if (seen.has(packet.number) !== accepted(packet.number))
      throw new Error(
        `${way.name}: ${accepted(packet.number) ? 'lost' : 'let through'}: ${JSON.stringify(packet)}, ${seen.size} of ${train.packets.length} arrived`,
      );
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
