import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { endAll, TOP } from '../appliance/lib/process.ts';
import { inWords, type Seen, underLoad } from './lib/under-load.ts';

/**
 * Reloads under load: new flows come as fast as one processor sends and routes them, while rules are loaded on the other, and all packets are
 * counted where they come in and at the far end. GREENGATE_RELOADS: how many loads of 1 000 rules; of 10 000 there are a fifteenth as many.
 * What was seen is added to build/results/reload.txt.
 */
const RELOADS = Number(process.env.GREENGATE_RELOADS ?? 60);

test.after.always(() => endAll());

const told = (t: ExecutionContext, seen: Seen): void => {
  t.log(inWords(seen));
  mkdirSync(join(TOP, 'build/results'), { recursive: true });
  appendFileSync(join(TOP, 'build/results/reload.txt'), `${t.title}: ${inWords(seen)}\n`);
};

const isClean = (t: ExecutionContext, { allowed, denied }: Seen): void => {
  t.true(allowed.sent > 0 && denied.sent > 0);
  t.is(denied.arrived, 0, 'leaked');
  t.is(allowed.arrived, allowed.sent, 'lost');
  t.deepEqual([allowed.counted, denied.counted], [allowed.sent, denied.sent], 'counted');
};

test.serial('loads of 1 000 rules leak nothing, lose nothing, and the counters are exact', async (t) => {
  t.timeout(1_200_000);
  const seen = await underLoad(1000, RELOADS, 'agent');
  told(t, seen);
  isClean(t, seen);
});

test.serial('so do loads of 10 000 rules', async (t) => {
  t.timeout(1_200_000);
  const seen = await underLoad(10_000, Math.ceil(RELOADS / 15), 'agent');
  told(t, seen);
  isClean(t, seen);
});

test.serial('the same test notices when a load is one file', async (t) => {
  t.timeout(1_200_000);
  for (let tries = 0; tries < 20; tries += 1) {
    const seen = await underLoad(1000, 20, 'onefile');
    told(t, seen);
    if (seen.denied.arrived > 0 || seen.allowed.arrived < seen.allowed.sent) return t.pass();
  }
  return t.fail('Nothing leaked and nothing was lost: the test is not sharp enough.');
});
