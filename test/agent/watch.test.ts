import test from 'ava';
import { openWatch } from '../../src/agent/watch.ts';
import { type Lab, readyLab } from './lab.ts';

/** The watch of a box whose clock and uptime the test moves together. */
const watchOf = (lab: Lab) => {
  const start = lab.box.clock();
  const from = lab.time.now;
  const watch = openWatch(Object.assign(lab.box, { clock: () => start + lab.time.now - from }));
  return {
    start,
    after: async (seconds: number) => {
      lab.time.now += seconds;
      await watch();
    },
  };
};

const carry = (lab: Lab, received: number): void => {
  const { observe } = lab.twin;
  lab.twin.observe = async () => {
    const seen = await observe();
    return { ...seen, green: { ...seen.green, rxBytes: received, txBytes: 2 * received } };
  };
};

test('the interfaces are looked at every twenty seconds, and an hour of it is kept', async (t) => {
  const lab = await readyLab(t, { block: true });
  const { start, after } = watchOf(lab);
  carry(lab, 1000);
  for (const seconds of [0, 5, 10, 5]) await after(seconds);
  const { samples } = await lab.web('traffic.get', {}, lab.token);
  t.deepEqual(
    samples.map(({ time, green }) => [time - start, green.received, green.sent]),
    [
      [0, 1000, 2000],
      [20, 1000, 2000],
    ],
  );
  for (let count = 0; count < 200; count += 1) await after(20);
  t.is(lab.box.traffic.length, 181);
});

test('a counter that grew has a time; what it had counted before the first look has none; loads lose nothing', async (t) => {
  const lab = await readyLab(t, { block: true });
  const { start, after } = watchOf(lab);
  const hits = async () => (await lab.web('status', {}, lab.token)).hits;
  lab.twin.packets = { r1: { packets: 5, bytes: 500 } };
  await after(0);
  t.deepEqual(await hits(), {});
  lab.twin.packets = { r1: { packets: 5, bytes: 500 }, r2: { packets: 1, bytes: 60 } };
  await after(30);
  t.deepEqual(await hits(), {}, 'each look is a process: once a minute is enough');
  await after(30);
  t.deepEqual(await hits(), { r2: start + 60 });
  await lab.web('policy.edit', { edit: { do: 'section', section: 'settings', value: { logging: false } } }, lab.token);
  lab.twin.packets = { r1: { packets: 2, bytes: 60 } };
  await after(60);
  t.deepEqual(await hits(), { r1: start + 120, r2: start + 60 }, 'a load begins anew: no hit, and none is hidden');
});
