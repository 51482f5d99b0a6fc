import test from 'ava';
import type { Run } from '../../src/agent/ports.ts';
import { ABSOLUTE, IDLE, openSessions } from '../../src/agent/sessions.ts';

const memory = (): Run & { files: Map<string, string> } => {
  const files = new Map<string, string>();
  return {
    files,
    read: async (name) => files.get(name) ?? null,
    write: async (name, text) => void files.set(name, text),
    remove: async (name) => void files.delete(name),
  };
};

const make = async () => {
  const [time, run] = [{ now: 1000 }, memory()];
  return {
    time,
    run,
    sessions: await openSessions(run, () => time.now),
    again: () => openSessions(run, () => time.now),
  };
};

test('a session ends after half an hour without a request', async (t) => {
  const { time, sessions } = await make();
  const { token } = await sessions.grant('admin');
  for (let times = 0; times < 3; times += 1) {
    time.now += IDLE;
    const session = await sessions.find(token);
    t.is(session?.user, 'admin');
    await sessions.use(session?.key ?? '');
  }
  time.now += IDLE + 1;
  t.is(await sessions.find(token), null);
  time.now -= IDLE;
  t.is(await sessions.find(token), null, 'and does not come back');
});

test('a session ends twelve hours after the login, however busy', async (t) => {
  const { time, sessions } = await make();
  const { token } = await sessions.grant('admin');
  for (; time.now <= 1000 + ABSOLUTE - 600; time.now += 600) {
    const session = await sessions.find(token);
    t.truthy(session);
    await sessions.use(session?.key ?? '');
  }
  time.now = 1000 + ABSOLUTE + 1;
  t.is(await sessions.find(token), null);
});

test('tokens are 256 random bits and are kept as hashes only', async (t) => {
  const { run, sessions } = await make();
  const { token, csrf } = await sessions.grant('admin');
  t.is(Buffer.from(token, 'base64url').length, 32);
  t.is(Buffer.from(csrf, 'base64url').length, 32);
  t.not(token, csrf);
  t.false([...run.files.values()].join().includes(token));
});

test('the file outlives the agent; a torn one logs everybody out and no more', async (t) => {
  const { run, sessions, again } = await make();
  const { token } = await sessions.grant('admin');
  t.is((await (await again()).find(token))?.user, 'admin');
  run.files.set('sessions.json', '[{"key":');
  t.is(await (await again()).find(token), null);
  const one = await (await again()).grant('admin');
  t.truthy(await (await again()).find(one.token));
});

test('being busy is remembered over a restart, not every second', async (t) => {
  const { time, run, sessions, again } = await make();
  const { token } = await sessions.grant('admin');
  let writes = 0;
  const write = run.write;
  run.write = async (...args) => {
    writes += 1;
    return write(...args);
  };
  for (let seconds = 0; seconds < 600; seconds += 1) {
    time.now += 1;
    await sessions.use((await sessions.find(token))?.key ?? '');
  }
  t.true(writes > 5 && writes < 12, String(writes));
  time.now += IDLE - 60;
  t.truthy(await (await again()).find(token));
});

test('however often one user logs in, the sessions of others go on', async (t) => {
  const { time, sessions } = await make();
  const admin = await sessions.grant('admin');
  const mine: string[] = [];
  for (let logins = 0; logins < 300; logins += 1) mine.push((await sessions.grant('viewer')).token);
  t.is((await sessions.find(admin.token))?.user, 'admin');
  const left = async () => (await Promise.all(mine.map((token) => sessions.find(token)))).filter((one) => one !== null);
  t.is((await left()).length, 20);
  const oldest = (await left())[0]?.key ?? '';
  time.now += 60;
  await sessions.use(oldest);
  for (let logins = 0; logins < 19; logins += 1) await sessions.grant('viewer');
  t.deepEqual(
    (await left()).map(({ key }) => key),
    [oldest],
    'the one in use stays',
  );
});
