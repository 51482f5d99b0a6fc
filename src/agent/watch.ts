import { type Box, sumCounters } from './box.ts';

/**
 * What a page can show only if somebody looked on: how much went through the interfaces in the last hour, and when each counter
 * last grew. To be called every few seconds; each call looks at the interfaces every `TRAFFIC_EVERY` seconds and at the counters,
 * which takes a process, every `HITS_EVERY`. Nothing here changes the box, and a look that fails is tried again at the next call.
 */
export const openWatch = (box: Box) => {
  let looked = { traffic: Number.NEGATIVE_INFINITY, hits: Number.NEGATIVE_INFINITY };
  let before: Record<string, number> | null = null;

  const lookAtTraffic = async (): Promise<void> => {
    const { green, red } = await box.machine.observe();
    const sample = {
      time: box.clock(),
      green: { received: green.rxBytes, sent: green.txBytes },
      red: { received: red.rxBytes, sent: red.txBytes },
    };
    box.traffic = [...box.traffic, sample].slice(-TRAFFIC_KEPT);
  };

  const lookAtHits = async (): Promise<void> => {
    const { counters } = await box.machine.glance();
    const totals = Object.entries(sumCounters(box.counted, counters)).map(
      ([id, { packets }]) => [id, packets] as const,
    );
    const now = box.clock();
    for (const [id, packets] of totals) if (before !== null && packets > (before[id] ?? 0)) box.hits[id] = now;
    before = Object.fromEntries(totals);
  };

  return async (): Promise<void> => {
    const now = box.uptime();
    if (now - looked.traffic >= TRAFFIC_EVERY) {
      looked = { ...looked, traffic: now };
      await lookAtTraffic();
    }
    if (now - looked.hits >= HITS_EVERY) {
      looked = { ...looked, hits: now };
      await lookAtHits();
    }
  };
};

/** Seconds between two looks, and how many of the first are kept: an hour. */
const TRAFFIC_EVERY = 20;
const HITS_EVERY = 60;
const TRAFFIC_KEPT = 181;
