import test from 'ava';
import fc from 'fast-check';
import { Refusal } from '../../src/agent/refusal.ts';
import { LONGEST_WAIT, makeThrottle } from '../../src/agent/throttle.ts';

const make = () => {
  const time = { now: 0 };
  const throttle = makeThrottle(() => time.now);
  /** `true`, `false`, or the seconds to wait. */
  const attempt = async (visitor: string, right: boolean, user?: string): Promise<boolean | number> => {
    try {
      return await throttle.attempt(visitor, async () => right, user);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return error.retryAfter ?? 0;
    }
  };
  return { time, throttle, attempt };
};

test('five wrong tries are free, then the wait doubles up to the longest', async (t) => {
  const { time, attempt } = make();
  for (let tries = 0; tries < 4; tries += 1) t.false(await attempt('a', false));
  for (const expected of [1, 2, 4, 8, 16, 30, 30, 30]) {
    t.false(await attempt('a', false));
    t.is(await attempt('a', false), expected);
    time.now += expected;
  }
});

test('a wait that is not kept gives no try', async (t) => {
  const { time, attempt } = make();
  for (let tries = 0; tries < 9; tries += 1) {
    await attempt('a', false);
    time.now += LONGEST_WAIT;
  }
  t.false(await attempt('a', false));
  time.now += LONGEST_WAIT - 1;
  t.is(await attempt('a', true), 1);
  time.now += 1;
  t.true(await attempt('a', true));
});

test('success forgives, and so does a quarter of an hour', async (t) => {
  const { time, attempt } = make();
  for (let tries = 0; tries < 4; tries += 1) await attempt('a', false);
  t.true(await attempt('a', true));
  for (let tries = 0; tries < 4; tries += 1) t.false(await attempt('a', false));
  time.now += 901;
  for (let tries = 0; tries < 4; tries += 1) t.false(await attempt('a', false));
});

test('a success forgives what failed for the same user, not what failed for others', async (t) => {
  const { time, attempt } = make();
  for (let tries = 0; tries < 4; tries += 1) {
    t.false(await attempt('a', false, 'admin'));
    t.true(await attempt('a', true, 'eva'));
  }
  t.false(await attempt('a', false, 'admin'));
  t.is(await attempt('a', true, 'eva'), 1, 'the address waits, whoever asks');
  time.now += 1;
  t.true(await attempt('a', true, 'eva'), 'but is not kept out');
  t.false(await attempt('a', false, 'admin'));
  t.is(await attempt('a', false, 'admin'), 2, 'and the wait grows on');
  time.now += 2;
  t.true(await attempt('a', true, 'admin'));
  for (let tries = 0; tries < 4; tries += 1) t.false(await attempt('a', false, 'admin'));
});

test('guesses at many users from one address are counted together', async (t) => {
  const { attempt } = make();
  for (const user of ['admin', 'eva', 'otto', 'uwe', '']) t.false(await attempt('a', false, user));
  t.is(await attempt('a', false, 'zoe'), 1);
});

test('who logged in before as one user waits for strangers as another', async (t) => {
  const { attempt } = make();
  t.true(await attempt('a', true, 'eva'));
  for (let host = 0; host < 200; host += 1) await attempt(`10.0.0.${host}`, false);
  t.false(await attempt('a', false, 'admin'));
  t.is(typeof (await attempt('a', false, 'admin')), 'number');
});

test('one visitor cannot have two tries at once', async (t) => {
  const { throttle } = make();
  let finish = (_right: boolean): void => {};
  const first = throttle.attempt(
    'a',
    () =>
      new Promise<boolean>((resolve) => {
        finish = resolve;
      }),
  );
  const second = await t.throwsAsync(
    throttle.attempt('a', async () => true),
    { instanceOf: Refusal },
  );
  t.is((second as Refusal).status, 429);
  finish(true);
  t.true(await first);
});

test('guessing from many addresses is slowed down together', async (t) => {
  const { attempt } = make();
  let tried = 0;
  for (let host = 0; host < 250; host += 1)
    for (let tries = 0; tries < 5; tries += 1) if ((await attempt(`10.0.0.${host}`, false)) === false) tried += 1;
  t.true(tried < 60, `${tried} of 1250`);
});

test('whatever strangers do, the owner gets in within the longest wait, at the first try', async (t) => {
  const round = fc.record({ hosts: fc.integer({ min: 1, max: 120 }), pause: fc.integer({ min: 0, max: 40 }) });
  const rounds = fc.array(round, { minLength: 1, maxLength: 8 });
  let waited = 0;
  await fc.assert(
    fc.asyncProperty(rounds, rounds, async (before, meanwhile) => {
      const { time, attempt } = make();
      const guess = async (list: { hosts: number; pause: number }[]) => {
        for (const { hosts, pause } of list) {
          time.now += pause;
          for (let host = 0; host < hosts; host += 1) await attempt(`10.0.0.${host}`, false);
        }
      };
      await guess(before);
      const first = await attempt('owner', true);
      if (first === true) return;
      waited += 1;
      t.true((first as number) <= LONGEST_WAIT);
      const due = time.now + (first as number);
      await guess(meanwhile.map((one) => ({ ...one, pause: 0 })));
      time.now = due;
      t.true(await attempt('owner', true));
    }),
    { numRuns: 100 },
  );
  t.true(waited > 20, `${waited}: else the strangers did nothing`);
});

test('who logged in before does not wait for what strangers do', async (t) => {
  const { attempt } = make();
  t.true(await attempt('owner', true));
  for (let host = 0; host < 200; host += 1) await attempt(`10.0.0.${host}`, false);
  t.not(await attempt('somebody new', true), true);
  t.false(await attempt('owner', false));
  t.true(await attempt('owner', true));
  t.true(await attempt('owner', true));
});
