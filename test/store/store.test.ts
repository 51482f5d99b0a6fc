import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Generation } from '../../src/agent/ports.ts';
import { defaultPolicy } from '../../src/policy/defaults.ts';
import { disk } from '../../src/store/disk.ts';
import { KEPT, KEPT_BYTES, LEAST } from '../../src/store/generations.ts';
import { openRun, openStore } from '../../src/store/store.ts';

const scratch = async (t: ExecutionContext): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'greengate-store-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
};

const generation = (number: number): Generation => ({
  number,
  user: 'admin',
  time: number,
  what: 'test',
  setUp: true,
  starter: false,
  policy: { ...defaultPolicy(), addresses: [{ name: `Host${number}`, value: '192.168.51.1', remark: '' }] },
  files: { 'ruleset.nft': `# ${number}\n`, 'dnsmasq.conf': `# ${number}\n` },
});

const open = (root: string) => openStore(disk, root, () => 1_700_000_000);

const withGenerations = async (t: ExecutionContext, count: number) => {
  const root = await scratch(t);
  const store = await open(root);
  for (let number = 1; number <= count; number += 1) await store.save(generation(number));
  return { root, store };
};

test('an empty directory holds nothing, and the first generation is number 1', async (t) => {
  const store = await open(join(await scratch(t), 'not', 'there', 'yet'));
  t.is(await store.current(), null);
  t.is(await store.nextNumber(), 1);
  t.deepEqual(await store.users(), []);
  t.deepEqual(store.notices(), []);
});

test('what was saved is read back by another process', async (t) => {
  const { root } = await withGenerations(t, 3);
  t.deepEqual(await (await open(root)).current(), generation(3));
});

test(`the last ${KEPT} generations are kept`, async (t) => {
  const { root, store } = await withGenerations(t, KEPT + 3);
  const names = (await readdir(join(root, 'generations'))).map(Number).sort((a, b) => a - b);
  t.deepEqual(
    names,
    Array.from({ length: KEPT }, (_, index) => index + 4),
  );
  t.is((await store.current())?.number, KEPT + 3);
});

test('large generations go sooner, as many as there is room for; the newest ones stay whatever they take', async (t) => {
  const root = await scratch(t);
  let share = KEPT_BYTES / 20;
  let looks = 0;
  const large = {
    ...disk,
    size: async (path: string) => {
      looks += 1;
      return path.endsWith('ruleset.nft') ? share : 0;
    },
  };
  const store = await openStore(large, root, () => 0);
  const names = async () => (await readdir(join(root, 'generations'))).map(Number).sort((a, b) => a - b);
  const upTo = (last: number, count: number) => Array.from({ length: count }, (_, index) => last - count + 1 + index);
  for (let number = 1; number <= 24; number += 1) await store.save(generation(number));
  t.deepEqual(await names(), upTo(24, 20));
  t.is(looks, 24 * 5, 'each was looked at once');
  share = KEPT_BYTES;
  for (let number = 25; number <= 36; number += 1) await store.save(generation(number));
  t.deepEqual(await names(), upTo(36, LEAST));
});

test('a generation whose size cannot be told stops no save', async (t) => {
  const { root } = await withGenerations(t, 2);
  const broken = { ...disk, size: () => Promise.reject(new Error('EIO')) };
  const store = await openStore(broken, root, () => 0);
  await store.save(generation(3));
  t.is((await store.current())?.number, 3);
});

test('the list has who, when and what, the newest first, and neither what is on trial nor what is half-written', async (t) => {
  const { root, store } = await withGenerations(t, 3);
  await store.stage(generation(4));
  await mkdir(join(root, 'generations/.half-5'));
  const line = (number: number) => ({ number, user: 'admin', time: number, what: 'test', damaged: false });
  t.deepEqual(await store.generations(), [line(3), line(2), line(1)]);
  t.is(await store.generation(4), null);
  t.deepEqual(await store.generation(2), generation(2));
  for (const number of [0, 9, -1, 1.5]) t.is(await store.generation(number), null);
  await store.keep(4);
  t.deepEqual((await store.generations())[0], line(4));
  await store.rollback(1);
  t.deepEqual(await store.generations(), [line(1)]);
  await store.save({ ...generation(2), what: 'another' });
  t.is((await store.generations())[0]?.what, 'another', 'what was known of the one before is forgotten');
});

test('going back forgets the newer ones', async (t) => {
  const { root, store } = await withGenerations(t, 4);
  await store.rollback(2);
  t.deepEqual(await (await open(root)).current(), generation(2));
  t.deepEqual(await readdir(join(root, 'generations')), ['1', '2']);
});

const faults: [string, (directory: string) => Promise<unknown>][] = [
  ['a torn policy', (directory) => writeFile(join(directory, 'policy.json'), '{"schema":1,')],
  [
    'a policy that somebody edited',
    (directory) => writeFile(join(directory, 'policy.json'), JSON.stringify(defaultPolicy())),
  ],
  ['a changed plan file', (directory) => writeFile(join(directory, 'plan/ruleset.nft'), '# nothing\n')],
  ['a plan file too many', (directory) => writeFile(join(directory, 'plan/more'), '')],
  ['a plan file too few', (directory) => rm(join(directory, 'plan/ruleset.nft'))],
  ['no sums', (directory) => rm(join(directory, 'SHA256SUMS'))],
  ['empty sums', (directory) => writeFile(join(directory, 'SHA256SUMS'), '')],
  ['no meta', (directory) => rm(join(directory, 'meta.json'))],
  ['no directory', (directory) => rm(directory, { recursive: true })],
  // The stand-in for a bad block: reading fails with EISDIR, as it would with EIO.
  [
    'a policy that cannot be read',
    async (directory) => {
      await rm(join(directory, 'policy.json'));
      await mkdir(join(directory, 'policy.json'));
    },
  ],
];

for (const [what, damage] of faults) {
  test(`${what}: the generation before is used, and a notice names it`, async (t) => {
    const { root } = await withGenerations(t, 3);
    await damage(join(root, 'generations/3'));
    const store = await open(root);
    t.deepEqual(await store.current(), generation(2));
    t.is(store.notices().length, 1);
    t.regex(store.notices()[0] ?? '', /3/);
    t.is(await store.nextNumber(), 4);
    const gone = what === 'no directory';
    t.deepEqual(
      (await store.generations()).map(({ number, damaged }) => [number, damaged]),
      gone
        ? [
            [2, false],
            [1, false],
          ]
        : [
            [3, true],
            [2, false],
            [1, false],
          ],
    );
    if (gone) t.is(await store.generation(3), null);
    else await t.throwsAsync(store.generation(3));
  });
}

test('a policy with right sums that this version does not understand is passed over too', async (t) => {
  const { root, store } = await withGenerations(t, 1);
  const foreign = { ...generation(2), policy: { ...defaultPolicy(), schema: 3 as never } };
  await store.save(foreign);
  t.deepEqual(await (await open(root)).current(), generation(1));
});

test('a `current` that is missing, or leads elsewhere, is not followed', async (t) => {
  const { root } = await withGenerations(t, 2);
  for (const target of [null, '/etc', '../generations/1', 'generations/0', 'generations/1/../2']) {
    await rm(join(root, 'current'), { force: true });
    if (target !== null) await symlink(target, join(root, 'current'));
    const store = await open(root);
    t.deepEqual(await store.current(), generation(2), String(target));
    t.regex(store.notices()[0] ?? '', /current/);
  }
});

test('a generation that never became current is not used, and is cleaned away', async (t) => {
  const { root, store } = await withGenerations(t, 2);
  await store.save(generation(3));
  await rm(join(root, 'current'));
  await symlink('generations/2', join(root, 'current'));
  await mkdir(join(root, 'generations/.half-4/plan'), { recursive: true });
  const again = await open(root);
  t.deepEqual(await again.current(), generation(2));
  t.deepEqual(await readdir(join(root, 'generations')), ['1', '2']);
});

test('secrets are for root only; the plan may be read by the daemons', async (t) => {
  const { root, store } = await withGenerations(t, 1);
  await store.setUsers([{ name: 'admin', role: 'administrator', totp: null, tokens: [], hash: 'x' }]);
  const mode = async (name: string) => (await stat(join(root, name))).mode & 0o777;
  t.is(await mode('users.json'), 0o600);
  t.is(await mode('generations/1/policy.json'), 0o600);
  t.is(await mode('generations/1/plan/ruleset.nft'), 0o644);
});

test('a write that fails leaves the users in memory as they are on the disk', async (t) => {
  const root = await scratch(t);
  const old = [{ name: 'admin', role: 'administrator' as const, totp: null, tokens: [], hash: 'old' }];
  const full = { ...disk, sync: async () => Promise.reject(new Error('ENOSPC')) };
  await (await open(root)).setUsers(old);
  const store = await openStore(full, root, () => 0);
  t.deepEqual(await store.users(), old);
  await t.throwsAsync(store.setUsers([]), { message: 'ENOSPC' });
  t.deepEqual(await store.users(), old);
  t.deepEqual(JSON.parse(await readFile(join(root, 'users.json'), 'utf8')).users, old);
});

test('a foreign users.json is refused with its path, and is not overwritten as the last good one', async (t) => {
  const root = await scratch(t);
  const user = (hash: string) => [{ name: 'admin', role: 'administrator' as const, totp: null, tokens: [], hash }];
  const store = await open(root);
  await store.setUsers(user('one'));
  await store.setUsers(user('two'));
  await writeFile(join(root, 'users.json'), '{"schema":1,"users":[{"name":"admin","role":"god","hash":""}]}');
  const again = await open(root);
  t.deepEqual(await again.users(), user('one'));
  t.true(again.notices()[0]?.includes(join(root, 'users.json')));
  await again.setUsers(user('three'));
  t.deepEqual(JSON.parse(await readFile(join(root, 'users.json.last'), 'utf8')).users, user('one'));
});

test('the console leaves a marker and an address', async (t) => {
  const root = await scratch(t);
  const store = await open(root);
  t.false(await store.resetWanted());
  t.is(await store.greenOverride(), null);
  await writeFile(join(root, 'reset-admin'), '');
  t.true(await store.resetWanted());
  await store.resetDone();
  t.false(await store.resetWanted());
  for (const line of [
    "GREEN_CIDR='10.0.0.1/24'",
    'GREEN_CIDR="10.0.0.1/24"',
    'GREEN_CIDR=10.0.0.1/24',
    "# by hand\nGREEN_CIDR='10.0.0.1/24'\n",
  ]) {
    await writeFile(join(root, 'green-override'), line);
    t.is(await store.greenOverride(), '10.0.0.1/24', line);
  }
  await writeFile(join(root, 'green-override'), 'nonsense');
  t.is(await store.greenOverride(), '');
  await store.forgetGreenOverride();
  t.is(await store.greenOverride(), null);
});

test('files in RUN are replaced whole and have the mode asked for', async (t) => {
  const root = join(await scratch(t), 'run');
  const run = openRun(disk, root);
  t.is(await run.read('setup-code'), null);
  await run.write('setup-code', 'one', 0o644);
  await run.write('setup-code', 'two', 0o600);
  t.is(await run.read('setup-code'), 'two');
  t.is((await stat(join(root, 'setup-code'))).mode & 0o777, 0o600);
  await run.remove('setup-code');
  t.deepEqual(await readdir(root), []);
});

test('the links and files are where the boot scripts look for them', async (t) => {
  const { root } = await withGenerations(t, 2);
  t.is(await readlink(join(root, 'current')), 'generations/2');
  t.deepEqual(await readdir(join(root, 'generations/2')), ['SHA256SUMS', 'meta.json', 'plan', 'policy.json']);
});
