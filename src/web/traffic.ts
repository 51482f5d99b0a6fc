import type { TrafficSample } from '../agent/api.ts';

/** The traffic of one interface as a picture: rates in bytes a second, now and at most, and the points of two lines, which go across `from` to `to`. */
export type Traffic = {
  received: number;
  sent: number;
  most: number;
  receivedPoints: string;
  sentPoints: string;
  from: string;
  to: string;
};

/** The size that the points are made for. */
export const PICTURE = { width: 300, height: 48, seconds: 3600 };

/** The picture of the last hour before `now` (seconds since the epoch); null while nothing can be said yet. */
export const trafficOf = (samples: readonly TrafficSample[], side: 'green' | 'red', now: number): Traffic | null => {
  const rates = samples.slice(1).flatMap((one, index) => {
    const before = samples[index];
    if (before === undefined || one.time <= before.time || one.time < now - PICTURE.seconds) return [];
    const rate = (what: 'received' | 'sent') =>
      // An interface that came up anew counts from nothing.
      Math.max(0, one[side][what] - before[side][what]) / (one.time - before.time);
    return [{ time: one.time, received: rate('received'), sent: rate('sent') }];
  });
  const last = rates.at(-1);
  if (last === undefined) return null;
  const most = Math.max(...rates.flatMap(({ received, sent }) => [received, sent]));
  const points = (what: 'received' | 'sent') =>
    rates.map((one) => `${across(one.time, now)},${up(one[what], most)}`).join(' ');
  const [from, to] = [across(rates[0]?.time ?? last.time, now), across(last.time, now)];
  const { received, sent } = last;
  return { received, sent, most, receivedPoints: points('received'), sentPoints: points('sent'), from, to };
};

const across = (time: number, now: number): string =>
  (Math.max(0, 1 - (now - time) / PICTURE.seconds) * PICTURE.width).toFixed(1);

/** Quiet is a line at the bottom, the most a line at the top, neither of them cut. */
const up = (rate: number, most: number): string =>
  (PICTURE.height - 1 - (most === 0 ? 0 : rate / most) * (PICTURE.height - 2)).toFixed(1);
