import test from 'ava';
import fc from 'fast-check';
import type { Generation } from '../../src/agent/ports.ts';
import { defaultPolicy } from '../../src/policy/defaults.ts';
import { AUDIT_MAX } from '../../src/store/audit.ts';
import { openStore } from '../../src/store/store.ts';
import { CrashDisk, PowerLoss } from './crash-disk.ts';

const ROOT = '/data';

const generation = (number: number): Generation => ({
  number,
  user: 'admin',
  time: 1_700_000_000 + number,
  what: `change ${number}`,
  setUp: true,
  starter: false,
  policy: { ...defaultPolicy(), addresses: [{ name: `Host${number}`, value: `192.168.51.${number}`, remark: '' }] },
  files: { 'ruleset.nft': `# generation ${number}\n`, 'squid.conf': `# squid ${number}\n` },
});

const users = (password: string) => [
  { name: 'admin', role: 'administrator' as const, totp: null, tokens: [], hash: `$argon2id$${password}` },
];

const open = (disk: CrashDisk) => openStore(disk, ROOT, () => 0);

/** A disk on which generations 1 to `count` and the first password were saved long ago. */
const settled = async (count: number): Promise<CrashDisk> => {
  const disk = new CrashDisk();
  const store = await open(disk);
  for (let number = 1; number <= count; number += 1) await store.save(generation(number));
  await store.setUsers(users('old'));
  return disk.crash(() => 1);
};

type Work = (store: Awaited<ReturnType<typeof open>>) => Promise<void>;

/** Does the work until the power goes at `lossAt`, and returns the disk after the power is back; null when the work was done before. */
const interrupted = async (count: number, work: Work, lossAt: number, pick: () => number) => {
  const disk = await settled(count);
  const store = await open(disk);
  disk.lossAt = disk.steps + lossAt;
  try {
    await work(store);
    return null;
  } catch (error) {
    if (!(error instanceof PowerLoss)) throw error;
    return disk.crash(pick);
  }
};

const picks = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));

/** Checks what `judge` says of the disk after a loss at every single step of the work. */
const atEveryStep = async (count: number, work: Work, judge: (disk: CrashDisk) => Promise<void>) => {
  let steps = 0;
  await fc.assert(
    fc.asyncProperty(picks, async (stream) => {
      const pick = () => stream.next().value as number;
      for (let lossAt = 0; ; lossAt += 1) {
        const disk = await interrupted(count, work, lossAt, pick);
        if (disk === null) break;
        steps += 1;
        await judge(disk);
      }
    }),
    { numRuns: 25 },
  );
  return steps;
};

for (const count of [0, 1, 3]) {
  test(`a power loss at any step of saving generation ${count + 1} leaves the old or the new one, whole`, async (t) => {
    const steps = await atEveryStep(
      count,
      (store) => store.save(generation(count + 1)),
      async (disk) => {
        const store = await open(disk);
        const found = await store.current();
        const old = count === 0 ? null : generation(count);
        t.deepEqual(found, found?.number === count + 1 ? generation(count + 1) : old);
        if (count > 0) t.deepEqual(store.notices(), [], 'the current one itself is good, none had to be passed over');
        await store.save(generation((await store.nextNumber()) + 5));
        t.is((await store.current())?.user, 'admin', 'and saving goes on');
      },
    );
    t.true(steps > 25 * 20);
  });
}

test('a power loss at any step of staging leaves the confirmed generation, and it is what every start goes back to', async (t) => {
  const steps = await atEveryStep(
    3,
    (store) => store.stage(generation(4)),
    async (disk) => {
      const store = await open(disk);
      t.deepEqual(await store.current(), generation(3));
      t.deepEqual(await disk.list(`${ROOT}/generations`), ['1', '2', '3'], 'what was on trial is gone');
    },
  );
  t.true(steps > 25 * 15);
});

test('a power loss at any step of keeping what was staged leaves the one before or the kept one, whole', async (t) => {
  const seen = new Set<number>();
  await atEveryStep(
    3,
    async (store) => {
      await store.stage(generation(4));
      await store.keep(4);
    },
    async (disk) => {
      const store = await open(disk);
      const found = await store.current();
      t.deepEqual(found, generation(found?.number === 4 ? 4 : 3));
      t.deepEqual(store.notices(), []);
      seen.add(found?.number ?? 0);
    },
  );
  t.true(seen.has(3));
});

test('a power loss at any step of a new password leaves the old or the new one', async (t) => {
  const seen = new Set<string>();
  await atEveryStep(
    1,
    (store) => store.setUsers(users('new')),
    async (disk) => {
      const store = await open(disk);
      const [user] = await store.users();
      seen.add(user?.hash ?? 'none');
      t.deepEqual(store.notices(), []);
    },
  );
  // Whether a step that was not synced is on the disk is chance: the new one need not be seen.
  t.true(seen.has('$argon2id$old'));
  t.true(
    [...seen].every((hash) => hash === '$argon2id$old' || hash === '$argon2id$new'),
    [...seen].join(' '),
  );
});

test('a power loss at any step of going back leaves the newer or the older one', async (t) => {
  await atEveryStep(
    3,
    (store) => store.rollback(2),
    async (disk) => {
      const store = await open(disk);
      const found = await store.current();
      t.deepEqual(found, generation(found?.number === 3 ? 3 : 2));
    },
  );
});

test('a power loss at any step of putting the audit log aside loses no older line, and logging goes on', async (t) => {
  const old = Array.from({ length: 3 }, (_, index) => ({ user: `old ${index}`, what: 'x'.repeat(AUDIT_MAX / 3) }));
  const full = new CrashDisk();
  const before = await open(full);
  for (const entry of old) await before.audit(entry);
  const said = (what: string) => what.slice(0, 9);
  let steps = 0;
  await fc.assert(
    fc.asyncProperty(picks, async (stream) => {
      for (let lossAt = 0; ; lossAt += 1) {
        const disk = full.crash(() => 1);
        const store = await open(disk);
        disk.lossAt = disk.steps + lossAt;
        const done = await store.audit({ user: 'admin', what: 'new' }).then(
          () => true,
          () => false,
        );
        const after = await open(disk.crash(() => stream.next().value as number));
        await after.audit({ user: 'admin', what: 'next' });
        const found = (await after.auditLines({ limit: 9 })).lines.map(({ user, what }) => `${user}: ${said(what)}`);
        const kept = [...old].reverse().map(({ user, what }) => `${user}: ${said(what)}`);
        t.deepEqual(
          found.filter((line) => line !== 'admin: new'),
          ['admin: next', ...kept],
        );
        if (done) t.true(found.includes('admin: new'));
        if (done) break;
        steps += 1;
      }
    }),
    { numRuns: 5 },
  );
  t.true(steps >= 5 * 5, String(steps));
});

const promises: [string, Work, (store: Awaited<ReturnType<typeof open>>) => Promise<unknown>, unknown][] = [
  ['a generation', (store) => store.save(generation(2)), (store) => store.current(), generation(2)],
  ['the users', (store) => store.setUsers(users('new')), (store) => store.users(), users('new')],
  [
    'a line of the audit log',
    (store) => store.audit({ user: 'admin', what: 'first' }),
    async (store) => (await store.auditLines({ limit: 9 })).lines.map(({ what }) => what),
    ['first'],
  ],
  [
    'a change that was kept',
    async (store) => {
      await store.stage(generation(2));
      await store.keep(2);
    },
    (store) => store.current(),
    generation(2),
  ],
  ['the way back', (store) => store.rollback(1), (store) => store.current(), generation(1)],
];

for (const [what, work, read, expected] of promises) {
  test(`once the promise is kept, no power loss takes ${what} away`, async (t) => {
    await fc.assert(
      fc.asyncProperty(picks, async (stream) => {
        const disk = await settled(what === 'the way back' ? 3 : 1);
        await work(await open(disk));
        t.deepEqual(await read(await open(disk.crash(() => stream.next().value as number))), expected);
      }),
      { numRuns: 60 },
    );
  });
}
